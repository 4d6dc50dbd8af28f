#include "services/common/rpc/testing/test_pki.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>

#include <filesystem>

namespace hie::rpc {
namespace {

constexpr long kValidSeconds = 24 * 3600;

void Require(bool condition, const char* what) {
  if (condition) return;
  ::fprintf(stderr, "test PKI: %s\n", what);
  ::abort();
}

// Writes beside `path` and renames, so that no reader sees half a file.
template <typename Write>
void WritePem(const std::string& path, Write write) {
  const std::string beside = path + ".new";
  BIO* bio = BIO_new_file(beside.c_str(), "w");
  Require(bio != nullptr && write(bio) == 1, "cannot write");
  BIO_free(bio);
  std::filesystem::rename(beside, path);
}

void AddExtension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  Require(extension != nullptr, "bad extension");
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

X509* NewCertificate(EVP_PKEY* key, const std::string& name, const X509_NAME* issuer) {
  X509* certificate = X509_new();
  uint64_t serial = 0;
  Require(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1, "random");
  X509_set_version(certificate, X509_VERSION_3);
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial >> 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
  X509_gmtime_adj(X509_getm_notAfter(certificate), kValidSeconds);
  X509_set_pubkey(certificate, key);
  X509_NAME* subject = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_issuer_name(certificate, issuer == nullptr ? subject : issuer);
  return certificate;
}

}  // namespace

TestPki::TestPki() {
  char directory[] = "/tmp/hie_pki_XXXXXX";
  Require(::mkdtemp(directory) != nullptr, "no directory");
  directory_ = directory;
  ca_key_ = EVP_EC_gen("P-256");
  ca_ = NewCertificate(ca_key_, "test CA", nullptr);
  AddExtension(ca_, ca_, NID_basic_constraints, "critical,CA:TRUE");
  AddExtension(ca_, ca_, NID_key_usage, "critical,keyCertSign,cRLSign");
  Require(X509_sign(ca_, ca_key_, EVP_sha256()) > 0, "sign CA");
  WritePem(Path("ca.pem"), [this](BIO* bio) { return PEM_write_bio_X509(bio, ca_); });
}

TestPki::~TestPki() {
  X509_free(ca_);
  EVP_PKEY_free(ca_key_);
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

std::shared_ptr<TlsFiles> TestPki::Issue(const std::string& name, const std::string& uri) const {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* certificate = NewCertificate(key, name, X509_get_subject_name(ca_));
  AddExtension(certificate, ca_, NID_subject_alt_name,
               "DNS:localhost,IP:127.0.0.1" + (uri.empty() ? "" : ",URI:" + uri));
  AddExtension(certificate, ca_, NID_ext_key_usage, "serverAuth,clientAuth");
  Require(X509_sign(certificate, ca_key_, EVP_sha256()) > 0, "sign");
  WritePem(Path(name + ".key"), [key](BIO* bio) {
    return PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
  });
  WritePem(Path(name + ".pem"),
           [certificate](BIO* bio) { return PEM_write_bio_X509(bio, certificate); });
  X509_free(certificate);
  EVP_PKEY_free(key);
  auto files = std::make_shared<TlsFiles>();
  files->certificate_chain = Path(name + ".pem");
  files->private_key = Path(name + ".key");
  files->trust_anchors = Path("ca.pem");
  files->refresh = absl::Seconds(1);
  return files;
}

std::shared_ptr<TlsFiles> TestPki::IssueRole(const std::string& role) const {
  return Issue(role, "urn:hie:role:" + role);
}

}  // namespace hie::rpc
