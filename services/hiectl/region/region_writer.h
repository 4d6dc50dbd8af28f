#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/hiectl/region/charts.h"

namespace hie::region {

inline constexpr size_t kPeopleMax = 1'000'000;

// What to generate.
struct RegionOptions {
  size_t people = 200;   // 1..kPeopleMax.
  size_t hospitals = 3;  // 1..kHospitalsMax.
  uint64_t seed = 1;
  std::string directory;  // Must not exist, or be empty.
};

// What was written.
struct RegionCounts {
  size_t people = 0;
  size_t registrations = 0;
  size_t resources = 0;
  size_t documents = 0;
};

// Writes a region:
//   members.textproto      the hospitals as hie.directory.v1.GetSnapshotResponse, without keys
//   <hospital>/<mrn>.json  one FHIR bundle per patient; <hospital>/documents/*.txt
//   truth.tsv              hospital, mrn, inhabitant: for scoring; no exchange reads it
//   demo/                  what the demonstration asks and expects (README of this room)
//
// `progress(done, all)` is called now and then.  INVALID_ARGUMENT names the option;
// FAILED_PRECONDITION: the directory is not empty; UNAVAILABLE: a file could not be written.
// Same options, same bytes.
absl::StatusOr<RegionCounts> WriteRegion(
    const RegionOptions& options, const std::function<void(size_t done, size_t all)>& progress);

}  // namespace hie::region
