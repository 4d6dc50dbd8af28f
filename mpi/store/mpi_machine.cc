#include "mpi/store/mpi_machine.h"

#include <utility>

#include "mpi/store/decide_link.h"
#include "mpi/store/match.h"
#include "mpi/store/mpi_edit.h"
#include "mpi/store/register_record.h"
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

}  // namespace

absl::StatusOr<std::string> MpiMachine::Prepare(absl::string_view command,
                                                const KvReader& snapshot) const {
  HIE_ASSIGN_OR_RETURN(const v1::MpiCommand parsed, Parse(command));
  if (!parsed.has_register_()) return std::string();
  absl::StatusOr<std::string> plan =
      PlanRegistration(parsed.register_(), MpiReader(snapshot), model_);
  // The snapshot may be old: whether this is refused is for Apply to say.
  if (!plan.ok() && plan.status().code() != absl::StatusCode::kDataLoss) return std::string();
  return plan;
}

absl::StatusOr<std::string> MpiMachine::Apply(absl::string_view command, absl::string_view plan,
                                              const Stamp& stamp, const KvReader& state,
                                              WriteBatch& changes) const {
  HIE_ASSIGN_OR_RETURN(const v1::MpiCommand parsed, Parse(command));
  MpiEdit edit(state, stamp, {parsed.eid_candidates().begin(), parsed.eid_candidates().end()},
               changes);
  if (parsed.has_register_()) {
    HIE_ASSIGN_OR_RETURN(const v1::RegisterReply reply,
                         ApplyRegister(edit, parsed.register_(), plan, model_));
    return reply.SerializeAsString();
  }
  if (parsed.has_decide()) {
    HIE_ASSIGN_OR_RETURN(const v1::DecideReply reply, ApplyDecide(edit, parsed.decide(), model_));
    return reply.SerializeAsString();
  }
  return absl::InvalidArgumentError("command: want a kind");
}

}  // namespace hie::mpi
