#pragma once

#include <functional>
#include <memory>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "gateway/members/member_directory.h"
#include "hie/directory/v1/directory_service.pb.h"
#include "services/common/base/clock.h"
#include "services/common/base/mutex.h"
#include "services/common/rpc/channel.h"

namespace hie::members {

// Returns a directory snapshot as a MemberDirectory.  INVALID_ARGUMENT: it holds what this gateway
// does not understand.
absl::StatusOr<std::shared_ptr<const MemberDirectory>> FromSnapshot(
    const directory::v1::GetSnapshotResponse& snapshot);

// Keeps the newest directory that could be read.  Owns one thread.  Thread-safe.
//
// While the directory role cannot be reached, or answers what is not understood, the last reading
// stays and grows old: callers look at DirectoryReading::confirmed and decide what age they bear.
class MemberDirectoryCache final : public MemberDirectorySource {
 public:
  // Asks for what is newer than `known_version`; waits.
  using Fetch =
      std::function<absl::StatusOr<directory::v1::GetSnapshotResponse>(uint64_t known_version)>;

  struct Options {
    Fetch fetch;
    const Clock* clock = nullptr;            // Must outlive the cache.
    absl::Duration poll = absl::Seconds(2);  // A revocation acts within this.
    std::function<void(const absl::Status&)> on_failure = nullptr;  // To log; may be null.
  };

  // Fetches over a channel to the directory role.
  static Fetch FromChannel(std::shared_ptr<rpc::Channel> channel, const Clock& clock,
                           absl::Duration timeout = absl::Seconds(2));

  // Starts to poll; does not wait for the first reading (Refresh does).
  explicit MemberDirectoryCache(Options options);
  ~MemberDirectoryCache() override;

  DirectoryReading Current() const override;

  // Reads now and waits: what was put before the call is in Current() after it.  The status of the
  // fetch; INVALID_ARGUMENT as FromSnapshot.  Never on an RPC thread.
  absl::Status Refresh();

 private:
  void Poll();
  absl::Status Take(absl::Time asked, const directory::v1::GetSnapshotResponse& snapshot);

  const Options options_;
  Mutex refresh_mutex_;  // One fetch at a time; held before mutex_.
  mutable Mutex mutex_;
  CondVar stop_;
  bool stopping_ HIE_GUARDED_BY(mutex_) = false;
  DirectoryReading reading_ HIE_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace hie::members
