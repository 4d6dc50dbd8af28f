#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/common/crypto/signing_key.h"

struct x509_st;

namespace hie::crypto {

// An X.509 certificate.  Immutable, thread-safe, cheap to copy.
class Certificate {
 public:
  // Reads one certificate in PEM.  INVALID_ARGUMENT: not one, bytes after it, or its key is
  // neither Ed25519 nor P-256.
  static absl::StatusOr<Certificate> FromPem(absl::string_view pem);

  std::string ToPem() const;
  const PublicKey& public_key() const { return public_key_; }
  absl::Time not_before() const;
  absl::Time not_after() const;
  // URI subject alternative names, in order.
  std::vector<std::string> Uris() const;
  // OK: signed by the key of `authority`, which is a CA.  UNAUTHENTICATED: it is not.
  absl::Status VerifyIssuedBy(const Certificate& authority) const;

 private:
  friend class CertificateIssuer;
  Certificate(std::shared_ptr<x509_st> x509, PublicKey public_key)
      : x509_(std::move(x509)), public_key_(std::move(public_key)) {}
  static absl::StatusOr<Certificate> Wrap(x509_st* owned);

  std::shared_ptr<x509_st> x509_;
  PublicKey public_key_;
};

// What a certificate may be used for.
enum class CertificateUse {
  kAuthority,        // Signs certificates, none of which is an authority.
  kServerAndClient,  // A role: both sides of mutual TLS.
  kClient,           // A member: the client's side only.
};

// What a certificate shall say.
struct CertificateContent {
  std::string common_name;  // For people; nobody decides by it.
  // "URI:urn:hie:role:mpi,DNS:localhost,IP:127.0.0.1" as of openssl x509v3_config(5); empty: none.
  std::string subject_alternative_names;
  CertificateUse use = CertificateUse::kClient;
  std::string serial;  // 16 random bytes.
  absl::Time not_before;
  absl::Time not_after;
};

// Signs certificates.  Immutable, thread-safe.
class CertificateIssuer {
 public:
  // Makes an authority whose certificate its own key signs.  INTERNAL: the library refused.
  static absl::StatusOr<CertificateIssuer> SelfSigned(PrivateKey key,
                                                      const CertificateContent& content);
  // Takes up an authority.  INVALID_ARGUMENT: the certificate is of another key.
  static absl::StatusOr<CertificateIssuer> Load(PrivateKey key, Certificate certificate);

  const Certificate& certificate() const { return certificate_; }
  const PrivateKey& key() const { return key_; }

  // Certifies `subject`.  INVALID_ARGUMENT: malformed names.  INTERNAL: the library refused.
  absl::StatusOr<Certificate> Issue(const PublicKey& subject,
                                    const CertificateContent& content) const;

 private:
  CertificateIssuer(PrivateKey key, Certificate certificate)
      : key_(std::move(key)), certificate_(std::move(certificate)) {}
  static absl::StatusOr<Certificate> Sign(const PublicKey& subject,
                                          const CertificateContent& content, const PrivateKey& key,
                                          x509_st* authority);

  PrivateKey key_;
  Certificate certificate_;
};

}  // namespace hie::crypto
