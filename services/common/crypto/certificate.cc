#include "services/common/crypto/certificate.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdlib>
#include <ctime>

#include "services/common/base/status_macros.h"
#include "services/common/crypto/bytes.h"
#include "services/common/crypto/openssl_handles.h"

namespace hie::crypto {
namespace {

constexpr long kVersion3 = 2;
constexpr size_t kPemBytesMax = 64 << 10;

absl::Time FromAsn1(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return absl::InfinitePast();
  return absl::FromTM(parts, absl::UTCTimeZone());
}

absl::Status Refused(absl::string_view what) {
  ERR_clear_error();
  return absl::InternalError(what);
}

// Adds one extension in the notation of x509v3_config(5).
absl::Status AddExtension(X509* x509, X509V3_CTX* context, int nid, const std::string& value) {
  X509_EXTENSION* extension = X509V3_EXT_nconf_nid(nullptr, context, nid, value.c_str());
  if (extension == nullptr) {
    ERR_clear_error();
    return absl::InvalidArgumentError("certificate: malformed extension");
  }
  const int added = X509_add_ext(x509, extension, -1);
  X509_EXTENSION_free(extension);
  return added == 1 ? absl::OkStatus() : Refused("certificate: extension refused");
}

struct Extension {
  int nid;
  std::string value;
};

std::vector<Extension> ExtensionsFor(const CertificateContent& content) {
  if (content.use == CertificateUse::kAuthority) {
    return {{NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
            {NID_key_usage, "critical,keyCertSign,cRLSign"},
            {NID_subject_key_identifier, "hash"}};
  }
  const bool server = content.use == CertificateUse::kServerAndClient;
  std::vector<Extension> extensions = {
      {NID_basic_constraints, "critical,CA:FALSE"},
      {NID_key_usage, "critical,digitalSignature"},
      {NID_ext_key_usage, server ? "serverAuth,clientAuth" : "clientAuth"},
      {NID_subject_key_identifier, "hash"},
      {NID_authority_key_identifier, "keyid:always"}};
  if (!content.subject_alternative_names.empty()) {
    extensions.push_back({NID_subject_alt_name, content.subject_alternative_names});
  }
  return extensions;
}

absl::Status AddExtensions(X509* x509, X509* authority, const CertificateContent& content) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, authority, x509, nullptr, nullptr, 0);
  for (const Extension& extension : ExtensionsFor(content)) {
    HIE_RETURN_IF_ERROR(AddExtension(x509, &context, extension.nid, extension.value));
  }
  return absl::OkStatus();
}

absl::Status FillNames(X509* x509, X509* authority, const CertificateContent& content) {
  X509_NAME* name = X509_get_subject_name(x509);
  if (X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8, Bytes("hie"), -1, -1, 0) != 1 ||
      X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, Bytes(content.common_name),
                                 static_cast<int>(content.common_name.size()), -1, 0) != 1 ||
      X509_set_issuer_name(x509, X509_get_subject_name(authority)) != 1) {
    return Refused("certificate: name refused");
  }
  return absl::OkStatus();
}

absl::Status FillNumbers(X509* x509, const CertificateContent& content) {
  std::string serial = content.serial;
  if (serial.size() != 16) return absl::InvalidArgumentError("serial: want 16 bytes");
  serial[0] &= 0x7f;  // RFC 5280 4.1.2.2: positive.
  const BigNumber number(BN_bin2bn(Bytes(serial), static_cast<int>(serial.size()), nullptr));
  if (X509_set_version(x509, kVersion3) != 1 ||
      BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(x509)) == nullptr ||
      ASN1_TIME_set(X509_getm_notBefore(x509), absl::ToTimeT(content.not_before)) == nullptr ||
      ASN1_TIME_set(X509_getm_notAfter(x509), absl::ToTimeT(content.not_after)) == nullptr) {
    return Refused("certificate: serial or validity refused");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Certificate> Certificate::Wrap(x509_st* owned) {
  const std::shared_ptr<X509> x509(owned, X509_free);
  EVP_PKEY* key = X509_get_pubkey(owned);
  if (key == nullptr) return absl::InvalidArgumentError("certificate: unreadable public key");
  HIE_ASSIGN_OR_RETURN(PublicKey public_key,
                       PublicKey::Wrap(std::shared_ptr<EVP_PKEY>(key, EVP_PKEY_free)));
  return Certificate(x509, std::move(public_key));
}

absl::StatusOr<Certificate> Certificate::FromPem(absl::string_view pem) {
  const Bio bio = ReadBio(pem.substr(0, kPemBytesMax));
  X509* x509 = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr);
  if (x509 == nullptr) {
    ERR_clear_error();
    return absl::InvalidArgumentError("certificate: want one certificate in PEM");
  }
  absl::StatusOr<Certificate> certificate = Wrap(x509);
  if (certificate.ok() && (pem.size() > kPemBytesMax || !AtEnd(bio))) {
    return absl::InvalidArgumentError("certificate: want nothing after it");
  }
  return certificate;
}

std::string Certificate::ToPem() const {
  const Bio bio = WriteBio();
  if (PEM_write_bio_X509(bio.get(), x509_.get()) != 1) std::abort();
  return Written(bio);
}

absl::Time Certificate::not_before() const { return FromAsn1(X509_get0_notBefore(x509_.get())); }
absl::Time Certificate::not_after() const { return FromAsn1(X509_get0_notAfter(x509_.get())); }

std::vector<std::string> Certificate::Uris() const {
  std::vector<std::string> uris;
  auto* names = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(x509_.get(), NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(names); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names, i);
    if (name->type != GEN_URI) continue;
    const ASN1_IA5STRING* uri = name->d.uniformResourceIdentifier;
    uris.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(uri)),
                      static_cast<size_t>(ASN1_STRING_length(uri)));
  }
  GENERAL_NAMES_free(names);
  return uris;
}

absl::Status Certificate::VerifyIssuedBy(const Certificate& authority) const {
  if (X509_check_ca(authority.x509_.get()) != 1 ||
      X509_check_issued(authority.x509_.get(), x509_.get()) != X509_V_OK ||
      X509_verify(x509_.get(), authority.public_key_.key_.get()) != 1) {
    ERR_clear_error();
    return absl::UnauthenticatedError("certificate: not issued by this authority");
  }
  return absl::OkStatus();
}

absl::StatusOr<Certificate> CertificateIssuer::Sign(const PublicKey& subject,
                                                    const CertificateContent& content,
                                                    const PrivateKey& key, x509_st* authority) {
  X509Handle x509(X509_new());
  X509* issuer = authority == nullptr ? x509.get() : authority;
  HIE_RETURN_IF_ERROR(FillNumbers(x509.get(), content));
  HIE_RETURN_IF_ERROR(FillNames(x509.get(), issuer, content));
  if (X509_set_pubkey(x509.get(), subject.key_.get()) != 1) {
    return Refused("certificate: public key refused");
  }
  HIE_RETURN_IF_ERROR(AddExtensions(x509.get(), issuer, content));
  const EVP_MD* digest =
      key.public_key().algorithm() == KeyAlgorithm::kEs256 ? EVP_sha256() : nullptr;
  if (X509_sign(x509.get(), key.key_.get(), digest) == 0) {
    return Refused("certificate: cannot be signed");
  }
  return Certificate::Wrap(x509.release());
}

absl::StatusOr<CertificateIssuer> CertificateIssuer::SelfSigned(PrivateKey key,
                                                                const CertificateContent& content) {
  HIE_ASSIGN_OR_RETURN(Certificate certificate, Sign(key.public_key(), content, key, nullptr));
  return CertificateIssuer(std::move(key), std::move(certificate));
}

absl::StatusOr<CertificateIssuer> CertificateIssuer::Load(PrivateKey key, Certificate certificate) {
  if (key.public_key().SpkiSha256() != certificate.public_key().SpkiSha256()) {
    return absl::InvalidArgumentError("authority: certificate and key do not belong together");
  }
  return CertificateIssuer(std::move(key), std::move(certificate));
}

absl::StatusOr<Certificate> CertificateIssuer::Issue(const PublicKey& subject,
                                                     const CertificateContent& content) const {
  return Sign(subject, content, key_, certificate_.x509_.get());
}

}  // namespace hie::crypto
