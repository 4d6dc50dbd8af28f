#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/patient/demographics.h"

namespace hie::region {

// The seed for development: look at what it gives as much as you like.
inline constexpr uint64_t kTuningSeed = 7;

// The seed that proves: no constant of the matcher is ever chosen by looking at what this seed
// gives.  A figure measured on it is stated as it came out.
inline constexpr uint64_t kHeldOutSeed = 20'270'401;

// What kind of records to generate; the README of this room describes each.
enum class PeopleProfile {
  kRegion,      // A region's registrations at eight sources.
  kFew,         // Given name, family name and birth date only; one in ten a duplicate.
  kHistorical,  // Persons of 1550 to 1920, 3 to 20 garbled records each.
  kHeavy,       // 1 to 12 records a person, up to three errors in each.
  kChains,      // Neighbours that look alike in different fields, and ends that do not.
};

// Returns the profile of that name: region, few, historical, heavy, chains.
//
// INVALID_ARGUMENT: no such name.
absl::StatusOr<PeopleProfile> ParsePeopleProfile(absl::string_view name);

// How much to generate.  At least one of `people` and `records` is not 0; the first that is
// reached ends the generation.
struct PeopleOptions {
  PeopleProfile profile = PeopleProfile::kRegion;
  uint64_t people = 0;   // 0: as many as `records` need.
  uint64_t records = 0;  // 0: all records of the people.
  uint64_t seed = kTuningSeed;
};

inline constexpr uint64_t kGeneratedMax = 100'000'000;

// One record with the truth about it.
struct GeneratedRecord {
  uint64_t entity = 0;     // Whose record it truly is.
  uint64_t household = 0;  // The household in which that person was born or lives.
  std::string source;      // One of Sources(); empty where the profile has none.
  std::string mrn;         // Unique within the source; empty where the profile has none.
  Demographics demographics;
  // Profile historical only; empty elsewhere.
  std::string full_name;
  std::string birth_text;  // The date as written; demographics hold none.
  std::string birth_place;
  std::string occupation;
};

// What was generated.
struct PeopleCounts {
  uint64_t people = 0;  // That have a record.
  uint64_t records = 0;
};

// Calls `sink` with one record after another; the records of one person and of one household
// come close together, so a reader that cares shuffles them.
//
// The same options give the same records on every machine; more people or records continue the
// same sequence.  Memory does not grow with the number.  INVALID_ARGUMENT names the option.
absl::StatusOr<PeopleCounts> GeneratePeople(
    const PeopleOptions& options, const std::function<void(const GeneratedRecord&)>& sink);

}  // namespace hie::region
