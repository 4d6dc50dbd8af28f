#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace hie::rpc {

// What a certificate says about who holds it.
struct CertificateIdentity {
  // The only `urn:hie:` URI among the subject alternative names; empty where there is none, or
  // more than one (which of them holds would be a guess).
  std::string uri_san;
  // Lower-case hex SHA-256 of the SubjectPublicKeyInfo.
  std::string public_key_sha256;
};

// Reads the first certificate of `pem`.  Does not verify it: the handshake did.
// INVALID_ARGUMENT: not a certificate.
absl::StatusOr<CertificateIdentity> ReadCertificateIdentity(absl::string_view pem);

}  // namespace hie::rpc
