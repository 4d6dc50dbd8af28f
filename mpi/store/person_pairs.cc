#include "mpi/store/person_pairs.h"

#include <algorithm>
#include <set>

#include "mpi/compare/agreement.h"
#include "mpi/score/kinship.h"
#include "mpi/score/log2.h"
#include "mpi/score/score.h"
#include "mpi/store/person_edit.h"
#include "services/common/base/status_macros.h"

namespace hie::mpi {
namespace {

struct PackedNumber {
  RecordNumber record = 0;
  std::string packed;
};

absl::StatusOr<std::vector<PackedNumber>> ReadPacked(const MpiReader& reader,
                                                     const std::vector<RecordNumber>& numbers) {
  std::vector<PackedNumber> records;
  HIE_RETURN_IF_ERROR(reader.ReadFeatures(
      numbers, [&](RecordNumber record, absl::string_view, const PackedView& packed) {
        records.push_back({record, std::string(packed.bytes())});
        return absl::OkStatus();
      }));
  return records;
}

PairEvidence EvidenceOfPair(const PackedNumber& a, const PackedNumber& b, const Model& model) {
  const Agreement agreement = Compare(PackedView(a.packed.data()), PackedView(b.packed.data()));
  const PairScore score = Score(agreement, model);
  return {JudgedWeight(score.weight(), MayBeKin(agreement), model), score.household, score.vetoes,
          Conflicts(agreement) && FamiliesShow(model), score.support};
}

GroupEvidence Forbidden() {
  GroupEvidence forbidden;
  forbidden.Forbid();
  return forbidden;
}

absl::StatusOr<bool> RecordsConflict(const MpiReader& reader, const EnterpriseId& eid,
                                     const Model& model) {
  // More than two that conflict were not joined by matching.
  constexpr int kPair = 2;
  HIE_ASSIGN_OR_RETURN(const v1::PersonRow person, reader.Person(eid.value()));
  if (person.record_numbers_size() != kPair) return false;
  HIE_ASSIGN_OR_RETURN(const std::vector<PackedNumber> records,
                       ReadPacked(reader, RecordNumbers(person)));
  return records.size() == kPair && EvidenceOfPair(records[0], records[1], model).conflict;
}

absl::StatusOr<std::vector<RecordNumber>> RecordsOf(const MpiReader& reader,
                                                    const EnterpriseId& eid) {
  HIE_ASSIGN_OR_RETURN(const v1::PersonRow person, reader.Person(eid.value()));
  return RecordNumbers(person);
}

absl::StatusOr<Millibits> WeighTogether(const MpiReader& reader, const std::vector<RecordNumber>& a,
                                        const std::vector<RecordNumber>& b, const Model& model) {
  HIE_ASSIGN_OR_RETURN(const std::vector<PackedNumber> of_a, ReadPacked(reader, a));
  HIE_ASSIGN_OR_RETURN(const std::vector<PackedNumber> of_b, ReadPacked(reader, b));
  Agreement best;
  const size_t scored = std::min(of_a.size() * of_b.size(), kPairsOfTwoGroupsMax);
  for (size_t i = 0; i < scored; ++i) {
    best = BestOf(best, Compare(PackedView(of_a[i / of_b.size()].packed.data()),
                                PackedView(of_b[i % of_b.size()].packed.data())));
  }
  if (scored == 0) return kPairWeightMin;
  return JudgedWeight(Score(best, model).weight(), MayBeKin(best), model) - Log2Millibits(scored);
}

absl::StatusOr<std::vector<EnterpriseId>> PersonsOpenWith(const MpiReader& reader,
                                                          const EnterpriseId& eid) {
  HIE_ASSIGN_OR_RETURN(const v1::PersonRow person, reader.Person(eid.value()));
  std::set<std::string> eids;
  for (const RecordNumber record : RecordNumbers(person)) {
    HIE_ASSIGN_OR_RETURN(const auto links, reader.PossibleLinksOf(record));
    for (const auto& [other, weight] : links) {
      HIE_ASSIGN_OR_RETURN(const v1::RecordRow row, reader.Record(other));
      eids.insert(row.eid());
    }
  }
  std::vector<EnterpriseId> open;
  for (const std::string& other : eids) open.emplace_back(other);
  return open;
}

}  // namespace

absl::StatusOr<GroupEvidence> EvidenceBetween(const MpiReader& reader, const v1::PersonRow& a,
                                              const v1::PersonRow& b, const Model& model) {
  HIE_ASSIGN_OR_RETURN(const bool apart, CannotLinkBetween(reader, a, b));
  if (apart) return Forbidden();
  HIE_ASSIGN_OR_RETURN(const std::vector<PackedNumber> of_a, ReadPacked(reader, RecordNumbers(a)));
  HIE_ASSIGN_OR_RETURN(const std::vector<PackedNumber> of_b, ReadPacked(reader, RecordNumbers(b)));
  GroupEvidence evidence;
  const size_t all = of_a.size() * of_b.size();
  // A veto may stand between records that are not compared: so many are for people to join.
  if (all > kPairsOfTwoGroupsMax) return Forbidden();
  for (size_t i = 0; i < all; ++i) {
    const PackedNumber& x = of_a[i / of_b.size()];
    const PackedNumber& y = of_b[i % of_b.size()];
    evidence.Add(EvidenceOfPair(x, y, model), std::min(x.record, y.record),
                 std::max(x.record, y.record));
  }
  return evidence;
}

template <typename T>
T StoredPersonPairs::Take(absl::StatusOr<T> result, T otherwise) {
  if (result.ok()) return *std::move(result);
  if (status_.ok()) status_ = result.status();
  return otherwise;
}

GroupEvidence StoredPersonPairs::Between(const EnterpriseId& a, const EnterpriseId& b) {
  const auto& [low, high] = std::minmax(a.value(), b.value());
  const auto known = known_.find({low, high});
  if (known != known_.end()) return known->second;
  const auto score = [&]() -> absl::StatusOr<GroupEvidence> {
    HIE_ASSIGN_OR_RETURN(const v1::PersonRow of_low, reader_.Person(low));
    HIE_ASSIGN_OR_RETURN(const v1::PersonRow of_high, reader_.Person(high));
    return EvidenceBetween(reader_, of_low, of_high, model_);
  };
  const GroupEvidence between = Take(score(), Forbidden());
  known_.emplace(std::pair(low, high), between);
  return between;
}

Millibits StoredPersonPairs::Together(absl::Span<const EnterpriseId> group,
                                      const EnterpriseId& other) {
  const auto weigh = [&]() -> absl::StatusOr<Millibits> {
    std::set<RecordNumber> of_group = {record_};
    for (const EnterpriseId& eid : group) {
      HIE_ASSIGN_OR_RETURN(const std::vector<RecordNumber> records, RecordsOf(reader_, eid));
      of_group.insert(records.begin(), records.end());
    }
    HIE_ASSIGN_OR_RETURN(const std::vector<RecordNumber> of_other, RecordsOf(reader_, other));
    return WeighTogether(reader_, {of_group.begin(), of_group.end()}, of_other, model_);
  };
  return Take(weigh(), kPairWeightMin);
}

bool StoredPersonPairs::HasConflict(const EnterpriseId& person) {
  return Take(RecordsConflict(reader_, person, model_), true);
}

std::vector<EnterpriseId> StoredPersonPairs::OpenWith(const EnterpriseId& person) {
  return Take(PersonsOpenWith(reader_, person), {});
}

}  // namespace hie::mpi
