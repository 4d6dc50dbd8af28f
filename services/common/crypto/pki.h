#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/common/base/random_source.h"
#include "services/common/crypto/signing_key.h"

// The demonstration PKI: one authority, a certificate for each role and each member, a key that
// signs each member's user tokens.  A production region brings certificates of its own authority;
// the exchange only reads the files and the URI names.
namespace hie::crypto {

inline constexpr char kRoleUriPrefix[] = "urn:hie:role:";      // Then the role.
inline constexpr char kMemberUriPrefix[] = "urn:hie:member:";  // Then the member id.

// Returns the `kid` under which InitPki announces a token key: "token-" and the first 16 digits of
// its fingerprint.  Clients that hold only token.key compute it.
std::string TokenKeyId(const PublicKey& key);

// What the directory must know of one member's keys.
struct IssuedMember {
  std::string member;
  std::string certificate_key_id;    // "cert-" and the first 16 digits of the fingerprint.
  std::string certificate_sha256;    // SPKI fingerprint, lower-case hexadecimal.
  std::string token_key_id;          // "token-" and the first 16 digits; the tokens' `kid`.
  std::string token_public_key_pem;  // SPKI.
};

// What InitPki found or made.
struct IssuedPki {
  std::vector<IssuedMember> members;  // As asked, in order.
  int files_written = 0;              // 0: everything was there and valid.
};

struct PkiOptions {
  std::string directory;
  std::vector<std::string> members;  // Member ids, the operator's included.
  std::vector<std::string> roles = {"mpi", "registry", "consent", "audit", "directory", "gateway"};
  // DNS names and IPv4 addresses, beside localhost and 127.0.0.1, at which roles are dialled.
  std::vector<std::string> host_names = {};
  absl::Time now;
  RandomSource* random = nullptr;  // Serial numbers; keys come from OpenSSL.
};

// Makes what is missing, expired within 30 days, or not issued by `ca.crt`; leaves the rest alone.
// A certificate is renewed for the key that is there, so its fingerprint stays registered.
//
//   <directory>/ca.crt  ca.key  roles/<role>.{crt,key}  members/<id>/{client.crt,client.key}
//   members/<id>/{token.key,token.pub}
//
// Each file is written atomically, keys with mode 0600; after an interruption run it again.
// INVALID_ARGUMENT: a malformed name.  UNAVAILABLE: the file system refused.  FAILED_PRECONDITION:
// an authority is there but unreadable: it is never replaced silently.
absl::StatusOr<IssuedPki> InitPki(const PkiOptions& options);

}  // namespace hie::crypto
