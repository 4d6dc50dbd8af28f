#pragma once

#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "services/common/base/mutex.h"
#include "services/common/rpc/peer_certificate.h"
#include "services/common/rpc/server.h"
#include "services/common/rpc/server_call.h"

namespace grpc {
class CallbackServerContext;
}  // namespace grpc

namespace hie::rpc {

// By which door a call came in.  A server has one transport per door, so that this is a fact of
// where the call arrived and not something that the call says.
enum class Door {
  kInProcess,
  kPort,
};

// A call at the door: its context, and whether it may enter.
struct Admission {
  std::shared_ptr<ServerCall> call;
  absl::Status status;  // Not OK: answer this, do not run the handler.
  bool capped = false;  // The server's own maximum ends the call before the caller's deadline.
};

// Admits calls: peer, then caller, then permission.  Thread-safe.
class CallGate {
 public:
  struct Options {
    std::shared_ptr<const AccessPolicy> access;
    const Clock* clock;
    RandomSource* random;
    absl::Duration call_time_max;
  };
  explicit CallGate(Options options) : options_(std::move(options)) {}

  // Never parses the request.  Runs on an RPC thread.
  Admission Admit(const grpc::CallbackServerContext& context, Door door, const RawMethod& method,
                  std::shared_ptr<MethodRecorder> recorder);

 private:
  struct Deadline {
    absl::Time time;
    bool capped;
  };

  Peer ReadPeer(const grpc::CallbackServerContext& context, Door door) HIE_EXCLUDES(mutex_);
  void ReadCertificate(const grpc::CallbackServerContext& context, Peer& peer) HIE_EXCLUDES(mutex_);
  Deadline ReadDeadline(const grpc::CallbackServerContext& context, const RawMethod& method) const;

  const Options options_;
  Mutex mutex_;
  // Parsing a certificate costs 20 us and a connection shows the same one on every call.
  absl::flat_hash_map<std::string, CertificateIdentity> identities_ HIE_GUARDED_BY(mutex_);
};

}  // namespace hie::rpc
