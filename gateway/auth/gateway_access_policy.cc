#include "gateway/auth/gateway_access_policy.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "gateway/auth/grants.h"
#include "services/common/base/status_macros.h"
#include "services/common/crypto/pki.h"

namespace hie::auth {
namespace {

absl::Status Unknown(absl::string_view why) { return absl::UnauthenticatedError(std::string(why)); }

// The member `id`, which holds the key.
absl::StatusOr<const Member*> HolderOf(absl::string_view key, absl::string_view id,
                                       const members::MemberDirectory& directory) {
  const members::RegisteredCertificate registered = directory.FindCertificate(key);
  // One answer for three faults: a stranger learns nothing about who is registered.
  if (registered.member == nullptr || registered.key->revoked ||
      registered.member->id.value() != id) {
    return Unknown("certificate: not registered for this member, or revoked");
  }
  return registered.member;
}

// The member that the certificate names and whose key it holds.
absl::StatusOr<const Member*> MemberOf(const rpc::Peer& peer,
                                       const members::MemberDirectory& directory) {
  absl::string_view id = peer.uri_san;
  if (peer.in_process || !absl::ConsumePrefix(&id, crypto::kMemberUriPrefix)) {
    return Unknown("certificate: want a member's client certificate");
  }
  return HolderOf(peer.public_key_sha256, id, directory);
}

absl::Status CheckRoles(const Member& member, const UserClaims& claims) {
  for (const std::string& role : claims.roles) {
    if (std::find(member.roles.begin(), member.roles.end(), role) == member.roles.end()) {
      return Unknown("token: claims a role that the member may not assert");
    }
  }
  return absl::OkStatus();
}

}  // namespace

GatewayAccessPolicy::GatewayAccessPolicy(Options options)
    : options_(std::move(options)), signatures_(options_.signatures_max) {}

absl::StatusOr<GatewayAccessPolicy::Directory> GatewayAccessPolicy::CurrentDirectory() const {
  members::DirectoryReading reading = options_.directory->Current();
  if (reading.directory == nullptr) {
    return absl::UnavailableError("the directory has not been read yet");
  }
  if (options_.clock->Now() - reading.confirmed > options_.directory_age_max) {
    return absl::UnavailableError("the directory could not be read for too long");
  }
  return std::move(reading.directory);
}

absl::Status GatewayAccessPolicy::ReadToken(const rpc::Peer& peer,
                                            const members::MemberDirectory& directory,
                                            const Member& member, Actor& actor) const {
  const KeyLookup find_key = [&](absl::string_view key_id) -> std::optional<std::string> {
    const MemberKey* key = directory.FindKey(member.id, key_id, KeyUse::kTokenSigning);
    if (key == nullptr || key->revoked) return std::nullopt;
    return key->public_key;
  };
  HIE_ASSIGN_OR_RETURN(VerifiedToken token,
                       VerifyToken(peer.bearer_token, find_key, options_.claims,
                                   options_.clock->Now(), signatures_));
  if (token.claims.issuer != member.id.value()) {
    return Unknown("token: issued by another member than the certificate's");
  }
  HIE_RETURN_IF_ERROR(CheckRoles(member, token.claims));
  actor.user = std::move(token.claims.user);
  actor.roles = std::move(token.claims.roles);
  actor.purpose = token.claims.purpose;
  actor.auth_time = token.claims.auth_time;
  actor.client_key = std::move(token.key_id);
  return absl::OkStatus();
}

absl::StatusOr<rpc::Caller> GatewayAccessPolicy::Authenticate(const rpc::Peer& peer) const {
  HIE_ASSIGN_OR_RETURN(const Directory directory, CurrentDirectory());
  HIE_ASSIGN_OR_RETURN(const Member* member, MemberOf(peer, *directory));
  rpc::Caller caller;
  caller.kind = rpc::CallerKind::kMember;
  caller.actor.member = member->id;
  caller.actor.request_id = peer.request_id;
  if (peer.bearer_token.empty()) {
    caller.actor.purpose = Purpose::kPatientAdministration;
    caller.actor.client_key = peer.public_key_sha256;
    return caller;
  }
  HIE_RETURN_IF_ERROR(ReadToken(peer, *directory, *member, caller.actor));
  return caller;
}

absl::Status GatewayAccessPolicy::Authorize(const rpc::Caller& caller,
                                            options::v1::Permission permission) const {
  if (caller.kind != rpc::CallerKind::kMember) {
    return absl::PermissionDeniedError("want a member of the exchange");
  }
  // Looked up anew: the member may have been suspended since it was recognised.
  HIE_ASSIGN_OR_RETURN(const Directory directory, CurrentDirectory());
  const Member* member = directory->FindMember(caller.actor.member);
  if (member == nullptr) return absl::PermissionDeniedError("want a member of the exchange");
  return DecideAccess(*member, caller.actor, permission);
}

absl::Status GatewayAccessPolicy::Reaffirm(const rpc::Caller& caller,
                                           options::v1::Permission permission) const {
  HIE_ASSIGN_OR_RETURN(const Directory directory, CurrentDirectory());
  HIE_RETURN_IF_ERROR(
      HolderOf(caller.actor.client_key, caller.actor.member.value(), *directory).status());
  return Authorize(caller, permission);
}

}  // namespace hie::auth
