#include "mpi/service/mpi_service.h"

#include <utility>

#include "mpi/service/search_persons.h"
#include "mpi/store/person_view.h"
#include "services/common/base/status_macros.h"
#include "services/common/base/uuid.h"
#include "services/common/wire/wire.h"

namespace hie::mpi {
namespace {

// A split makes two persons; nothing makes more than three.
constexpr int kEidCandidates = 3;
constexpr size_t kReasonBytesMax = 1024;

template <typename Message>
absl::StatusOr<Message> ParseReply(const std::string& bytes) {
  Message message;
  if (!message.ParseFromString(bytes)) return absl::InternalError("reply: cannot be read");
  return message;
}

// Takes the shape of what is stored: checked, and spelled one way.
absl::Status FillKey(const common::v1::LocalPatient& from, absl::string_view field,
                     common::v1::LocalPatient& to) {
  HIE_ASSIGN_OR_RETURN(const LocalPatient patient,
                       wire::FromProto(from, field, wire::Incarnation::kMayBeCurrent));
  to = wire::ToProto(patient);
  return absl::OkStatus();
}

absl::Status FillActor(const common::v1::Actor& from, common::v1::Actor& to) {
  HIE_ASSIGN_OR_RETURN(const Actor actor, wire::FromProto(from, "actor"));
  to = wire::ToProto(actor);
  return absl::OkStatus();
}

absl::StatusOr<v1::MpiCommand> FromProto(const v1::RegisterRecordRequest& request) {
  v1::MpiCommand command;
  v1::RegisterCommand& part = *command.mutable_register_();
  HIE_RETURN_IF_ERROR(FillActor(request.actor(), *part.mutable_actor()));
  HIE_RETURN_IF_ERROR(FillKey(request.patient(), "patient", *part.mutable_patient()));
  HIE_ASSIGN_OR_RETURN(const Demographics demographics,
                       wire::FromProto(request.demographics(), "demographics"));
  *part.mutable_demographics() = wire::ToProto(demographics);
  return command;
}

absl::StatusOr<v1::MpiCommand> FromProto(const v1::DecideLinkRequest& request) {
  v1::MpiCommand command;
  v1::DecideCommand& part = *command.mutable_decide();
  HIE_RETURN_IF_ERROR(FillActor(request.actor(), *part.mutable_actor()));
  HIE_RETURN_IF_ERROR(FillKey(request.first(), "first", *part.mutable_first()));
  HIE_RETURN_IF_ERROR(FillKey(request.second(), "second", *part.mutable_second()));
  if (request.reason().empty() || request.reason().size() > kReasonBytesMax) {
    return absl::InvalidArgumentError("reason: want 1 to 1024 bytes");
  }
  part.set_same_person(request.same_person());
  part.set_reason(request.reason());
  return command;
}

bool HoldsEnough(const Demographics& demographics) {
  if (!demographics.identifiers.empty()) return true;
  const bool named = !demographics.names.empty() && !demographics.names[0].family.empty();
  return named && demographics.birth_date.has_value();
}

absl::StatusOr<PersonSearch> FromProto(const v1::SearchPersonsRequest& request) {
  PersonSearch search;
  HIE_ASSIGN_OR_RETURN(search.demographics,
                       wire::FromProto(request.demographics(), "demographics"));
  if (!HoldsEnough(search.demographics)) {
    return absl::InvalidArgumentError(
        "demographics: want a family name and birth date, or an identifier");
  }
  if (request.limit() > kSearchPersonsMax) return absl::InvalidArgumentError("limit: want 1..10");
  if (request.limit() != 0) search.limit = request.limit();
  if (request.include_protected()) search.protected_records = ProtectedRecords::kIncluded;
  return search;
}

absl::StatusOr<std::string> FindSubject(const MpiReader& reader,
                                        const v1::ResolvePersonRequest& request) {
  if (request.has_patient()) {
    common::v1::LocalPatient patient;
    HIE_RETURN_IF_ERROR(FillKey(request.patient(), "patient", patient));
    return FindEidOf(reader, patient);
  }
  if (!IsUuid(request.eid())) return absl::InvalidArgumentError("eid: want a UUID");
  return FollowEid(reader, request.eid());
}

}  // namespace

std::string MpiService::Complete(v1::MpiCommand command) {
  const absl::Time now = clock_.Now();
  for (int i = 0; i < kEidCandidates; ++i) command.add_eid_candidates(MakeUuidV7(now, random_));
  return command.SerializeAsString();
}

absl::StatusOr<v1::RegisterRecordResponse> MpiService::RegisterRecord(
    const v1::RegisterRecordRequest& request) {
  HIE_ASSIGN_OR_RETURN(v1::MpiCommand command, FromProto(request));
  HIE_ASSIGN_OR_RETURN(const Applied applied,
                       ProposeAndWait(journal_, Complete(std::move(command))));
  HIE_ASSIGN_OR_RETURN(const auto reply, ParseReply<v1::RegisterReply>(applied.reply));
  v1::RegisterRecordResponse response;
  response.set_outcome(reply.outcome());
  *response.mutable_patient() = reply.patient();
  response.set_eid(reply.eid());
  response.set_link_version(reply.link_version());
  response.set_best_weight_millibits(reply.best_weight_millibits());
  return response;
}

absl::StatusOr<v1::ResolvePersonResponse> MpiService::ResolvePerson(
    const v1::ResolvePersonRequest& request) const {
  const std::shared_ptr<const KvReader> snapshot = journal_.Snapshot();
  const MpiReader reader(*snapshot);
  HIE_ASSIGN_OR_RETURN(const std::string eid, FindSubject(reader, request));
  v1::ResolvePersonResponse response;
  HIE_ASSIGN_OR_RETURN(*response.mutable_person(), ViewPerson(reader, eid));
  return response;
}

absl::StatusOr<v1::SearchPersonsResponse> MpiService::SearchPersons(
    const v1::SearchPersonsRequest& request) const {
  HIE_ASSIGN_OR_RETURN(const PersonSearch search, FromProto(request));
  const std::shared_ptr<const KvReader> snapshot = journal_.Snapshot();
  return mpi::SearchPersons(MpiReader(*snapshot), search, model_);
}

absl::StatusOr<v1::ConfirmLinksResponse> MpiService::ConfirmLinks(
    const v1::ConfirmLinksRequest& request) const {
  if (!IsUuid(request.eid())) return absl::InvalidArgumentError("eid: want a UUID");
  const std::shared_ptr<const KvReader> snapshot = journal_.Snapshot();
  HIE_RETURN_IF_ERROR(
      ConfirmLinkVersion(MpiReader(*snapshot), request.eid(), request.link_version()));
  return v1::ConfirmLinksResponse();
}

absl::StatusOr<v1::DecideLinkResponse> MpiService::DecideLink(
    const v1::DecideLinkRequest& request) {
  HIE_ASSIGN_OR_RETURN(v1::MpiCommand command, FromProto(request));
  HIE_ASSIGN_OR_RETURN(const Applied applied,
                       ProposeAndWait(journal_, Complete(std::move(command))));
  HIE_ASSIGN_OR_RETURN(const auto reply, ParseReply<v1::DecideReply>(applied.reply));
  v1::DecideLinkResponse response;
  response.set_first_eid(reply.first_eid());
  response.set_second_eid(reply.second_eid());
  return response;
}

}  // namespace hie::mpi
