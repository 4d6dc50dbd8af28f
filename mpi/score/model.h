#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "mpi/normalize/features.h"
#include "mpi/score/value_frequencies.h"

namespace hie::mpi {

// The fields of an Agreement, in the order of a model's rows.  kExtra is the first of
// kExtraFieldsMax generic ones.
enum class Field : uint8_t {
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
  kExtra,
};
inline constexpr size_t kNamedFieldCount = 13;
inline constexpr size_t kFieldCount = kNamedFieldCount + kExtraFieldsMax;
inline constexpr size_t kLevelsMax = 12;

// Where values are counted: one slot per field, an address's street in its field's own, and two
// more for its ZIP and city.
inline constexpr size_t kZipSlot = kFieldCount;
inline constexpr size_t kCitySlot = kFieldCount + 1;
inline constexpr size_t kFrequencySlots = kFieldCount + 2;

// What one level of a field is worth.  Probabilities are among pairs that both have the field, in
// parts per billion; weights follow from them (SetWeights).
struct Level {
  absl::string_view name;   // As the wire says it: exact, one_edit, differs, missing.
  uint32_t m = 0;           // That records of one person reach it.
  uint32_t u = 0;           // That records of two people taken at random do.
  uint32_t h = 0;           // That records of two members of one household do.
  Millibits stranger = 0;   // log2 m/u.
  Millibits household = 0;  // log2 m/h.
};

// One field: its levels in the order of the comparison's enumeration, "missing" last.
struct FieldRow {
  std::string name;
  size_t level_count = 0;
  std::array<Level, kLevelsMax> levels;
};

// What the frequency of a single value may change.
struct ValueSlot {
  uint32_t mean_chance = 0;  // That two people agree in the field, in parts per billion; 0: values
                             // are not counted.
  Millibits rare_gain_max = 0;  // What a rare value adds at most: rare ones are often errors.
};

// Where the outcomes part, in the weight of the posterior odds.
struct Thresholds {
  Millibits link = 0;  // Best weight between two groups of records at or above: may be one person.
  // The same for pairs that may be two of one family, where the population holds families.
  Millibits kin = 0;
  // And of what all pairs between them could say against strangers they say this part, per mille;
  // and their mean weight against a household member is at or above.
  int32_t support = 0;
  Millibits household = 0;
  Millibits review = 0;  // Best weight at or above: a possible link.
  Millibits merge = 0;   // Mean weight between two persons at or above: they may merge.
  Millibits margin = 0;  // Distance to the second person that a link needs.
  Millibits unlink = 0;  // Mean weight to the rest of its own person below: the record leaves.
};

// Everything that a score depends on.  Integers only, so that a replay gives the same bits.
struct Model {
  std::string name;  // "us-default-2", or of a file: its name and the first digits of its hash.
  // Expected records of the same person per record, and of other members of the household, in
  // thousandths; with the population they give the priors.
  uint32_t matches_per_record = 0;
  uint32_t household_per_record = 0;
  uint64_t population = 0;       // Records among which a match is looked for.
  Millibits prior_stranger = 0;  // log2 of expected matches over all pairs.
  Millibits prior_household = 0;
  std::array<FieldRow, kFieldCount> fields;  // Indexed by Field.
  std::array<ValueSlot, kFrequencySlots> slots;
  Thresholds thresholds;
  // Whether frequencies, u and the priors were measured on a population: such a model is applied as
  // it is, another one is fitted to the input first.
  bool calibrated = false;
  // Of the population that was looked at; null: every value is worth its field's mean.
  std::shared_ptr<const ValueFrequencies> frequencies;

  const FieldRow& field(Field f) const { return fields[static_cast<size_t>(f)]; }
};

// Derives the weights of all levels and the priors from the probabilities.
void SetWeights(Model& model);

// The shipped model: US defaults, trained on nothing that it is scored on.
const Model& DefaultModel();

}  // namespace hie::mpi
