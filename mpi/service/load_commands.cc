#include "mpi/service/load_commands.h"

#include <utility>

#include "mpi/store/derived_eid.h"
#include "mpi/store/load_progress.h"
#include "services/common/base/status_macros.h"
#include "services/common/crypto/hash.h"
#include "services/common/wire/wire.h"

namespace hie::mpi {
namespace {

// A split makes two persons; nothing makes more than three.
constexpr uint32_t kEidCandidates = 3;
constexpr size_t kFieldBytesMax = 100;
constexpr size_t kReasonBytesMax = 200;

absl::StatusOr<v1::RegisterCommand> ReadLine(const v1::LoadLine& line) {
  v1::RegisterCommand command;
  HIE_ASSIGN_OR_RETURN(
      const LocalPatient patient,
      wire::FromProto(line.patient(), "patient", wire::Incarnation::kMayBeCurrent));
  *command.mutable_patient() = wire::ToProto(patient);
  HIE_ASSIGN_OR_RETURN(const Demographics demographics,
                       wire::FromProto(line.demographics(), "demographics"));
  *command.mutable_demographics() = wire::ToProto(demographics);
  if (line.event_micros() < 0) return absl::InvalidArgumentError("event_micros: want 0 or more");
  command.set_event_micros(line.event_micros());
  if (!v1::RegisterKind_IsValid(line.kind())) {
    return absl::InvalidArgumentError("kind: want a kind of this version");
  }
  command.set_kind(line.kind());
  return command;
}

v1::MpiCommand OfLoad(const LoadName& load) {
  v1::MpiCommand command;
  *command.mutable_load()->mutable_actor() = load.actor;
  command.mutable_load()->set_load_id(load.load_id);
  return command;
}

v1::MpiCommand RefusalOf(const LoadName& load, v1::LineProblem problem) {
  problem.mutable_field()->resize(std::min(problem.field().size(), kFieldBytesMax));
  problem.mutable_reason()->resize(std::min(problem.reason().size(), kReasonBytesMax));
  v1::MpiCommand command = OfLoad(load);
  *command.mutable_load()->mutable_refuse() = std::move(problem);
  return command;
}

}  // namespace

absl::StatusOr<LoadName> ReadLoadName(const v1::BeginLoad& begin) {
  LoadName load;
  HIE_ASSIGN_OR_RETURN(const Actor actor, wire::FromProto(begin.actor(), "actor"));
  load.actor = wire::ToProto(actor);
  if (!IsUuidV7(begin.load_id())) return absl::InvalidArgumentError("load_id: want a UUIDv7");
  if (begin.input_sha256().size() != crypto::kSha256Bytes) {
    return absl::InvalidArgumentError("input_sha256: want 32 bytes");
  }
  load.load_id = begin.load_id();
  load.id_millis = MillisOfUuidV7(load.load_id);
  return load;
}

v1::MpiCommand BeginCommand(const LoadName& load, const v1::BeginLoad& begin) {
  v1::MpiCommand command = OfLoad(load);
  command.mutable_load()->mutable_begin()->set_input_sha256(begin.input_sha256());
  return command;
}

v1::MpiCommand LineCommand(const LoadName& load, const v1::LoadLine& line) {
  if (line.has_problem()) {
    v1::LineProblem problem = line.problem();
    problem.set_line_number(line.line_number());
    return RefusalOf(load, std::move(problem));
  }
  absl::StatusOr<v1::RegisterCommand> read = ReadLine(line);
  if (!read.ok()) return RefusalOf(load, ProblemOf(line.line_number(), read.status().message()));
  v1::MpiCommand command;
  v1::RegisterCommand& part = *command.mutable_register_();
  part = *std::move(read);
  *part.mutable_actor() = load.actor;
  part.set_load_id(load.load_id);
  part.set_load_line(line.line_number());
  const std::string seed = load.actor.member() + "/" + load.load_id;
  for (uint32_t i = 0; i < kEidCandidates; ++i) {
    command.add_eid_candidates(DerivedEid(load.id_millis, seed, line.line_number(), i));
  }
  return command;
}

v1::MpiCommand EndCommand(const LoadName& load, const v1::EndLoad& end) {
  v1::MpiCommand command = OfLoad(load);
  command.mutable_load()->mutable_end()->set_lines(end.lines());
  return command;
}

}  // namespace hie::mpi
