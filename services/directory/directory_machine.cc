#include "services/directory/directory_machine.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "hie/directory/v1/directory_state.pb.h"
#include "services/common/base/status_macros.h"
#include "services/common/member/member_wire.h"
#include "services/common/outbox/outbox.h"
#include "services/directory/directory_store.h"
#include "services/directory/member_change.h"
#include "services/directory/validate_member.h"

namespace hie::directory {
namespace {

audit::v1::Event ChangeEvent(const common::v1::Actor& actor, std::vector<std::string> words) {
  audit::v1::Event event;
  event.set_type(audit::v1::EVENT_TYPE_CHANGE);
  *event.mutable_actor() = actor;
  for (std::string& word : words) event.add_details(std::move(word));
  return event;
}

absl::Status CheckAgainst(const std::optional<Member>& before, const Member& after) {
  const uint64_t version = before ? before->version : 0;
  if (after.version != version) {
    return absl::AbortedError("member.version: it moved; read the member again");
  }
  return before ? ValidateChange(*before, after) : ValidateNew(after);
}

absl::StatusOr<std::string> ApplyPut(const v1::PutMemberRequest& request, const Stamp& stamp,
                                     const DirectoryStore& store, WriteBatch& changes) {
  HIE_ASSIGN_OR_RETURN(Member member, wire::FromProto(request.member(), "member"));
  HIE_ASSIGN_OR_RETURN(const std::optional<Member> before, store.Find(member.id));
  HIE_RETURN_IF_ERROR(CheckAgainst(before, member));
  HIE_ASSIGN_OR_RETURN(const std::vector<Member> all, store.All());
  HIE_RETURN_IF_ERROR(ValidateAmong(member, all));
  HIE_ASSIGN_OR_RETURN(const uint64_t version, store.Version());
  ++member.version;
  DirectoryStore::Put(member, changes);
  DirectoryStore::PutVersion(version + 1, changes);
  outbox::Put(kRoleName, stamp, 0, ChangeEvent(request.actor(), DescribeChange(before, member)),
              changes);
  v1::PutMemberResponse response;
  *response.mutable_member() = wire::ToProto(member);
  response.set_directory_version(version + 1);
  return response.SerializeAsString();
}

absl::StatusOr<std::vector<Member>> SeedMembers(const v1::SeedCommand& command) {
  std::vector<Member> members;
  for (const v1::Member& proto : command.members()) {
    HIE_ASSIGN_OR_RETURN(Member member, wire::FromProto(proto, "member"));
    const bool twice = std::any_of(members.begin(), members.end(),
                                   [&](const Member& other) { return other.id == member.id; });
    if (twice) return absl::AlreadyExistsError("member.id: twice in the seed");
    HIE_RETURN_IF_ERROR(ValidateAmong(member, members));
    member.version = 1;
    members.push_back(std::move(member));
  }
  return members;
}

// The seed has no author: it is recorded as the operator's act, or as nobody's.
common::v1::Actor SeedActor(const std::vector<Member>& members) {
  common::v1::Actor actor;
  for (const Member& member : members) {
    if (member.is_operator) actor.set_member(member.id.value());
  }
  return actor;
}

absl::StatusOr<std::string> ApplySeed(const v1::SeedCommand& command, const Stamp& stamp,
                                      const DirectoryStore& store, WriteBatch& changes) {
  HIE_ASSIGN_OR_RETURN(const uint64_t version, store.Version());
  v1::SeedReply reply;
  reply.set_directory_version(version);
  if (version != 0) return reply.SerializeAsString();
  HIE_ASSIGN_OR_RETURN(const std::vector<Member> members, SeedMembers(command));
  const common::v1::Actor actor = SeedActor(members);
  uint32_t index = 0;
  for (const Member& member : members) {
    std::vector<std::string> words = DescribeChange(std::nullopt, member);
    words.emplace_back("seed");
    DirectoryStore::Put(member, changes);
    outbox::Put(kRoleName, stamp, index++, ChangeEvent(actor, std::move(words)), changes);
  }
  DirectoryStore::PutVersion(members.size(), changes);
  reply.set_members_added(static_cast<uint32_t>(members.size()));
  reply.set_directory_version(members.size());
  return reply.SerializeAsString();
}

}  // namespace

absl::StatusOr<std::string> DirectoryMachine::Apply(absl::string_view command, absl::string_view,
                                                    const Stamp& stamp, const KvReader& state,
                                                    WriteBatch& changes) const {
  v1::DirectoryCommand parsed;
  if (!parsed.ParseFromArray(command.data(), static_cast<int>(command.size()))) {
    return absl::InternalError("directory: not a command of this version");
  }
  const DirectoryStore store(state);
  if (parsed.has_put_member()) return ApplyPut(parsed.put_member(), stamp, store, changes);
  if (parsed.has_seed()) return ApplySeed(parsed.seed(), stamp, store, changes);
  return absl::InternalError("directory: not a command of this version");
}

std::vector<std::string> DirectoryMachine::Tables() {
  return {std::string(kMemberTable), std::string(kDirectoryTable), std::string(outbox::kTable)};
}

}  // namespace hie::directory
