#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "gateway/hl7v2/message.h"
#include "services/common/base/civil_date.h"

// HL7 v2.5.1 data types (chapter 2A) as values, in UTF-8.  PHI in most of them: they do not print.
namespace hie::hl7v2 {

// What a message says about a field (chapter 2.10.1): empty is no statement, `""` deletes.
template <typename T>
struct Stated {
  enum class How { kUnsaid, kDeleted, kSaid };
  How how = How::kUnsaid;
  T value = {};

  bool said() const { return how == How::kSaid; }
  bool deleted() const { return how == How::kDeleted; }
  static Stated Said(T value) { return {How::kSaid, std::move(value)}; }
  static Stated Deleted() { return {How::kDeleted, {}}; }
  friend bool operator==(const Stated&, const Stated&) = default;
};

// HD, and the authority part of CX and EI.
struct Authority {
  std::string name;            // Namespace.
  std::string universal_id;    // An OID, mostly.
  std::string universal_type;  // ISO, HCD, DNS, ...

  bool empty() const { return name.empty() && universal_id.empty(); }
  // The universal id as a dotted OID; empty: it is none.
  std::string Oid() const;
  // For reports: the namespace, else the universal id.
  const std::string& ForPeople() const { return name.empty() ? universal_id : name; }
  friend bool operator==(const Authority&, const Authority&) = default;
};

// CX.
struct ExtendedId {
  std::string id;
  Authority authority;
  std::string type;  // Table 0203: MR, PI, SS, ...
  friend bool operator==(const ExtendedId&, const ExtendedId&) = default;
};

// EI.
struct EntityId {
  std::string id;
  Authority authority;
};

// XPN.
struct PersonName {
  std::string family;
  std::vector<std::string> given;
  std::string suffix;
  std::string type;  // Table 0200: L, M, B, ...

  bool empty() const { return family.empty() && given.empty(); }
};

// XAD.
struct Address {
  std::vector<std::string> lines;
  std::string city;
  std::string state;
  std::string postal_code;
  std::string country;
  std::string type;
};

// XTN: a telephone number as one text, or an e-mail address.
struct Telecom {
  std::string number;
  std::string email;
};

// XCN: a person with an id; only what people read is kept.
struct Clinician {
  std::string id;
  std::string family;
  std::string given;
};

// CE/CWE.
struct CodedElement {
  std::string code;
  std::string text;
  std::string system;  // Table 0396: LN, L, ...
};

// TS/DTM.
struct Timestamp {
  CivilDate date;
  // Set where it has a time of day, or a day at least: midnight in its zone.
  absl::Time instant = absl::InfinitePast();
  bool has_time = false;
};

// Tells whether `text` is an OID: arcs of digits with dots, at least one dot.
bool IsOid(absl::string_view text);

// Reads one value of its type.  Total; what is malformed is empty.
Authority ReadAuthority(const Message& message, absl::string_view namespace_part,
                        absl::string_view universal_part, absl::string_view type_part);
ExtendedId ReadExtendedId(const Message& message, absl::string_view repetition);
EntityId ReadEntityId(const Message& message, absl::string_view repetition);
PersonName ReadPersonName(const Message& message, absl::string_view repetition);
Address ReadAddress(const Message& message, absl::string_view repetition);
Telecom ReadTelecom(const Message& message, absl::string_view repetition);
Clinician ReadClinician(const Message& message, absl::string_view repetition);
CodedElement ReadCodedElement(const Message& message, absl::string_view repetition);

// YYYY[MM[DD[HH[MM[SS[.S+]]]]]][+/-ZZZZ].  The date is what is written, whatever the zone.  Times
// without an offset are of `zone`.  Nothing: malformed, or a day that the calendar does not have.
std::optional<Timestamp> ParseTimestamp(absl::string_view text, const absl::TimeZone& zone);

// Reads each repetition of a field that is not empty; deleted where the field is `""`.
template <typename T, typename Read>
Stated<std::vector<T>> ReadRepetitions(const Message& message, const Segment& segment, size_t field,
                                       Read read) {
  const absl::string_view raw = segment.field(field);
  if (IsNull(raw)) return Stated<std::vector<T>>::Deleted();
  std::vector<T> values;
  for (const absl::string_view repetition : message.Repetitions(raw)) {
    if (!repetition.empty()) values.push_back(read(message, repetition));
  }
  if (values.empty()) return {};
  return Stated<std::vector<T>>::Said(std::move(values));
}

// Reads a text field's first component.
Stated<std::string> ReadText(const Message& message, const Segment& segment, size_t field);

}  // namespace hie::hl7v2
