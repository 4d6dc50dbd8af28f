#include "gateway/members/member_directory_cache.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "hie/directory/v1/directory_service.methods.h"
#include "services/common/base/status_macros.h"
#include "services/common/member/member_wire.h"

namespace hie::members {

absl::StatusOr<std::shared_ptr<const MemberDirectory>> FromSnapshot(
    const directory::v1::GetSnapshotResponse& snapshot) {
  std::vector<Member> members;
  for (int i = 0; i < snapshot.members_size(); ++i) {
    HIE_ASSIGN_OR_RETURN(Member member,
                         wire::FromProto(snapshot.members(i), absl::StrCat("members[", i, "]")));
    members.push_back(std::move(member));
  }
  return MemberDirectory::Build(snapshot.version(), std::move(members));
}

MemberDirectoryCache::Fetch MemberDirectoryCache::FromChannel(std::shared_ptr<rpc::Channel> channel,
                                                              const Clock& clock,
                                                              absl::Duration timeout) {
  return [channel = std::move(channel), &clock, timeout](uint64_t known_version) {
    rpc::CallOptions call;
    call.deadline = clock.Now() + timeout;
    directory::v1::GetSnapshotRequest request;
    request.set_known_version(known_version);
    return channel->CallAndWait<directory::v1::DirectoryService::GetSnapshot>(call, request);
  };
}

MemberDirectoryCache::MemberDirectoryCache(Options options) : options_(std::move(options)) {
  thread_ = std::thread([this] { Poll(); });
}

MemberDirectoryCache::~MemberDirectoryCache() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    stop_.NotifyAll();
  }
  thread_.join();
}

DirectoryReading MemberDirectoryCache::Current() const {
  const MutexLock lock(mutex_);
  return reading_;
}

absl::Status MemberDirectoryCache::Refresh() {
  const MutexLock one_at_a_time(refresh_mutex_);
  const DirectoryReading before = Current();
  // The moment before the question: what changes while it travels may not be in the answer.
  const absl::Time asked = options_.clock->Now();
  HIE_ASSIGN_OR_RETURN(
      const directory::v1::GetSnapshotResponse snapshot,
      options_.fetch(before.directory == nullptr ? 0 : before.directory->version()));
  return Take(asked, snapshot);
}

absl::Status MemberDirectoryCache::Take(absl::Time asked,
                                        const directory::v1::GetSnapshotResponse& snapshot) {
  DirectoryReading reading = Current();
  if (reading.directory == nullptr || reading.directory->version() != snapshot.version()) {
    HIE_ASSIGN_OR_RETURN(reading.directory, FromSnapshot(snapshot));
  }
  reading.confirmed = asked;
  const MutexLock lock(mutex_);
  reading_ = std::move(reading);
  return absl::OkStatus();
}

void MemberDirectoryCache::Poll() {
  for (;;) {
    const absl::Status refreshed = Refresh();
    if (!refreshed.ok() && options_.on_failure != nullptr) options_.on_failure(refreshed);
    const MutexLock lock(mutex_);
    if (stop_.WaitFor(mutex_, options_.poll,
                      [this]() HIE_NO_THREAD_SAFETY_ANALYSIS { return stopping_; })) {
      return;
    }
  }
}

}  // namespace hie::members
