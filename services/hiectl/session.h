#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/common/base/clock.h"
#include "services/common/base/mutex.h"
#include "services/common/base/random_source.h"
#include "services/common/crypto/signing_key.h"
#include "services/common/rpc/channel.h"

namespace hie::ctl {

// How hiectl reaches the exchange, and as whom.
struct SessionOptions {
  std::string gateway = "127.0.0.1:7400";
  std::string credentials;         // Folder of a member's keys, as `hiectl pki init` makes it.
  std::string trust_anchors;       // Empty: ca.crt two folders above the credentials.
  std::string user;                // Within the member.
  std::vector<std::string> roles;  // That the user acts in.
  std::string purpose;             // Purpose of use: TREAT, ETREAT, BTG, PATADMIN, ...
  absl::Duration timeout = absl::Seconds(30);
};

// A user's calls to the gateway: mutual TLS, and a fresh token for each call.  Thread-safe.
class Session {
 public:
  // UNAUTHENTICATED: a credential file is missing or malformed; the message names the path.
  // INVALID_ARGUMENT: the purpose is not one.
  static absl::StatusOr<std::unique_ptr<Session>> Open(SessionOptions options, const Clock& clock,
                                                       RandomSource& random);

  template <typename Method>
  absl::StatusOr<typename Method::Response> Call(const typename Method::Request& request) {
    absl::StatusOr<rpc::CallOptions> options = NextCall();
    if (!options.ok()) return options.status();
    return channel_->CallAndWait<Method>(*options, request);
  }

  // Streams; `on_message` runs on another thread, one at a time, and Stream waits for the end.
  template <typename Method>
  absl::Status Stream(const typename Method::Request& request,
                      std::function<bool(const typename Method::Response&)> on_message) {
    absl::StatusOr<rpc::CallOptions> options = NextCall();
    if (!options.ok()) return options.status();
    Ending ending;
    channel_->Stream<Method>(*options, request, std::move(on_message),
                             [&ending](absl::Status status) { ending.Set(std::move(status)); });
    return ending.Wait();
  }

  // Opens a bidirectional call that may last for `time`; callbacks as of Channel::Bidi.
  template <typename Method>
  absl::StatusOr<std::shared_ptr<rpc::ClientByteStream>> Bidi(
      absl::Duration time, std::function<bool(const typename Method::Response&)> on_message,
      std::function<void(absl::Status)> done) {
    absl::StatusOr<rpc::CallOptions> options = NextCall();
    if (!options.ok()) return options.status();
    options->deadline = clock_.Now() + time;
    return channel_->Bidi<Method>(*options, std::move(on_message), std::move(done));
  }

  // The member whose certificate it is.
  const std::string& member() const { return member_; }

 private:
  // Where a stream's status is waited for.
  class Ending {
   public:
    void Set(absl::Status status);
    absl::Status Wait();

   private:
    Mutex mutex_;
    CondVar changed_;
    bool ended_ HIE_GUARDED_BY(mutex_) = false;
    absl::Status status_ HIE_GUARDED_BY(mutex_);
  };

  Session(SessionOptions options, crypto::PrivateKey key, std::string member,
          std::shared_ptr<rpc::Channel> channel, const Clock& clock, RandomSource& random)
      : options_(std::move(options)),
        key_(std::move(key)),
        member_(std::move(member)),
        channel_(std::move(channel)),
        clock_(clock),
        random_(random) {}

  absl::StatusOr<rpc::CallOptions> NextCall();

  const SessionOptions options_;
  const crypto::PrivateKey key_;
  const std::string member_;
  const std::shared_ptr<rpc::Channel> channel_;
  const Clock& clock_;
  RandomSource& random_;
};

}  // namespace hie::ctl
