#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "mpi/link/link_plan.h"
#include "mpi/store/mpi_reader.h"

namespace hie::mpi {

// All pairs of records of two persons, as groups are judged.  Forbidden where a cannot-link decision
// stands between them, and where there are more than kPairsOfTwoGroupsMax pairs.
//
// Cost: the packed records of both and the decisions of all records of one.
absl::StatusOr<GroupEvidence> EvidenceBetween(const MpiReader& reader, const v1::PersonRow& a,
                                              const v1::PersonRow& b, const Model& model);

// What the persons of a state say of each other, read when it is asked for.
//
// Keeps what it has scored; not thread-safe; lives for one plan.  After an error every answer
// forbids, and `status` tells it.
class StoredPersonPairs final : public PersonPairs {
 public:
  // `record` is the one in question.  The others must outlive this.
  StoredPersonPairs(const MpiReader& reader, RecordNumber record, const Model& model)
      : reader_(reader), record_(record), model_(model) {}

  GroupEvidence Between(const EnterpriseId& a, const EnterpriseId& b) override;
  Millibits Together(absl::Span<const EnterpriseId> group, const EnterpriseId& other) override;
  bool HasConflict(const EnterpriseId& person) override;
  std::vector<EnterpriseId> OpenWith(const EnterpriseId& person) override;

  const absl::Status& status() const { return status_; }

 private:
  template <typename T>
  T Take(absl::StatusOr<T> result, T otherwise);

  const MpiReader& reader_;
  const RecordNumber record_;
  const Model& model_;
  std::map<std::pair<std::string, std::string>, GroupEvidence> known_;  // The lower EID first.
  absl::Status status_;
};

}  // namespace hie::mpi
