#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/common/patient/demographics.h"

// Labelled people as members of an exchange would register them.
namespace hie::bench {

struct LabelledRecord {
  std::string entity;  // Whose record it truly is.
  Demographics demographics;
};

struct LabelledSet {
  std::string name;
  std::vector<LabelledRecord> records;  // In an order that tells nothing where the set has none.
};

// Where sets come from and how much of them is taken.
struct SetOptions {
  std::string data;         // Folder of the public CSV files.
  std::string columns;      // Folder of their column files.
  uint64_t seed = 7;        // Of the generated ones.
  uint64_t people = 3'000;  // Of each generated one.
  size_t records_max = 0;   // Whole persons until there are so many; 0: all.
};

// The names of all sets: public ones by their column files, generated_... ones by profile.
std::vector<std::string> LabelledSetNames();

// Reads or generates a set.  What demographics cannot say is left out: extra fields, and whether a
// number is the record's own.  NOT_FOUND: its file is absent.
absl::StatusOr<LabelledSet> LoadLabelledSet(const std::string& name, const SetOptions& options);

}  // namespace hie::bench
