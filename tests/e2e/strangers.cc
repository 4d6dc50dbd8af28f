#include "tests/e2e/strangers.h"

#include <openssl/bio.h>
#include <openssl/ssl.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "services/common/base/status_macros.h"

namespace hie::testing {
namespace {

constexpr char kPreface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
constexpr absl::Duration kLifetime = absl::Hours(1);
constexpr size_t kSerialBytes = 16;

std::string ReadText(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

void WriteText(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

}  // namespace

absl::Status KnockWithoutCertificate(const std::string& address, const std::string& ca_path) {
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_client_method()),
                                                                  &SSL_CTX_free);
  SSL_CTX_load_verify_file(context.get(), ca_path.c_str());
  // gRPC's servers want to hear of HTTP/2.
  constexpr unsigned char kAlpn[] = {2, 'h', '2'};
  SSL_CTX_set_alpn_protos(context.get(), kAlpn, sizeof(kAlpn));
  const std::unique_ptr<BIO, decltype(&BIO_free_all)> bio(BIO_new_ssl_connect(context.get()),
                                                          &BIO_free_all);
  BIO_set_conn_hostname(bio.get(), address.c_str());
  char byte = 0;
  // With TLS 1.3 the client is done before the server has seen that there is no certificate: only
  // what the server sends then tells.
  const bool let_in = BIO_do_connect(bio.get()) == 1 && BIO_do_handshake(bio.get()) == 1 &&
                      BIO_write(bio.get(), kPreface, sizeof(kPreface) - 1) > 0 &&
                      BIO_read(bio.get(), &byte, 1) == 1;
  return let_in ? absl::OkStatus() : absl::UnauthenticatedError("the connection was ended");
}

Strangers::Strangers(const ExchangeStack& exchange, const std::string& directory)
    : exchange_(exchange), directory_(directory) {
  std::filesystem::create_directories(directory_);
}

std::shared_ptr<rpc::TlsFiles> Strangers::Files(const std::string& certificate,
                                                const std::string& key) const {
  auto files = std::make_shared<rpc::TlsFiles>();
  files->certificate_chain = certificate;
  files->private_key = key;
  files->trust_anchors = exchange_.pki() + "/ca.crt";
  return files;
}

absl::StatusOr<std::shared_ptr<rpc::Channel>> Strangers::DialIssued(
    const crypto::CertificateIssuer& issuer, const std::string& name,
    const std::string& uri) const {
  HIE_ASSIGN_OR_RETURN(const crypto::PrivateKey key,
                       crypto::PrivateKey::Generate(crypto::KeyAlgorithm::kEs256));
  const absl::Time now = exchange_.clock().Now();
  crypto::CertificateContent content;
  content.common_name = "stranger";
  if (!uri.empty()) content.subject_alternative_names = "URI:" + uri;
  content.use = crypto::CertificateUse::kClient;
  content.serial = exchange_.random().Bytes(kSerialBytes);
  content.not_before = now - kLifetime;
  content.not_after = now + kLifetime;
  HIE_ASSIGN_OR_RETURN(const crypto::Certificate certificate,
                       issuer.Issue(key.public_key(), content));
  const std::string path = absl::StrCat(directory_, "/", name);
  WriteText(path + ".key", key.ToPem());
  WriteText(path + ".crt", certificate.ToPem());
  return rpc::Channel::Dial(exchange_.gateway_address(), Files(path + ".crt", path + ".key"));
}

absl::StatusOr<std::shared_ptr<rpc::Channel>> Strangers::DialAs(const std::string& uri) const {
  HIE_ASSIGN_OR_RETURN(const crypto::PrivateKey key,
                       crypto::PrivateKey::FromPem(ReadText(exchange_.pki() + "/ca.key")));
  HIE_ASSIGN_OR_RETURN(const crypto::Certificate authority,
                       crypto::Certificate::FromPem(ReadText(exchange_.pki() + "/ca.crt")));
  HIE_ASSIGN_OR_RETURN(const crypto::CertificateIssuer issuer,
                       crypto::CertificateIssuer::Load(key, authority));
  return DialIssued(issuer, uri.empty() ? "nameless" : "unregistered", uri);
}

absl::StatusOr<std::shared_ptr<rpc::Channel>> Strangers::DialWithForeignAuthority(
    const std::string& uri) const {
  HIE_ASSIGN_OR_RETURN(const crypto::PrivateKey key,
                       crypto::PrivateKey::Generate(crypto::KeyAlgorithm::kEs256));
  const absl::Time now = exchange_.clock().Now();
  crypto::CertificateContent content;
  content.common_name = "foreign authority";
  content.use = crypto::CertificateUse::kAuthority;
  content.serial = exchange_.random().Bytes(kSerialBytes);
  content.not_before = now - kLifetime;
  content.not_after = now + kLifetime;
  HIE_ASSIGN_OR_RETURN(const crypto::CertificateIssuer issuer,
                       crypto::CertificateIssuer::SelfSigned(key, content));
  return DialIssued(issuer, "foreign", uri);
}

absl::StatusOr<std::shared_ptr<rpc::Channel>> Strangers::DialAsRole(const std::string& role) const {
  const std::string path = absl::StrCat(exchange_.pki(), "/roles/", role);
  return rpc::Channel::Dial(exchange_.gateway_address(), Files(path + ".crt", path + ".key"));
}

absl::StatusOr<std::shared_ptr<rpc::Channel>> Strangers::DialAsMember(
    const std::string& member) const {
  const std::string path = absl::StrCat(exchange_.pki(), "/members/", member, "/client");
  return rpc::Channel::Dial(exchange_.gateway_address(), Files(path + ".crt", path + ".key"));
}

absl::StatusOr<crypto::PrivateKey> Strangers::TokenKeyOf(const std::string& member) const {
  return crypto::PrivateKey::FromPem(
      ReadText(absl::StrCat(exchange_.pki(), "/members/", member, "/token.key")));
}

}  // namespace hie::testing
