#include "mpi/store/mpi_machine.h"

#include <utility>

#include "mpi/store/decide_link.h"
#include "mpi/store/event_log_note.h"
#include "mpi/store/load_progress.h"
#include "mpi/store/match.h"
#include "mpi/store/merge_records.h"
#include "mpi/store/model_store.h"
#include "mpi/store/mpi_edit.h"
#include "mpi/store/register_record.h"
#include "mpi/store/remove_record.h"
#include "mpi/store/tables.h"
#include "mpi/store/task_command.h"
#include "mpi/store/undo_event.h"
#include "mpi/store/unmerge_record.h"
#include "mpi/store/write_check.h"
#include "services/common/base/status_macros.h"

namespace hie::mpi {
namespace {

absl::StatusOr<v1::MpiCommand> Parse(absl::string_view bytes) {
  v1::MpiCommand command;
  if (!command.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return absl::InvalidArgumentError("command: not a valid message");
  }
  return command;
}

template <typename Reply>
absl::StatusOr<std::string> Bytes(const absl::StatusOr<Reply>& reply) {
  if (!reply.ok()) return reply.status();
  return reply->SerializeAsString();
}

// Steps see what the steps before them did; where one is refused nothing of it is kept.
absl::StatusOr<std::string> ApplyAllOrNone(const v1::MpiCommand& command, const Stamp& stamp,
                                           const KvReader& state, const Model& model,
                                           WriteBatch& changes) {
  WriteBatch steps;
  MpiEdit edit(state, stamp, {command.eid_candidates().begin(), command.eid_candidates().end()},
               steps);
  HIE_ASSIGN_OR_RETURN(const v1::MergeReply reply, ApplyMerge(edit, command.merge(), model));
  if (MergeCommitted(reply)) changes.Append(std::move(steps));
  return reply.SerializeAsString();
}

}  // namespace

absl::StatusOr<std::string> MpiMachine::Prepare(absl::string_view command,
                                                const KvReader& snapshot) const {
  HIE_ASSIGN_OR_RETURN(const v1::MpiCommand parsed, Parse(command));
  if (!parsed.has_register_()) return std::string();
  HIE_ASSIGN_OR_RETURN(const std::shared_ptr<const Model> model, models_.In(snapshot));
  absl::StatusOr<std::string> plan =
      PlanRegistration(MpiReader(snapshot), parsed.register_(), *model);
  // The snapshot may be old: whether this is refused is for Apply to say.
  if (!plan.ok() && plan.status().code() != absl::StatusCode::kDataLoss) return std::string();
  return plan;
}

absl::StatusOr<std::string> MpiMachine::Apply(absl::string_view command, absl::string_view plan,
                                              const Stamp& stamp, const KvReader& state,
                                              WriteBatch& changes) const {
  HIE_ASSIGN_OR_RETURN(const v1::MpiCommand parsed, Parse(command));
  HIE_ASSIGN_OR_RETURN(std::string reply, Run(parsed, plan, stamp, state, changes));
  if (changes.empty()) return reply;
  HIE_RETURN_IF_ERROR(NoteLinkChanges(parsed, models_, stamp, state, changes));
  HIE_RETURN_IF_ERROR(CheckWrite(state, changes));
  v1::CounterRow sequence;
  sequence.set_last(stamp.sequence);
  changes.Put(kCountersTable, kSequenceCounter, sequence.SerializeAsString());
  window_->Note(stamp.sequence, changes);
  return reply;
}

absl::StatusOr<std::string> MpiMachine::ApplyLineOfLoad(const v1::MpiCommand& command,
                                                        absl::string_view plan, const Stamp& stamp,
                                                        const KvReader& state, const Model& model,
                                                        WriteBatch& changes) const {
  return ApplyLoadLine(command.register_(), state, changes, [&](WriteBatch& line) {
    MpiEdit edit(state, stamp, {command.eid_candidates().begin(), command.eid_candidates().end()},
                 line);
    return ApplyRegister(edit, command.register_(), {plan, window_.get()}, model);
  });
}

absl::StatusOr<std::string> MpiMachine::Run(const v1::MpiCommand& command, absl::string_view plan,
                                            const Stamp& stamp, const KvReader& state,
                                            WriteBatch& changes) const {
  // Before the active model is read: where that is damaged, another one must still be activated.
  if (command.has_model()) return Bytes(ApplyModel(command.model(), stamp, state, changes));
  HIE_ASSIGN_OR_RETURN(const std::shared_ptr<const Model> active, models_.In(state));
  const Model& model = *active;
  if (command.has_merge()) return ApplyAllOrNone(command, stamp, state, model, changes);
  MpiEdit edit(state, stamp, {command.eid_candidates().begin(), command.eid_candidates().end()},
               changes);
  switch (command.kind_case()) {
    case v1::MpiCommand::kRegister:
      if (!command.register_().load_id().empty()) {
        return ApplyLineOfLoad(command, plan, stamp, state, model, changes);
      }
      return Bytes(ApplyRegister(edit, command.register_(), {plan, window_.get()}, model));
    case v1::MpiCommand::kLoad:
      return ApplyLoad(command.load(), stamp, state, changes);
    case v1::MpiCommand::kDecide:
      HIE_RETURN_IF_ERROR(CheckNotUnderReview(edit.reader(), command.decide()));
      return Bytes(ApplyDecide(edit, command.decide(), DecidedBy::kOnePerson, model));
    case v1::MpiCommand::kUnmerge:
      return Bytes(ApplyUnmerge(edit, command.unmerge()));
    case v1::MpiCommand::kRemove:
      return Bytes(ApplyRemove(edit, command.remove()));
    case v1::MpiCommand::kUndo:
      return Bytes(ApplyUndo(edit, command.undo(), model, changes));
    case v1::MpiCommand::kTask:
      return Bytes(ApplyTask(edit, command.task(), model, changes));
    default:
      return absl::InvalidArgumentError("command: want a kind");
  }
}

}  // namespace hie::mpi
