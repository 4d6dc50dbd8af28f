#pragma once

#include "hie/mpi/v1/mpi_state.pb.h"
#include "mpi/score/model.h"
#include "services/common/journal/journal.h"

namespace hie::mpi {

// The index as a deterministic state machine: commands are MpiCommand, replies RegisterReply,
// DecideReply, MergeReply, UnmergeReply and RemoveReply, state the rows of mpi_state.proto.
//
// Prepare matches a registration against a snapshot; the plan carries the versions of the keys and
// persons that it read, and Apply scores again only where one of these has changed.
class MpiMachine final : public StateMachine {
 public:
  // `model` must outlive the machine.
  explicit MpiMachine(const Model& model) : model_(model) {}

  absl::StatusOr<std::string> Prepare(absl::string_view command,
                                      const KvReader& snapshot) const override;
  absl::StatusOr<std::string> Apply(absl::string_view command, absl::string_view plan,
                                    const Stamp& stamp, const KvReader& state,
                                    WriteBatch& changes) const override;

 private:
  const Model& model_;
};

}  // namespace hie::mpi
