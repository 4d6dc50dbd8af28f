#pragma once

#include <functional>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "gateway/fetch/https_client.h"
#include "services/common/base/clock.h"
#include "services/common/base/mutex.h"
#include "services/common/base/random_source.h"
#include "services/common/crypto/assertion_key.h"
#include "services/common/member/member.h"

namespace hie::members {

// Access tokens for members' FHIR servers: the exchange as a SMART Backend Services client
// (private_key_jwt, RFC 7523).
//
// One token per member, token endpoint and server is kept and fetched again before it ends; askers
// that come meanwhile wait for the same request.  A member that moves gets a new token: what was
// issued for the old address never goes to the new one.  Thread-safe.
class MemberSignIn {
 public:
  struct Options {
    fetch::HttpsClient* client = nullptr;  // Must outlive it.
    const Clock* clock = nullptr;          // Must outlive it.
    RandomSource* random = nullptr;        // Must outlive it.
    crypto::AssertionPrivateKey key;       // Registered at the members under their `key_id`.
  };
  using Done = std::function<void(absl::StatusOr<std::string>)>;

  explicit MemberSignIn(Options options) : options_(std::move(options)) {}

  // Calls `done` with the access token, perhaps at once; empty: the server takes none.
  //
  // UNAUTHENTICATED: the member refused our credentials.  UNAVAILABLE, DEADLINE_EXCEEDED: it could
  // not be asked.  INVALID_ARGUMENT: its answer is no token.
  void Token(const MemberId& member, const MemberEndpoint& endpoint, absl::Duration budget,
             Done done);

  // The member refused this token: the next asker gets another.
  void Forget(const MemberId& member, const MemberEndpoint& endpoint, absl::string_view token);

 private:
  using Key = std::tuple<MemberId, std::string, std::string>;  // Member, token URL, address.
  struct Held {
    std::string token;
    absl::Time good_until = absl::InfinitePast();
    bool asking = false;
    std::vector<Done> waiting;
  };

  absl::StatusOr<std::string> Assertion(const FhirSignIn& sign_in) const;
  static Key KeyOf(const MemberId& member, const MemberEndpoint& endpoint);
  void Take(const Key& key, absl::StatusOr<fetch::FetchResponse> response);

  const Options options_;
  Mutex mutex_;
  absl::flat_hash_map<Key, Held> held_ HIE_GUARDED_BY(mutex_);
};

}  // namespace hie::members
