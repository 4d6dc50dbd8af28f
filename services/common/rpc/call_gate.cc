#include "services/common/rpc/call_gate.h"

#include <grpc/grpc_security_constants.h>
#include <grpcpp/server_context.h>

#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "services/common/base/uuid.h"
#include "services/common/rpc/metadata.h"
#include "services/common/rpc/trace_context.h"

namespace hie::rpc {
namespace {

constexpr size_t kIdentitiesMax = 1024;  // Beyond it the cache starts anew.
constexpr absl::string_view kBearer = "Bearer ";

// Returns the value of `key`; empty where it is absent or given more than once.
absl::string_view Metadata(const grpc::CallbackServerContext& context, const char* key) {
  const auto& metadata = context.client_metadata();
  const auto [first, last] = metadata.equal_range(key);
  if (first == last || std::next(first) != last) return "";
  return {first->second.data(), first->second.size()};
}

std::string AuthProperty(const grpc::AuthContext& auth, const char* name) {
  const std::vector<grpc::string_ref> values = auth.FindPropertyValues(name);
  return values.size() == 1 ? std::string(values[0].data(), values[0].size()) : "";
}

}  // namespace

void CallGate::ReadCertificate(const grpc::CallbackServerContext& context, Peer& peer) {
  const std::shared_ptr<const grpc::AuthContext> auth = context.auth_context();
  if (auth == nullptr || AuthProperty(*auth, GRPC_TRANSPORT_SECURITY_TYPE_PROPERTY_NAME) !=
                             GRPC_TLS_TRANSPORT_SECURITY_TYPE) {
    return;
  }
  const std::string pem = AuthProperty(*auth, GRPC_X509_PEM_CERT_PROPERTY_NAME);
  MutexLock lock(mutex_);
  auto known = identities_.find(pem);
  if (known == identities_.end()) {
    absl::StatusOr<CertificateIdentity> read = ReadCertificateIdentity(pem);
    if (!read.ok()) return;
    if (identities_.size() >= kIdentitiesMax) identities_.clear();
    known = identities_.emplace(pem, *std::move(read)).first;
  }
  peer.uri_san = known->second.uri_san;
  peer.public_key_sha256 = known->second.public_key_sha256;
}

Peer CallGate::ReadPeer(const grpc::CallbackServerContext& context, Door door) {
  Peer peer;
  peer.in_process = door == Door::kInProcess;
  if (door == Door::kPort) ReadCertificate(context, peer);
  absl::string_view authorization = Metadata(context, kAuthorizationKey);
  if (absl::ConsumePrefix(&authorization, kBearer)) peer.bearer_token = std::string(authorization);
  peer.role_credential = std::string(Metadata(context, kRoleCredentialKey));
  const absl::string_view id = Metadata(context, kRequestIdKey);
  peer.request_id =
      IsRequestId(id) ? std::string(id) : MakeUuidV7(options_.clock->Now(), *options_.random);
  return peer;
}

CallGate::Deadline CallGate::ReadDeadline(const grpc::CallbackServerContext& context,
                                          const RawMethod& method) const {
  const bool unlimited = context.deadline() == std::chrono::system_clock::time_point::max();
  const absl::Time asked =
      unlimited ? absl::InfiniteFuture() : absl::FromChrono(context.deadline());
  // A conversation, such as an agent's, lasts as long as both sides want.
  if (method.client_streaming) return {asked, false};
  const absl::Time cap = absl::Now() + options_.call_time_max;
  return asked > cap ? Deadline{cap, true} : Deadline{asked, false};
}

Admission CallGate::Admit(const grpc::CallbackServerContext& context, Door door,
                          const RawMethod& method, std::shared_ptr<MethodRecorder> recorder) {
  Peer peer = ReadPeer(context, door);
  absl::StatusOr<Caller> caller = options_.access->Authenticate(peer);
  if (caller.ok() && caller->kind == CallerKind::kAnonymous) {
    caller = absl::UnauthenticatedError("caller: not recognised");
  }
  absl::Status status =
      caller.ok() ? options_.access->Authorize(*caller, method.permission) : caller.status();
  const Deadline deadline = ReadDeadline(context, method);
  auto call = std::make_shared<ServerCall>(
      ServerCall::Start{.caller = caller.ok() ? *std::move(caller) : Caller{},
                        .deadline = deadline.time,
                        .request_id = std::move(peer.request_id),
                        .traceparent = SpanOf(Metadata(context, kTraceparentKey), *options_.random),
                        .recorder = std::move(recorder)});
  return {std::move(call), std::move(status), deadline.capped};
}

}  // namespace hie::rpc
