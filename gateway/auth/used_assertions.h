#pragma once

#include <cstdio>
#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/common/base/mutex.h"

namespace hie::auth {

// Remembers which assertions were used, until they have expired: none is taken twice (RFC 7523
// section 3, item 7).
//
// Where a file is given, each use is appended to it before it counts, so that a restart, or a kill,
// forgets none.  It is not flushed to the disk: after a loss of power the machine takes longer to
// come back than most assertions live.  The file holds hashes and times only.  Thread-safe; about
// 2 us.
class UsedAssertions {
 public:
  struct Options {
    std::string file;  // Empty: in memory only.
    size_t entries_max = 100'000;
    // Of those of one client, so that none takes the room of all.
    size_t entries_per_client_max = 2'000;
  };

  // UNAVAILABLE: the file cannot be read or written; the message names it.  Lines that are not
  // whole are passed over: what they would have recorded was never answered.
  static absl::StatusOr<std::unique_ptr<UsedAssertions>> Open(Options options, absl::Time now);
  ~UsedAssertions();

  // Takes an assertion for its only use.  ALREADY_EXISTS: it was used.  RESOURCE_EXHAUSTED: too
  // many are remembered, of this client or in all: none is forgotten to make room.  UNAVAILABLE:
  // the file refused.
  absl::Status Use(absl::string_view client_id, absl::string_view id, absl::Time until,
                   absl::Time now);

  size_t size() const;

 private:
  struct Entry {
    absl::Time until;
    std::string client;  // Names the client by a hash; empty: written by an earlier version.
  };

  explicit UsedAssertions(Options options) : options_(std::move(options)) {}
  absl::Status Load(absl::Time now) HIE_REQUIRES(mutex_);
  absl::Status Rewrite() HIE_REQUIRES(mutex_);
  absl::Status Record(const std::string& key, const Entry& entry) HIE_REQUIRES(mutex_);
  absl::Status Forget(absl::Time now) HIE_REQUIRES(mutex_);

  const Options options_;
  mutable Mutex mutex_;
  absl::flat_hash_map<std::string, Entry> used_ HIE_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, size_t> per_client_ HIE_GUARDED_BY(mutex_);  // Of `used_`.
  absl::Time next_forget_ HIE_GUARDED_BY(mutex_) = absl::InfinitePast();
  std::FILE* file_ HIE_GUARDED_BY(mutex_) = nullptr;
};

}  // namespace hie::auth
