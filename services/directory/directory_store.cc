#include "services/directory/directory_store.h"

#include <utility>

#include "absl/status/status.h"
#include "services/common/base/status_macros.h"
#include "services/common/member/member_wire.h"
#include "services/common/storage/key_codec.h"

namespace hie::directory {
namespace {

constexpr absl::string_view kVersionKey = "version";

absl::Status Unreadable() {
  return absl::DataLossError("directory table member: a row is not readable");
}

absl::StatusOr<Member> FromRow(absl::string_view bytes) {
  v1::Member row;
  if (!row.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return Unreadable();
  absl::StatusOr<Member> member = wire::FromProto(row, "member");
  if (!member.ok()) return Unreadable();
  return member;
}

}  // namespace

absl::StatusOr<uint64_t> DirectoryStore::Version() const {
  HIE_ASSIGN_OR_RETURN(const std::optional<std::string> bytes,
                       reader_.Get(kDirectoryTable, kVersionKey));
  if (!bytes) return uint64_t{0};
  return KeyReader(*bytes).U64();
}

absl::StatusOr<std::optional<Member>> DirectoryStore::Find(const MemberId& id) const {
  HIE_ASSIGN_OR_RETURN(const std::optional<std::string> bytes,
                       reader_.Get(kMemberTable, id.value()));
  if (!bytes) return std::optional<Member>();
  HIE_ASSIGN_OR_RETURN(Member member, FromRow(*bytes));
  return std::optional<Member>(std::move(member));
}

absl::StatusOr<std::vector<Member>> DirectoryStore::All() const {
  HIE_ASSIGN_OR_RETURN(const std::vector<KvEntry> rows, reader_.ScanPrefix(kMemberTable, ""));
  std::vector<Member> members;
  for (const KvEntry& row : rows) {
    HIE_ASSIGN_OR_RETURN(Member member, FromRow(row.value));
    members.push_back(std::move(member));
  }
  return members;
}

absl::StatusOr<std::vector<v1::Member>> DirectoryStore::AllRows() const {
  HIE_ASSIGN_OR_RETURN(const std::vector<KvEntry> rows, reader_.ScanPrefix(kMemberTable, ""));
  std::vector<v1::Member> members(rows.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    if (!members[i].ParseFromString(rows[i].value)) return Unreadable();
  }
  return members;
}

void DirectoryStore::Put(const Member& member, WriteBatch& changes) {
  changes.Put(kMemberTable, member.id.value(), wire::ToProto(member).SerializeAsString());
}

void DirectoryStore::PutVersion(uint64_t version, WriteBatch& changes) {
  changes.Put(kDirectoryTable, kVersionKey, KeyWriter().U64(version).key());
}

}  // namespace hie::directory
