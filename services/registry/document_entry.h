#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "services/common/base/phi.h"
#include "services/common/base/strong_id.h"
#include "services/common/labels/access.h"
#include "services/common/labels/sensitivity.h"
#include "services/common/patient/demographics.h"
#include "services/common/patient/local_patient.h"

namespace hie::registry {

// Status of a document entry (XDS availabilityStatus).  It only rises; values are stored.
enum class DocumentStatus { kCurrent = 1, kSuperseded = 2, kEnteredInError = 3 };

// How a document relates to another (XDS association).  Values are stored.
enum class RelationKind { kReplaces = 1, kTransforms = 2, kAppends = 3, kSigns = 4 };

// Whether a relation has a filed target that it may reach.
enum class Linkage { kLinked, kUnlinked };

// One relation of a document to another one of the same member.
struct Relation {
  RelationKind kind = RelationKind::kReplaces;
  std::string target_unique_id;
  Linkage linkage = Linkage::kLinked;
  friend bool operator==(const Relation&, const Relation&) = default;
};

// A code with its system.
struct Code {
  std::string system;
  Phi<std::string> code;
  Phi<std::string> display;
  friend bool operator==(const Code&, const Code&) = default;
};

// An identifier by which a document can be found.
struct ReferenceId {
  std::string system;
  Phi<std::string> value;
  friend bool operator==(const ReferenceId&, const ReferenceId&) = default;
};

// Whether the source withholds a document: it is then listed to nobody.
enum class Availability { kListed, kWithheld };

// What describes a document to readers; no rule of the registry looks at it.
struct Description {
  std::vector<Code> types;
  std::vector<Code> categories;
  Code format;
  std::vector<Code> facility_types;
  std::vector<Code> practice_settings;
  std::vector<Code> events;
  std::string language;
  std::vector<ReferenceId> identifiers;
  std::vector<ReferenceId> related;
  absl::Time indexed = absl::InfinitePast();  // Infinite past: as recorded.
  Phi<std::string> resource;                  // FHIR R4 JSON as received; may be empty.
  std::vector<Phi<HumanName>> author_names;
  Phi<std::string> file_name;
  friend bool operator==(const Description&, const Description&) = default;
};

// Metadata of one document (XDS DocumentEntry, FHIR DocumentReference).
struct DocumentEntry {
  std::string id;         // EntryId(member, unique_id); empty before it is filed.
  std::string unique_id;  // The document's own id, unique within its member.
  LocalPatient patient;
  MemberId member;  // Custodian.
  std::string facility;
  std::string unit;
  Phi<std::string> type_code;  // LOINC.
  Phi<std::string> title;
  std::string media_type;
  uint64_t size_bytes = 0;                    // 0 unknown.
  std::string sha256;                         // 32 bytes; empty unknown.
  std::string sha1;                           // 20 bytes; empty unknown.
  absl::Time created = absl::InfinitePast();  // Infinite past: unknown.
  ServicePeriod service;
  Labels labels;
  Phi<std::string> author;
  DocumentStatus status = DocumentStatus::kCurrent;
  Availability availability = Availability::kListed;
  std::vector<Relation> relations;  // Each kind and target once.
  std::string content_id;           // Content that the exchange keeps; empty: the member has it.
  Description description;
  uint32_t version = 1;                        // Counts changes of the entry.
  absl::Time recorded = absl::InfinitePast();  // When this version was filed.
  friend bool operator==(const DocumentEntry&, const DocumentEntry&) = default;
};

// Tells whether a document counts in its locator entry: current, and not withheld.
bool Counts(const DocumentEntry& document);

// Returns the unique id of the first document that this one replaces; empty: none.
std::string ReplacedUniqueId(const DocumentEntry& document);

// What is known about a member holding records of a patient.  It only rises; values are stored.
enum class LocatorState { kUnspecified = 0, kSuspected = 1, kClaimed = 2, kVerified = 3 };

// A member's claim to hold records of a patient.
struct Claim {
  LocalPatient patient;
  MemberId member;
  LocatorState state = LocatorState::kUnspecified;
  std::string facility;  // Where the patient was seen; may be empty.
  friend bool operator==(const Claim&, const Claim&) = default;
};

// Where records of a local patient are.
struct LocatorEntry {
  LocalPatient patient;
  MemberId member;
  LocatorState state = LocatorState::kUnspecified;
  uint64_t documents = 0;                      // That count.
  absl::Time newest = absl::InfinitePast();    // Newest of those; infinite past: none.
  absl::Time asserted = absl::InfinitePast();  // Last claim, or document filed.
  std::set<std::string> facilities;
  friend bool operator==(const LocatorEntry&, const LocatorEntry&) = default;
};

// Returns the id under which the registry files a document: 32 hexadecimal digits, the first half
// of SHA-256 over both, so that it is the same on every replica and after every reload.
std::string EntryId(const MemberId& member, const std::string& unique_id);

}  // namespace hie::registry
