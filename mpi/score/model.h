#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"

namespace hie::mpi {

// A match weight: log2 of a likelihood ratio, in 1/1000 bit.
using Millibits = int32_t;

// The fields of an Agreement, in the order of a model's rows.
enum class Field {
  kFamily,
  kGiven,
  kMiddle,
  kSuffix,
  kBirthDate,
  kSex,
  kSsn,
  kPhone,
  kEmail,
  kAddress,
  kIdentifier,
  kMotherMaiden,
  kBirthOrder,
};
inline constexpr size_t kFieldCount = 13;
inline constexpr size_t kLevelsMax = 12;

// What one level of a field is worth.
struct LevelRow {
  absl::string_view name;   // As the wire says it: exact, one_edit, differs, missing.
  Millibits stranger = 0;   // log2 m/u against a person taken at random.
  Millibits household = 0;  // log2 m/u against a member of the same household.
};

// One field: its levels in the order of the comparison's enumeration.
struct FieldRow {
  absl::string_view name;
  size_t level_count = 0;
  std::array<LevelRow, kLevelsMax> levels;
};

// Where the outcomes part.
struct Thresholds {
  Millibits link = 0;    // Mean weight at or above: may link.
  Millibits review = 0;  // Best weight at or above: a possible link.
  Millibits merge = 0;   // Mean weight between two persons at or above: they may merge.
  Millibits margin = 0;  // Distance to the second person that a link needs.
  Millibits unlink = 0;  // Mean weight to the rest of its own person below: the record leaves.
};

// Everything that a score depends on.  Immutable; integers only.
struct Model {
  absl::string_view name;        // Changes with every change of a number.
  Millibits prior_stranger = 0;  // log2 of expected matches over all pairs.
  Millibits prior_household = 0;
  std::array<FieldRow, kFieldCount> fields;  // Indexed by Field.
  Thresholds thresholds;
};

// The shipped model: US defaults, trained on nothing that it is scored on.
const Model& DefaultModel();

}  // namespace hie::mpi
