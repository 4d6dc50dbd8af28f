#pragma once

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "hie/options/v1/options.pb.h"
#include "services/common/labels/access.h"

namespace hie::rpc {

// What a caller was recognised as.
enum class CallerKind {
  kAnonymous,  // Nothing was recognised: every method refuses with UNAUTHENTICATED.
  kRole,       // A role of the exchange, by certificate or in-process credential.
  kMember,     // A member: certificate, and for people a token.
};

// Who calls: built once per call, before the request is parsed.
struct Caller {
  CallerKind kind = CallerKind::kAnonymous;
  std::string role;  // For kRole: mpi, registry, consent, audit, directory, gateway.
  Actor actor;       // For kMember: passed on to the roles unchanged.
};

// What the transport knows about the other side.
struct Peer {
  bool in_process = false;
  std::string uri_san;            // URI subject alternative name of a verified certificate.
  std::string public_key_sha256;  // Lower-case hex of the certificate's SPKI hash.
  std::string bearer_token;       // From `authorization: Bearer`, else empty.
  std::string role_credential;    // In-process `<role>:<credential>`, else empty.
  std::string request_id;         // From `x-request-id`; made where absent.
};

// Recognises callers and decides what they may call.  Thread-safe; must not block.
class AccessPolicy {
 public:
  virtual ~AccessPolicy() = default;

  // UNAUTHENTICATED: not recognised; the message says what is wrong with the credential and
  // repeats none of it.
  virtual absl::StatusOr<Caller> Authenticate(const Peer& peer) const = 0;

  // PERMISSION_DENIED: recognised, and lacks `permission`; or the purpose does not allow it.
  virtual absl::Status Authorize(const Caller& caller,
                                 hie::options::v1::Permission permission) const = 0;
};

// Admits roles of the exchange only: `urn:hie:role:<role>` certificates, or the in-process
// credential of this process.  Grants PERMISSION_INTERNAL_ROLE alone.
//
// The in-process credential counts in process only: shown over a port it is refused, whatever
// certificate comes with it.
class RoleAccessPolicy final : public AccessPolicy {
 public:
  // An empty credential admits nobody in process.
  explicit RoleAccessPolicy(std::string in_process_credential)
      : in_process_credential_(std::move(in_process_credential)) {}
  absl::StatusOr<Caller> Authenticate(const Peer& peer) const override;
  absl::Status Authorize(const Caller& caller,
                         hie::options::v1::Permission permission) const override;

 private:
  std::string in_process_credential_;
};

// Tells whether `role` is one of mpi, registry, consent, audit, directory, gateway.
bool IsExchangeRole(absl::string_view role);

// Compares secrets in time that depends on their lengths only.
bool SecretsEqual(absl::string_view a, absl::string_view b);

}  // namespace hie::rpc
