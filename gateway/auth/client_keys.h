#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "gateway/members/member_directory.h"
#include "services/common/base/clock.h"
#include "services/common/base/mutex.h"
#include "services/common/crypto/jwk_set.h"

namespace hie::auth {

using KeySet = std::shared_ptr<const std::vector<crypto::Jwk>>;

// The keys of backend clients: those registered by value, and those behind `jwks_url`, which are
// fetched ahead by a thread of its own and never while somebody waits.  Thread-safe.
class ClientKeys {
 public:
  // Gets the text behind an https URL; waits.
  using Fetch = std::function<absl::StatusOr<std::string>(const std::string& url)>;

  struct Options {
    const members::MemberDirectorySource* directory = nullptr;  // Must outlive the keys.
    const Clock* clock = nullptr;                               // Must outlive the keys.
    Fetch fetch = nullptr;                      // Null: clients with a jwks_url are refused.
    absl::Duration refresh = absl::Minutes(5);  // A key taken out there acts within this.
    absl::Duration retry = absl::Seconds(30);   // After a failure, or for an unknown key.
    absl::Duration age_max = absl::Hours(24);   // Of keys whose URL does not answer.
    std::function<void(const std::string& client, const absl::Status&)> on_failure = nullptr;
  };

  explicit ClientKeys(Options options);
  ~ClientKeys();

  // The keys of a client.  FAILED_PRECONDITION: what is registered is no set of keys, or URLs are
  // not fetched here.  UNAVAILABLE: not fetched yet, or not for too long.
  absl::StatusOr<KeySet> Find(const ApiClient& client) const;

  // A key was asked for that the set does not have: it is fetched again soon, not more often than
  // `retry`.
  void Expect(const ApiClient& client);

  // Fetches what is due, now; waits.  The thread does it by itself.
  void RefreshNow();

 private:
  struct Fetched {
    KeySet keys;  // Null: never fetched.
    absl::Time fetched = absl::InfinitePast();
    absl::Time next = absl::InfinitePast();  // When it is due.
    absl::Time tried = absl::InfinitePast();
  };

  void Run();
  std::vector<ApiClient> Due();
  void FetchOne(const ApiClient& client);
  absl::StatusOr<KeySet> FromText(const std::string& text) const;

  const Options options_;
  Mutex fetch_mutex_;  // One pass at a time; held before mutex_.
  mutable Mutex mutex_;
  CondVar changed_;
  bool stopping_ HIE_GUARDED_BY(mutex_) = false;
  bool wanted_ HIE_GUARDED_BY(mutex_) = false;
  absl::flat_hash_map<std::string, Fetched> by_url_ HIE_GUARDED_BY(mutex_);
  // Sets by value, read once.
  mutable absl::flat_hash_map<std::string, KeySet> by_text_ HIE_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace hie::auth
