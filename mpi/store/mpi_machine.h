#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "hie/mpi/v1/mpi_state.pb.h"
#include "mpi/store/active_model.h"
#include "mpi/store/change_window.h"
#include "services/common/journal/journal.h"

namespace hie::mpi {

// The index as a deterministic state machine: commands are MpiCommand, replies RegisterReply,
// DecideReply, MergeReply, UnmergeReply and RemoveReply, state the rows of mpi_state.proto.
//
// Prepare matches a registration against a snapshot; the plan names the keys and persons that it
// read, and Apply scores again only where one of these has changed since.
class MpiMachine final : public StateMachine {
 public:
  // `shipped` is the model until another one is activated; it must outlive the machine.
  explicit MpiMachine(const Model& shipped) : models_(shipped) {}

  absl::StatusOr<std::string> Prepare(absl::string_view command,
                                      const KvReader& snapshot) const override;
  absl::StatusOr<std::string> Apply(absl::string_view command, absl::string_view plan,
                                    const Stamp& stamp, const KvReader& state,
                                    WriteBatch& changes) const override;

  // Which model a state scores with.
  const ActiveModel& models() const { return models_; }
  // How often Apply could use a plan as it was, and not.
  ChangeWindow::Answers plan_answers() const { return window_->answers(); }

 private:
  // Carries a command out; what follows from every change alike is for Apply.
  absl::StatusOr<std::string> Run(const v1::MpiCommand& command, absl::string_view plan,
                                  const Stamp& stamp, const KvReader& state,
                                  WriteBatch& changes) const;
  absl::StatusOr<std::string> ApplyLineOfLoad(const v1::MpiCommand& command, absl::string_view plan,
                                              const Stamp& stamp, const KvReader& state,
                                              const Model& model, WriteBatch& changes) const;

  const ActiveModel models_;
  const std::unique_ptr<ChangeWindow> window_ = std::make_unique<ChangeWindow>();
};

}  // namespace hie::mpi
