#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/common/crypto/certificate.h"
#include "services/common/crypto/signing_key.h"
#include "services/common/rpc/channel.h"
#include "tests/support/stack/exchange_stack.h"

// Callers whom the exchange must not let in.
namespace hie::testing {

// Tries TLS without a client certificate, as a browser would, and sends something.  OK: the server
// let it in.  UNAUTHENTICATED: the server ended the connection.
absl::Status KnockWithoutCertificate(const std::string& address, const std::string& ca_path);

// Certificates for a door, made in a directory of their own.
class Strangers {
 public:
  // `exchange` must outlive it.  Uses the authority of the demonstration PKI.
  Strangers(const ExchangeStack& exchange, const std::string& directory);

  // Dials the gateway with a certificate of the exchange's own authority that names `uri` (empty:
  // none) and holds a key that no directory knows.
  absl::StatusOr<std::shared_ptr<rpc::Channel>> DialAs(const std::string& uri) const;
  // Dials with the certificate of one of the exchange's roles.
  absl::StatusOr<std::shared_ptr<rpc::Channel>> DialAsRole(const std::string& role) const;
  // Dials with a member's own certificate.
  absl::StatusOr<std::shared_ptr<rpc::Channel>> DialAsMember(const std::string& member) const;
  // Dials with a certificate that another authority issued in the name of `uri`.
  absl::StatusOr<std::shared_ptr<rpc::Channel>> DialWithForeignAuthority(
      const std::string& uri) const;

  // A member's key that signs tokens, as its system holds it.
  absl::StatusOr<crypto::PrivateKey> TokenKeyOf(const std::string& member) const;

 private:
  absl::StatusOr<std::shared_ptr<rpc::Channel>> DialIssued(const crypto::CertificateIssuer& issuer,
                                                           const std::string& name,
                                                           const std::string& uri) const;
  std::shared_ptr<rpc::TlsFiles> Files(const std::string& certificate,
                                       const std::string& key) const;

  const ExchangeStack& exchange_;
  const std::string directory_;
};

}  // namespace hie::testing
