#include "mpi/store/explanation.h"

#include <string>

#include "mpi/score/score.h"
#include "mpi/store/tables.h"
#include "services/common/base/status_macros.h"

namespace hie::mpi {
namespace {

constexpr uint32_t kMultipleBirth = 1;
constexpr uint32_t kIdentityUnknown = 2;
constexpr uint32_t kNewborn = 4;

// Calls `visit` with every level, in the order in which a row keeps them; extra fields last.
template <typename A, typename Visit>
void VisitLevels(A& agreement, Visit visit) {
  visit(agreement.family);
  visit(agreement.given);
  visit(agreement.middle);
  visit(agreement.suffix);
  visit(agreement.birth_date);
  visit(agreement.sex);
  visit(agreement.ssn);
  visit(agreement.phone);
  visit(agreement.email);
  visit(agreement.address);
  visit(agreement.identifier);
  visit(agreement.mother_maiden);
  visit(agreement.birth_order);
  for (auto& extra : agreement.extras) visit(extra);
}

template <typename Values, typename Visit>
void VisitValues(Values& values, Visit visit) {
  visit(values.family);
  visit(values.given);
  visit(values.birth_date);
  visit(values.ssn);
  visit(values.phone);
  visit(values.email);
  visit(values.address);
  visit(values.identifier);
  visit(values.mother_maiden);
  for (auto& extra : values.extras) visit(extra);
}

template <typename P, typename Visit>
void VisitPairings(P& pairings, Visit visit) {
  visit(pairings.family);
  visit(pairings.given);
  visit(pairings.ssn);
  visit(pairings.phone);
  visit(pairings.email);
  visit(pairings.address);
  visit(pairings.identifier);
}

absl::Status BadRow() { return absl::DataLossError("explanations: a row cannot be read"); }

uint32_t SharedKeyTypes(const PackedView& a, const PackedView& b) {
  static_assert(kKeyTypeCount <= 32);
  const std::vector<BlockKey> keys_a = FiledKeys(a);
  const std::vector<BlockKey> keys_b = FiledKeys(b);
  uint32_t types = 0;
  size_t j = 0;
  for (const BlockKey& key : keys_a) {
    while (j < keys_b.size() && KeyBase(keys_b[j]) < KeyBase(key)) ++j;
    const bool shared = j < keys_b.size() && KeyBase(keys_b[j]) == KeyBase(key);
    if (shared) types |= 1U << static_cast<uint32_t>(key.type);
  }
  return types;
}

void PutAgreement(const Agreement& agreement, v1::ExplanationRow& row) {
  VisitLevels(agreement,
              [&](auto level) { row.mutable_levels()->push_back(static_cast<char>(level)); });
  VisitValues(agreement.values, [&](uint32_t value) { row.add_values(value); });
  while (!row.values().empty() && *row.values().rbegin() == 0) row.mutable_values()->RemoveLast();
  VisitPairings(agreement.pairings, [&](uint8_t count) {
    row.mutable_pairings()->push_back(static_cast<char>(count));
  });
  row.set_flags((agreement.multiple_birth ? kMultipleBirth : 0) |
                (agreement.identity_unknown ? kIdentityUnknown : 0) |
                (agreement.newborn ? kNewborn : 0));
}

}  // namespace

v1::ExplanationRow MakeExplanation(const PackedView& record, const PackedView& other,
                                   const Model& model) {
  const Agreement agreement = Compare(record, other);
  const PairScore score = Score(agreement, model);
  v1::ExplanationRow row;
  row.set_model(model.name);
  PutAgreement(agreement, row);
  row.set_stranger_millibits(score.stranger);
  row.set_household_millibits(score.household);
  row.set_vetoes(score.vetoes);
  row.set_key_types(SharedKeyTypes(record, other));
  return row;
}

absl::Status KeepExplanation(MpiEdit& edit, RecordNumber record, RecordNumber other,
                             const Model& model) {
  std::string packed;
  std::string packed_other;
  HIE_RETURN_IF_ERROR(edit.reader().ReadFeatures(
      {record, other}, [&](RecordNumber number, absl::string_view, const PackedView& view) {
        (number == record ? packed : packed_other) = std::string(view.bytes());
        return absl::OkStatus();
      }));
  if (packed.empty() || packed_other.empty()) return BadRow();
  HIE_ASSIGN_OR_RETURN(const std::vector<v1::RecordRow> rows,
                       edit.reader().Records({record, other}));
  v1::ExplanationRow row =
      MakeExplanation(PackedView(packed.data()), PackedView(packed_other.data()), model);
  row.set_other(other);
  row.set_version(rows[0].record().version());
  row.set_other_version(rows[1].record().version());
  row.set_sequence(edit.stamp().sequence);
  edit.PutExplanation(record, row);
  return absl::OkStatus();
}

absl::StatusOr<Agreement> AgreementOf(const v1::ExplanationRow& row) {
  Agreement agreement;
  const std::string& levels = row.levels();
  bool good = true;
  size_t at = 0;
  VisitLevels(agreement, [&](auto& level) {
    const auto read = at < levels.size() ? static_cast<uint8_t>(levels[at]) : kLevelsMax;
    good = good && read < kLevelsMax;
    level = static_cast<std::remove_reference_t<decltype(level)>>(read);
    ++at;
  });
  int value = 0;
  VisitValues(agreement.values, [&](uint32_t& hash) {
    hash = value < row.values_size() ? row.values(value) : 0;
    ++value;
  });
  size_t pairing = 0;
  VisitPairings(agreement.pairings, [&](uint8_t& count) {
    count = pairing < row.pairings().size() ? static_cast<uint8_t>(row.pairings()[pairing]) : 0;
    ++pairing;
  });
  if (!good || at != levels.size()) return BadRow();
  agreement.multiple_birth = (row.flags() & kMultipleBirth) != 0;
  agreement.identity_unknown = (row.flags() & kIdentityUnknown) != 0;
  agreement.newborn = (row.flags() & kNewborn) != 0;
  return agreement;
}

absl::StatusOr<bool> Replays(const v1::ExplanationRow& row, const Model& model) {
  HIE_ASSIGN_OR_RETURN(const Agreement agreement, AgreementOf(row));
  const PairScore score = Score(agreement, model);
  return row.model() == model.name && score.stranger == row.stranger_millibits() &&
         score.household == row.household_millibits() && score.vetoes == row.vetoes();
}

std::vector<absl::string_view> KeyNamesOf(const v1::ExplanationRow& row) {
  std::vector<absl::string_view> names;
  for (int type = 0; type < kKeyTypeCount; ++type) {
    if ((row.key_types() >> type & 1) != 0)
      names.push_back(KeyTypeName(static_cast<KeyType>(type)));
  }
  return names;
}

}  // namespace hie::mpi
