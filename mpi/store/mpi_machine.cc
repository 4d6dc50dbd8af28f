#include "mpi/store/mpi_machine.h"

#include <utility>

#include "mpi/store/decide_link.h"
#include "mpi/store/match.h"
#include "mpi/store/merge_records.h"
#include "mpi/store/mpi_edit.h"
#include "mpi/store/register_record.h"
#include "mpi/store/remove_record.h"
#include "mpi/store/tables.h"
#include "mpi/store/unmerge_record.h"
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

absl::StatusOr<std::string> PlanRegistration(const v1::RegisterCommand& command,
                                             const MpiReader& reader, const Model& model) {
  HIE_ASSIGN_OR_RETURN(const Target target, FindTarget(reader, command, model));
  if (target.kind != TargetKind::kNew && target.kind != TargetKind::kUpdate) return std::string();
  HIE_ASSIGN_OR_RETURN(const Question question,
                       MakeQuestion(command.patient(), command.demographics(), target.record));
  HIE_ASSIGN_OR_RETURN(const v1::MatchPlan plan, Match(reader, question, model));
  return plan.SerializeAsString();
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
      PlanRegistration(parsed.register_(), MpiReader(snapshot), *model);
  // The snapshot may be old: whether this is refused is for Apply to say.
  if (!plan.ok() && plan.status().code() != absl::StatusCode::kDataLoss) return std::string();
  return plan;
}

absl::StatusOr<std::string> MpiMachine::Apply(absl::string_view command, absl::string_view plan,
                                              const Stamp& stamp, const KvReader& state,
                                              WriteBatch& changes) const {
  HIE_ASSIGN_OR_RETURN(const v1::MpiCommand parsed, Parse(command));
  HIE_ASSIGN_OR_RETURN(const std::shared_ptr<const Model> model, models_.In(state));
  HIE_ASSIGN_OR_RETURN(std::string reply, Run(parsed, plan, stamp, state, *model, changes));
  if (changes.empty()) return reply;
  v1::CounterRow sequence;
  sequence.set_last(stamp.sequence);
  changes.Put(kCountersTable, kSequenceCounter, sequence.SerializeAsString());
  window_->Note(stamp.sequence, changes);
  return reply;
}

absl::StatusOr<std::string> MpiMachine::Run(const v1::MpiCommand& command, absl::string_view plan,
                                            const Stamp& stamp, const KvReader& state,
                                            const Model& model, WriteBatch& changes) const {
  if (command.has_merge()) return ApplyAllOrNone(command, stamp, state, model, changes);
  MpiEdit edit(state, stamp, {command.eid_candidates().begin(), command.eid_candidates().end()},
               changes);
  switch (command.kind_case()) {
    case v1::MpiCommand::kRegister:
      return Bytes(ApplyRegister(edit, command.register_(), plan, window_.get(), model));
    case v1::MpiCommand::kDecide:
      return Bytes(ApplyDecide(edit, command.decide(), model));
    case v1::MpiCommand::kUnmerge:
      return Bytes(ApplyUnmerge(edit, command.unmerge()));
    case v1::MpiCommand::kRemove:
      return Bytes(ApplyRemove(edit, command.remove()));
    default:
      return absl::InvalidArgumentError("command: want a kind");
  }
}

}  // namespace hie::mpi
