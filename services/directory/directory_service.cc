#include "services/directory/directory_service.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "hie/directory/v1/directory_service.methods.h"
#include "hie/directory/v1/directory_state.pb.h"
#include "services/common/base/status_macros.h"
#include "services/common/member/directory_seed.h"
#include "services/common/member/member_wire.h"
#include "services/directory/directory_store.h"
#include "services/directory/member_syntax.h"
#include "services/directory/validate_member.h"

namespace hie::directory {
namespace {

// Not part of ValidateMember: the answer depends on the machine's zone files, and replicas of a
// journal must agree.
template <typename List>
absl::Status ValidateZones(const List& list, absl::string_view field) {
  for (size_t i = 0; i < list.size(); ++i) {
    absl::TimeZone zone;
    const std::string& name = list[i].time_zone;
    if (!name.empty() && !absl::LoadTimeZone(name, &zone)) {
      return absl::InvalidArgumentError(
          absl::StrCat("member.", field, "[", i, "].time_zone: want a zone that is known here"));
    }
  }
  return absl::OkStatus();
}

absl::Status ValidateZones(const Member& member) {
  HIE_RETURN_IF_ERROR(ValidateZones(member.domains, "domains"));
  return ValidateZones(member.hl7_sources, "hl7_sources");
}

absl::StatusOr<Member> WellFormed(const v1::PutMemberRequest& request) {
  if (!IsMemberId(request.actor().member())) {
    return absl::InvalidArgumentError("actor.member: want the member that acts");
  }
  HIE_ASSIGN_OR_RETURN(Member member, wire::FromProto(request.member(), "member"));
  HIE_RETURN_IF_ERROR(ValidateMember(member));
  HIE_RETURN_IF_ERROR(ValidateZones(member));
  return member;
}

absl::StatusOr<v1::SeedCommand> ReadSeed(absl::string_view seed) {
  HIE_ASSIGN_OR_RETURN(const std::vector<Member> members, ParseDirectorySeed(seed));
  v1::SeedCommand command;
  for (size_t i = 0; i < members.size(); ++i) {
    absl::Status valid = ValidateMember(members[i]);
    valid.Update(ValidateZones(members[i]));
    if (!valid.ok()) {
      return absl::Status(valid.code(), absl::StrCat("members[", i, "]: ", valid.message()));
    }
    *command.add_members() = wire::ToProto(members[i]);
  }
  return command;
}

absl::StatusOr<uint64_t> VersionOf(const Journal& journal) {
  const std::shared_ptr<const KvReader> snapshot = journal.Snapshot();
  return DirectoryStore(*snapshot).Version();
}

template <typename Reply>
absl::StatusOr<Reply> Propose(Journal& journal, const v1::DirectoryCommand& command) {
  HIE_ASSIGN_OR_RETURN(const Applied applied, ProposeAndWait(journal, command.SerializeAsString()));
  Reply reply;
  if (!reply.ParseFromString(applied.reply)) return absl::InternalError("directory: no reply");
  return reply;
}

}  // namespace

absl::StatusOr<v1::PutMemberResponse> HandlePutMember(const v1::PutMemberRequest& request,
                                                      Journal& journal) {
  HIE_ASSIGN_OR_RETURN(const Member member, WellFormed(request));
  v1::DirectoryCommand command;
  *command.mutable_put_member()->mutable_actor() = request.actor();
  *command.mutable_put_member()->mutable_member() = wire::ToProto(member);
  return Propose<v1::PutMemberResponse>(journal, command);
}

absl::StatusOr<v1::GetSnapshotResponse> HandleGetSnapshot(const v1::GetSnapshotRequest& request,
                                                          const Journal& journal) {
  const std::shared_ptr<const KvReader> snapshot = journal.Snapshot();
  const DirectoryStore store(*snapshot);
  HIE_ASSIGN_OR_RETURN(const uint64_t version, store.Version());
  v1::GetSnapshotResponse response;
  response.set_version(version);
  // Any difference, not only an older one: a restored directory may stand behind its readers.
  if (request.known_version() == version) return response;
  HIE_ASSIGN_OR_RETURN(std::vector<v1::Member> rows, store.AllRows());
  for (v1::Member& row : rows) *response.add_members() = std::move(row);
  return response;
}

absl::StatusOr<uint32_t> SeedDirectory(absl::string_view seed, Journal& journal) {
  v1::DirectoryCommand command;
  HIE_ASSIGN_OR_RETURN(*command.mutable_seed(), ReadSeed(seed));
  HIE_ASSIGN_OR_RETURN(const uint64_t version, VersionOf(journal));
  if (version != 0 || command.seed().members().empty()) return 0;
  HIE_ASSIGN_OR_RETURN(const v1::SeedReply reply, Propose<v1::SeedReply>(journal, command));
  return reply.members_added();
}

void ServeDirectory(rpc::Server& server, Journal& journal) {
  server.Serve<v1::DirectoryService::PutMember>(
      [&journal](const rpc::CallContext&, const v1::PutMemberRequest& request) {
        return HandlePutMember(request, journal);
      });
  server.Serve<v1::DirectoryService::GetSnapshot>(
      [&journal](const rpc::CallContext&, const v1::GetSnapshotRequest& request) {
        return HandleGetSnapshot(request, journal);
      });
}

}  // namespace hie::directory
