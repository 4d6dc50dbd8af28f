#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "services/common/base/civil_date.h"
#include "services/common/patient/demographics.h"
#include "services/common/patient/local_patient.h"

// Exact search: which records meet conditions.  Pure.
namespace hie::mpi {

// What a condition is about.
enum class QueryField {
  kEid,         // Of the person, aliases included.
  kIdentifier,  // The record's own key, or another identifier.
  kFamily,
  kGiven,
  kBirthDate,
  kSex,
  kAddress,  // Any part of an address.
  kCity,
  kState,
  kPostalCode,
  kCountry,
  kTelecom,  // Telephone number or e-mail address.
  kMotherMaidenName,
  kChanged,  // When a record of the person changed last.
  kName,     // Any part of a name.
};

// How text is compared.
enum class TextMatch {
  kStartsWith,  // The whole or any word of it; case, accents and marks ignored.
  kExact,       // Equal, as received.
  kContains,    // Case, accents and marks ignored.
};

// Days [from, to); an absent side is open.  Both are full dates.
struct DayRange {
  std::optional<CivilDate> from = std::nullopt;
  std::optional<CivilDate> to = std::nullopt;
};

// Microseconds since the epoch, [from, to); an absent side is open.
struct InstantRange {
  std::optional<int64_t> from = std::nullopt;
  std::optional<int64_t> to = std::nullopt;
};

// An identifier that is asked for.  Absent parts are whatever they are; not both are absent.
struct SoughtIdentifier {
  std::optional<std::string> system;  // Without "urn:oid:".
  std::optional<std::string> value;
};

// One condition: the field has one of the values, or lies in one of the ranges.  Only the vector of
// its field is used.
struct Condition {
  QueryField field = QueryField::kFamily;
  TextMatch match = TextMatch::kStartsWith;
  std::vector<std::string> values = {};            // EIDs and texts, as received.
  std::vector<std::string> folded = {};            // The texts, folded; an empty one fits nothing.
  std::vector<AdministrativeSex> sexes = {};       // For kSex.
  std::vector<SoughtIdentifier> identifiers = {};  // For kIdentifier.
  std::vector<DayRange> days = {};                 // For kBirthDate.
  std::vector<InstantRange> instants = {};         // For kChanged.
};

// How a record stands with its source.
enum class RecordState { kLive, kMergedAway, kRemoved };

// One record, as conditions see it.
struct QueriedRecord {
  LocalPatient patient;
  Demographics demographics;
  RecordState state = RecordState::kLive;
  bool former_holder = false;  // The id has another holder since: it does not name this record.
};

// The person of the record.
struct QueriedPerson {
  std::string eid;
  std::vector<std::string> aliases = {};
  int64_t changed_micros = 0;
};

// Reads `system|value`, `system|` or a bare value.  Nothing: neither part.
std::optional<SoughtIdentifier> ParseSoughtIdentifier(const std::string& text);

// Tells whether the record meets every condition.
//
// A record that is merged away or removed meets EIDs and identifiers only; a removed one's
// identifiers are gone but for its own key.  A birth date of which the day or month is not known
// lies in a range if the whole of it does.
bool MeetsAll(const QueriedRecord& record, const QueriedPerson& person,
              const std::vector<Condition>& conditions);

// Tells whether nothing but EIDs and identifiers are asked about.
bool AsksIdentityOnly(const std::vector<Condition>& conditions);

// Tells whether a condition names the person by an EID or by the value of an identifier: then
// protected records may be found.
bool NamesThePerson(const std::vector<Condition>& conditions);

}  // namespace hie::mpi
