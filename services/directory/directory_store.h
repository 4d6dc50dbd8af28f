#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "hie/directory/v1/directory.pb.h"
#include "services/common/member/member.h"
#include "services/common/storage/kv_store.h"

namespace hie::directory {

inline constexpr absl::string_view kMemberTable = "member";        // Id -> v1.Member.
inline constexpr absl::string_view kDirectoryTable = "directory";  // "version" -> number.

// The directory's rows in one state of its store.
//
// DATA_LOSS from every read: a stored row is not readable.
class DirectoryStore {
 public:
  // `reader` must outlive it.
  explicit DirectoryStore(const KvReader& reader) : reader_(reader) {}

  // Counts every change of the directory; 0: never filled.
  absl::StatusOr<uint64_t> Version() const;
  absl::StatusOr<std::optional<Member>> Find(const MemberId& id) const;
  // Every member, ordered by id.
  absl::StatusOr<std::vector<Member>> All() const;
  // The same, as stored.
  absl::StatusOr<std::vector<v1::Member>> AllRows() const;

  static void Put(const Member& member, WriteBatch& changes);
  static void PutVersion(uint64_t version, WriteBatch& changes);

 private:
  const KvReader& reader_;
};

}  // namespace hie::directory
