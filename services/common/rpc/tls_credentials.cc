#include "services/common/rpc/tls_credentials.h"

#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "services/common/base/status_macros.h"

namespace hie::rpc {
namespace {

using grpc::experimental::FileWatcherCertificateProvider;

absl::Status Unfit(const std::string& path, absl::string_view want) {
  ERR_clear_error();
  return absl::FailedPreconditionError(absl::StrCat(path, ": want ", want));
}

// gRPC would accept files that it cannot read and then fail every handshake; say so at the start.
absl::Status CheckFiles(const TlsFiles& files) {
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_method()),
                                                                  &SSL_CTX_free);
  if (context == nullptr) return absl::InternalError("TLS: no context");
  SSL_CTX* tls = context.get();
  if (SSL_CTX_use_certificate_chain_file(tls, files.certificate_chain.c_str()) != 1) {
    return Unfit(files.certificate_chain, "a certificate chain (PEM)");
  }
  if (SSL_CTX_use_PrivateKey_file(tls, files.private_key.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(tls) != 1) {
    return Unfit(files.private_key, "the private key (PEM) of the certificate");
  }
  if (SSL_CTX_load_verify_file(tls, files.trust_anchors.c_str()) != 1) {
    return Unfit(files.trust_anchors, "CA certificates (PEM)");
  }
  return absl::OkStatus();
}

std::shared_ptr<FileWatcherCertificateProvider> Watch(const TlsFiles& files) {
  const int64_t seconds = std::max<int64_t>(1, absl::ToInt64Seconds(files.refresh));
  return std::make_shared<FileWatcherCertificateProvider>(
      files.private_key, files.certificate_chain, files.trust_anchors,
      static_cast<unsigned int>(seconds));
}

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> MakeServerCredentials(
    const TlsFiles& files) {
  HIE_RETURN_IF_ERROR(CheckFiles(files));
  grpc::experimental::TlsServerCredentialsOptions options(Watch(files));
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  options.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  return grpc::experimental::TlsServerCredentials(options);
}

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> MakeChannelCredentials(
    const TlsFiles& files) {
  HIE_RETURN_IF_ERROR(CheckFiles(files));
  grpc::experimental::TlsChannelCredentialsOptions options;
  options.set_certificate_provider(Watch(files));
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  return grpc::experimental::TlsCredentials(options);
}

}  // namespace hie::rpc
