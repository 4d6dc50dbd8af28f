#include "services/common/rpc/caller.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <array>

#include "absl/strings/match.h"
#include "absl/strings/strip.h"

namespace hie::rpc {
namespace {

constexpr absl::string_view kRoleUri = "urn:hie:role:";
constexpr std::array<absl::string_view, 6> kRoles = {"mpi",   "registry",  "consent",
                                                     "audit", "directory", "gateway"};

absl::StatusOr<Caller> RoleCaller(absl::string_view role) {
  if (!IsExchangeRole(role)) {
    return absl::UnauthenticatedError("caller: want a role of the exchange");
  }
  Caller caller;
  caller.kind = CallerKind::kRole;
  caller.role = std::string(role);
  return caller;
}

absl::StatusOr<Caller> FromCredential(absl::string_view shown, absl::string_view credential) {
  const size_t colon = shown.find(':');
  if (colon == absl::string_view::npos || credential.empty() ||
      !SecretsEqual(shown.substr(colon + 1), credential)) {
    return absl::UnauthenticatedError("in-process credential: not that of this process");
  }
  return RoleCaller(shown.substr(0, colon));
}

}  // namespace

bool IsExchangeRole(absl::string_view role) {
  return std::find(kRoles.begin(), kRoles.end(), role) != kRoles.end();
}

bool SecretsEqual(absl::string_view a, absl::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

absl::StatusOr<Caller> RoleAccessPolicy::Authenticate(const Peer& peer) const {
  if (!peer.role_credential.empty()) {
    if (!peer.in_process) {
      return absl::UnauthenticatedError("in-process credential: not accepted over a port");
    }
    return FromCredential(peer.role_credential, in_process_credential_);
  }
  absl::string_view uri = peer.uri_san;
  if (peer.in_process || !absl::ConsumePrefix(&uri, kRoleUri)) {
    return absl::UnauthenticatedError("certificate: want one of a role of the exchange");
  }
  return RoleCaller(uri);
}

absl::Status RoleAccessPolicy::Authorize(const Caller& caller,
                                         hie::options::v1::Permission permission) const {
  if (caller.kind == CallerKind::kRole &&
      permission == hie::options::v1::PERMISSION_INTERNAL_ROLE) {
    return absl::OkStatus();
  }
  return absl::PermissionDeniedError("this server answers roles of the exchange only");
}

}  // namespace hie::rpc
