#include "mpi/score/score.h"

#include <algorithm>
#include <array>

#include "mpi/score/log2.h"

namespace hie::mpi {
namespace {

// Counts beside which a slot's mean chance still weighs as much as what was counted.
constexpr uint64_t kShrinkageRecords = 500;
constexpr uint64_t kBillion = 1'000'000'000;

// How one field agreed.
struct FieldAgreement {
  size_t level = 0;
  uint32_t value = 0;
  uint8_t pairings = 0;
  size_t slot = 0;
};

using FieldAgreements = std::array<FieldAgreement, kFieldCount>;

size_t AddressSlot(AddressLevel level) {
  if (level == AddressLevel::kZip || level == AddressLevel::kNumberZip) return kZipSlot;
  if (level == AddressLevel::kCity) return kCitySlot;
  return static_cast<size_t>(Field::kAddress);
}

FieldAgreements Fields(const Agreement& a) {
  FieldAgreements fields{};
  const auto set = [&](Field field, auto level, uint32_t value = 0, uint8_t pairings = 0) {
    const auto index = static_cast<size_t>(field);
    fields[index] = {static_cast<size_t>(level), value, pairings, index};
  };
  set(Field::kFamily, a.family, a.values.family, a.pairings.family);
  set(Field::kGiven, a.given, a.values.given, a.pairings.given);
  set(Field::kMiddle, a.middle);
  set(Field::kSuffix, a.suffix);
  set(Field::kBirthDate, a.birth_date, a.values.birth_date);
  set(Field::kSex, a.sex);
  set(Field::kSsn, a.ssn, a.values.ssn, a.pairings.ssn);
  set(Field::kPhone, a.phone, a.values.phone, a.pairings.phone);
  set(Field::kEmail, a.email, a.values.email, a.pairings.email);
  set(Field::kAddress, a.address, a.values.address, a.pairings.address);
  fields[static_cast<size_t>(Field::kAddress)].slot = AddressSlot(a.address);
  set(Field::kIdentifier, a.identifier, a.values.identifier, a.pairings.identifier);
  set(Field::kMotherMaiden, a.mother_maiden, a.values.mother_maiden);
  set(Field::kBirthOrder, a.birth_order);
  for (size_t i = 0; i < kExtraFieldsMax; ++i) {
    const size_t index = kNamedFieldCount + i;
    fields[index] = {static_cast<size_t>(a.extras[i]), a.values.extras[i], 0, index};
  }
  return fields;
}

// The agreed value's own chance in parts per billion: counts beyond the pair's own two, shrunk to
// the slot's mean.
uint64_t ValueChance(const FieldAgreement& field, const Model& model) {
  const ValueSlot& slot = model.slots[field.slot];
  const uint32_t count = model.frequencies->Count(ValueFrequencies::Key(field.slot, field.value));
  const uint64_t others = count > 2 ? count - 2 : 0;
  const uint64_t holders = model.frequencies->holders(field.slot);
  return (others * kBillion + kShrinkageRecords * slot.mean_chance) / (holders + kShrinkageRecords);
}

// What the value's own frequency adds to the weight of its level.
Millibits ValueAdjustment(const FieldAgreement& field, const Model& model) {
  const ValueSlot& slot = model.slots[field.slot];
  if (field.value == 0 || slot.mean_chance == 0 || !model.frequencies) return 0;
  // Nothing was counted there: the mean stands.
  if (model.frequencies->holders(field.slot) == 0) return 0;
  const Millibits gain = Log2Millibits(slot.mean_chance) -
                         Log2Millibits(std::max<uint64_t>(ValueChance(field, model), 1));
  return std::min(gain, slot.rare_gain_max);
}

// Many values on both sides agree by chance more easily.
Millibits PairingPenalty(const FieldAgreement& field, Millibits weight) {
  if (field.pairings < 2 || weight <= 0) return 0;
  return std::min(Log2Millibits(field.pairings), weight / 2);
}

// Twins: one birth date, another first name.  Their names are alike more often than those of other
// siblings, and their numbers are mixed up more often.
constexpr Millibits kTwinNamePenalty = 1'500;
constexpr Millibits kTwinNumberPenalty = 2'300;

bool MayBeTwins(const Agreement& a) {
  const bool born_together = a.birth_date == BirthDateLevel::kExact;
  const bool one_name = a.given == GivenLevel::kExact || a.given == GivenLevel::kNickname ||
                        a.given == GivenLevel::kSwapped || a.given == GivenLevel::kMissing;
  return born_together && !one_name;
}

Millibits HouseholdWeight(size_t field, const Level& level, bool twins) {
  if (!twins || level.household <= 0) return level.household;
  if (field == static_cast<size_t>(Field::kGiven)) return level.household - kTwinNamePenalty;
  const bool number =
      field == static_cast<size_t>(Field::kSsn) || field == static_cast<size_t>(Field::kIdentifier);
  return number ? std::max(level.household - kTwinNumberPenalty, 0) : level.household;
}

Millibits StrangerWeight(const FieldAgreement& field, const Level& level, const Model& model) {
  const Millibits weight = level.stranger + ValueAdjustment(field, model);
  return weight - PairingPenalty(field, weight);
}

// The level that a field would have reached at best, given what both records hold.
size_t BestLevel(size_t field, size_t level) {
  if (field == static_cast<size_t>(Field::kIdentifier)) {
    const auto reached = static_cast<IdentifierLevel>(level);
    const bool shared =
        reached == IdentifierLevel::kSharedExact || reached == IdentifierLevel::kDiffers;
    return static_cast<size_t>(shared ? IdentifierLevel::kSharedExact
                                      : IdentifierLevel::kPersonalExact);
  }
  if (field == static_cast<size_t>(Field::kSsn)) {
    const auto reached = static_cast<SsnLevel>(level);
    const bool four = reached == SsnLevel::kLastFour || reached == SsnLevel::kDiffers;
    return static_cast<size_t>(four ? SsnLevel::kLastFour : SsnLevel::kExact);
  }
  return 0;
}

// Scales both so that `most` is within its bound; evidence stays within what could be said.
void Bound(PairSupport& support) {
  support.most = std::max(support.most, 1);
  support.said = std::clamp(support.said, -support.most, support.most);
  if (support.most <= kSaidMax) return;
  support.said =
      static_cast<Millibits>(static_cast<int64_t>(support.said) * kSaidMax / support.most);
  support.most = kSaidMax;
}

}  // namespace

PairScore Score(const Agreement& agreement, const Model& model) {
  PairScore score{model.prior_stranger, model.prior_household, {}, FindVetoes(agreement)};
  const FieldAgreements fields = Fields(agreement);
  const bool twins = MayBeTwins(agreement);
  for (size_t i = 0; i < kFieldCount; ++i) {
    const FieldRow& row = model.fields[i];
    const size_t index = fields[i].level;
    if (index + 1 >= row.level_count) continue;  // Missing.
    const Level& level = row.levels[index];
    const Millibits said = StrangerWeight(fields[i], level, model);
    score.stranger += said;
    score.household += HouseholdWeight(i, level, twins);
    score.support.said += said;
    // What agrees fully has said all that its own value can say.
    const size_t best = BestLevel(i, index);
    const bool all = index == best && said > 0;
    score.support.most += all ? said : std::max(row.levels[best].stranger, said);
  }
  Bound(score.support);
  return score;
}

std::vector<FieldPart> Explain(const Agreement& agreement, const Model& model) {
  const PairScore score = Score(agreement, model);
  const bool household = score.household < score.stranger;
  const FieldAgreements fields = Fields(agreement);
  std::vector<FieldPart> parts;
  for (size_t i = 0; i < kFieldCount; ++i) {
    if (model.fields[i].name.empty()) continue;
    const Level& level = model.fields[i].levels[fields[i].level];
    FieldPart part{model.fields[i].name, level.name};
    part.stranger = StrangerWeight(fields[i], level, model);
    part.household = HouseholdWeight(i, level, MayBeTwins(agreement));
    part.weight = household ? part.household : part.stranger;
    const bool by_value =
        fields[i].value != 0 && model.frequencies && model.slots[fields[i].slot].mean_chance != 0;
    if (by_value) part.value_chance = static_cast<uint32_t>(ValueChance(fields[i], model));
    parts.push_back(std::move(part));
  }
  return parts;
}

}  // namespace hie::mpi
