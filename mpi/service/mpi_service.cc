#include "mpi/service/mpi_service.h"

#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "mpi/service/explain_link.h"
#include "mpi/service/golden_view.h"
#include "mpi/service/preview_record.h"
#include "mpi/service/query_persons.h"
#include "mpi/service/search_persons.h"
#include "mpi/store/person_view.h"
#include "services/common/base/status_macros.h"
#include "services/common/base/uuid.h"
#include "services/common/wire/wire.h"

namespace hie::mpi {
namespace {

// A split makes two persons; nothing makes more than three, a merge more than three for each pair.
constexpr int kEidCandidates = 3;
constexpr int kMergePairsMax = 16;
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

absl::Status FillDemographics(const common::v1::Demographics& from, absl::string_view field,
                              common::v1::Demographics& to) {
  HIE_ASSIGN_OR_RETURN(const Demographics demographics, wire::FromProto(from, field));
  to = wire::ToProto(demographics);
  return absl::OkStatus();
}

absl::Status CheckEventTime(int64_t event_micros) {
  if (event_micros >= 0) return absl::OkStatus();
  return absl::InvalidArgumentError("event_micros: want 0 or more");
}

absl::StatusOr<v1::MpiCommand> FromProto(const v1::RegisterRecordRequest& request) {
  v1::MpiCommand command;
  v1::RegisterCommand& part = *command.mutable_register_();
  HIE_RETURN_IF_ERROR(FillActor(request.actor(), *part.mutable_actor()));
  HIE_RETURN_IF_ERROR(FillKey(request.patient(), "patient", *part.mutable_patient()));
  HIE_RETURN_IF_ERROR(
      FillDemographics(request.demographics(), "demographics", *part.mutable_demographics()));
  HIE_RETURN_IF_ERROR(CheckEventTime(request.event_micros()));
  if (!v1::RegisterKind_IsValid(request.kind())) {
    return absl::InvalidArgumentError("kind: want a kind of this version");
  }
  part.set_event_micros(request.event_micros());
  part.set_kind(request.kind());
  part.set_expected_version(request.expected_version());
  return command;
}

absl::StatusOr<v1::RegisterCommand> FromProto(const v1::PreviewRecordRequest& request) {
  v1::RegisterCommand command;
  HIE_RETURN_IF_ERROR(FillKey(request.patient(), "patient", *command.mutable_patient()));
  HIE_RETURN_IF_ERROR(
      FillDemographics(request.demographics(), "demographics", *command.mutable_demographics()));
  return command;
}

absl::Status FillStep(const v1::MergePair& pair, int index, v1::MergeStep& step) {
  const std::string field = absl::StrCat("pairs[", index, "]");
  HIE_RETURN_IF_ERROR(
      FillKey(pair.survivor(), absl::StrCat(field, ".survivor"), *step.mutable_survivor()));
  HIE_RETURN_IF_ERROR(
      FillKey(pair.subsumed(), absl::StrCat(field, ".subsumed"), *step.mutable_subsumed()));
  if (!pair.has_survivor_demographics()) return absl::OkStatus();
  return FillDemographics(pair.survivor_demographics(),
                          absl::StrCat(field, ".survivor_demographics"),
                          *step.mutable_survivor_demographics());
}

absl::StatusOr<v1::MpiCommand> FromProto(const v1::MergeRecordsRequest& request) {
  v1::MpiCommand command;
  v1::MergeCommand& part = *command.mutable_merge();
  HIE_RETURN_IF_ERROR(FillActor(request.actor(), *part.mutable_actor()));
  HIE_RETURN_IF_ERROR(CheckEventTime(request.event_micros()));
  if (request.pairs().empty() || request.pairs_size() > kMergePairsMax) {
    return absl::InvalidArgumentError("pairs: want 1 to 16");
  }
  for (int i = 0; i < request.pairs_size(); ++i) {
    HIE_RETURN_IF_ERROR(FillStep(request.pairs(i), i, *part.add_steps()));
  }
  part.set_create_tombstone(request.create_tombstone());
  part.set_event_micros(request.event_micros());
  return command;
}

absl::StatusOr<v1::MpiCommand> FromProto(const v1::UnmergeRecordRequest& request) {
  v1::MpiCommand command;
  v1::UnmergeCommand& part = *command.mutable_unmerge();
  HIE_RETURN_IF_ERROR(FillActor(request.actor(), *part.mutable_actor()));
  HIE_RETURN_IF_ERROR(FillKey(request.subsumed(), "subsumed", *part.mutable_subsumed()));
  return command;
}

absl::StatusOr<v1::MpiCommand> FromProto(const v1::RemoveRecordRequest& request) {
  v1::MpiCommand command;
  v1::RemoveCommand& part = *command.mutable_remove();
  HIE_RETURN_IF_ERROR(FillActor(request.actor(), *part.mutable_actor()));
  HIE_RETURN_IF_ERROR(FillKey(request.patient(), "patient", *part.mutable_patient()));
  HIE_RETURN_IF_ERROR(CheckEventTime(request.event_micros()));
  part.set_event_micros(request.event_micros());
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
  if (!v1::DecisionAuthority_IsValid(request.authority())) {
    return absl::InvalidArgumentError("authority: want one of this version");
  }
  part.set_authority(request.authority());
  part.set_first_version(request.first_version());
  part.set_second_version(request.second_version());
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

// Of a request that names a person by a record or an EID.
template <typename Request>
absl::StatusOr<std::string> FindSubject(const MpiReader& reader, const Request& request) {
  if (request.has_patient()) {
    common::v1::LocalPatient patient;
    HIE_RETURN_IF_ERROR(FillKey(request.patient(), "patient", patient));
    return FindEidOf(reader, patient);
  }
  if (!IsUuid(request.eid())) return absl::InvalidArgumentError("eid: want a UUID");
  return FollowEid(reader, request.eid());
}

}  // namespace

std::vector<std::string> MpiService::FreshEids(int count) const {
  const absl::Time now = clock_.Now();
  std::vector<std::string> eids;
  for (int i = 0; i < count; ++i) eids.push_back(MakeUuidV7(now, random_));
  return eids;
}

template <typename Reply>
absl::StatusOr<Reply> MpiService::Propose(v1::MpiCommand command) {
  const int steps = command.has_merge() ? command.merge().steps_size() : 1;
  for (std::string& eid : FreshEids(kEidCandidates * steps)) {
    command.add_eid_candidates(std::move(eid));
  }
  HIE_ASSIGN_OR_RETURN(const Applied applied,
                       ProposeAndWait(journal_, command.SerializeAsString()));
  return ParseReply<Reply>(applied.reply);
}

absl::StatusOr<v1::RegisterRecordResponse> MpiService::RegisterRecord(
    const v1::RegisterRecordRequest& request) {
  HIE_ASSIGN_OR_RETURN(v1::MpiCommand command, FromProto(request));
  HIE_ASSIGN_OR_RETURN(const auto reply, Propose<v1::RegisterReply>(std::move(command)));
  v1::RegisterRecordResponse response;
  response.set_outcome(reply.outcome());
  *response.mutable_patient() = reply.patient();
  response.set_eid(reply.eid());
  response.set_link_version(reply.link_version());
  response.set_best_weight_millibits(reply.best_weight_millibits());
  response.set_version(reply.version());
  response.set_created(reply.created());
  response.set_recorded_micros(reply.recorded_micros());
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

absl::StatusOr<v1::GetGoldenViewResponse> MpiService::GetGoldenView(
    const v1::GetGoldenViewRequest& request) const {
  std::vector<common::v1::LocalPatient> visible(static_cast<size_t>(request.visible_size()));
  for (size_t i = 0; i < visible.size(); ++i) {
    const common::v1::LocalPatient& named = request.visible(static_cast<int>(i));
    HIE_RETURN_IF_ERROR(FillKey(named, absl::StrCat("visible[", i, "]"), visible[i]));
  }
  const std::shared_ptr<const KvReader> snapshot = journal_.Snapshot();
  const MpiReader reader(*snapshot);
  HIE_ASSIGN_OR_RETURN(const std::string eid, FindSubject(reader, request));
  return ReadGoldenView(reader, eid, visible);
}

absl::StatusOr<v1::ExplainLinkResponse> MpiService::ExplainLink(
    const v1::ExplainLinkRequest& request) const {
  common::v1::LocalPatient patient;
  HIE_RETURN_IF_ERROR(FillKey(request.patient(), "patient", patient));
  const std::shared_ptr<const KvReader> snapshot = journal_.Snapshot();
  return mpi::ExplainLink(MpiReader(*snapshot), patient, models_);
}

absl::StatusOr<v1::SearchPersonsResponse> MpiService::SearchPersons(
    const v1::SearchPersonsRequest& request) const {
  HIE_ASSIGN_OR_RETURN(const PersonSearch search, FromProto(request));
  const std::shared_ptr<const KvReader> snapshot = journal_.Snapshot();
  HIE_ASSIGN_OR_RETURN(const std::shared_ptr<const Model> model, models_.In(*snapshot));
  return mpi::SearchPersons(MpiReader(*snapshot), search, *model);
}

absl::StatusOr<v1::ConfirmLinksResponse> MpiService::ConfirmLinks(
    const v1::ConfirmLinksRequest& request) const {
  if (!IsUuid(request.eid())) return absl::InvalidArgumentError("eid: want a UUID");
  const std::shared_ptr<const KvReader> snapshot = journal_.Snapshot();
  HIE_RETURN_IF_ERROR(
      ConfirmLinkVersion(MpiReader(*snapshot), request.eid(), request.link_version()));
  return v1::ConfirmLinksResponse();
}

absl::StatusOr<v1::QueryPersonsResponse> MpiService::QueryPersons(
    const v1::QueryPersonsRequest& request) const {
  HIE_ASSIGN_OR_RETURN(const PersonQuery query, ReadQuery(request));
  const std::shared_ptr<const KvReader> snapshot = journal_.Snapshot();
  return mpi::QueryPersons(MpiReader(*snapshot), query);
}

absl::StatusOr<v1::PreviewRecordResponse> MpiService::PreviewRecord(
    const v1::PreviewRecordRequest& request) const {
  HIE_ASSIGN_OR_RETURN(const v1::RegisterCommand command, FromProto(request));
  const std::shared_ptr<const KvReader> snapshot = journal_.Snapshot();
  // No command has this place.
  const Stamp never{std::numeric_limits<uint64_t>::max(), clock_.Now()};
  HIE_ASSIGN_OR_RETURN(const std::shared_ptr<const Model> model, models_.In(*snapshot));
  return mpi::PreviewRecord(*snapshot, command, never, FreshEids(kEidCandidates), *model);
}

absl::StatusOr<v1::MergeRecordsResponse> MpiService::MergeRecords(
    const v1::MergeRecordsRequest& request) {
  HIE_ASSIGN_OR_RETURN(v1::MpiCommand command, FromProto(request));
  HIE_ASSIGN_OR_RETURN(const auto reply, Propose<v1::MergeReply>(std::move(command)));
  v1::MergeRecordsResponse response;
  *response.mutable_outcomes() = reply.outcomes();
  *response.mutable_eids() = reply.eids();
  return response;
}

absl::StatusOr<v1::UnmergeRecordResponse> MpiService::UnmergeRecord(
    const v1::UnmergeRecordRequest& request) {
  HIE_ASSIGN_OR_RETURN(v1::MpiCommand command, FromProto(request));
  HIE_ASSIGN_OR_RETURN(const auto reply, Propose<v1::UnmergeReply>(std::move(command)));
  v1::UnmergeRecordResponse response;
  response.set_eid(reply.eid());
  return response;
}

absl::StatusOr<v1::RemoveRecordResponse> MpiService::RemoveRecord(
    const v1::RemoveRecordRequest& request) {
  HIE_ASSIGN_OR_RETURN(v1::MpiCommand command, FromProto(request));
  HIE_RETURN_IF_ERROR(Propose<v1::RemoveReply>(std::move(command)).status());
  return v1::RemoveRecordResponse();
}

absl::StatusOr<v1::DecideLinkResponse> MpiService::DecideLink(
    const v1::DecideLinkRequest& request) {
  HIE_ASSIGN_OR_RETURN(v1::MpiCommand command, FromProto(request));
  HIE_ASSIGN_OR_RETURN(const auto reply, Propose<v1::DecideReply>(std::move(command)));
  v1::DecideLinkResponse response;
  response.set_first_eid(reply.first_eid());
  response.set_second_eid(reply.second_eid());
  return response;
}

}  // namespace hie::mpi
