#pragma once

#include <cstdint>
#include <string>

#include "services/hiectl/commands/context.h"

namespace hie::ctl {

// `gen region`: a generated region for demonstrations, tests and benchmarks.
struct GenRegionOptions {
  uint64_t people = 200;
  uint64_t members = 3;
  uint64_t seed = 1;
  std::string out;
};
ExitCode GenRegion(const Context& context, const GenRegionOptions& options);

// `gen people`: records with the truth about them, as CSV (region/README.md).
struct GenPeopleOptions {
  uint64_t people = 0;   // 0: as many as `records` need; neither given: 10,000 people.
  uint64_t records = 0;  // 0: all records of the people.
  uint64_t seed = 7;
  std::string profile = "region";
  std::string out;
  std::string truth_column = "entity_id";
};
ExitCode GenPeople(const Context& context, const GenPeopleOptions& options);

// `pki init`: keys and certificates for the roles and members, and the directory they belong to.
//
// Reads the members (hie.directory.v1.GetSnapshotResponse in text form), adds the operator, and
// writes <out>/directory.textproto: what an empty directory starts from.
struct PkiInitOptions {
  std::string members;  // File; `gen region` writes one.
  std::string out;
};
ExitCode PkiInit(const Context& context, const PkiInitOptions& options);

}  // namespace hie::ctl
