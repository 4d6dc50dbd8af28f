#include "gateway/http/tls_context.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/stat.h>

#include "absl/strings/str_cat.h"

namespace hie::http {
namespace {

constexpr unsigned char kSessionContext[] = "hie-https";

// When and how large the files are: another stamp, another certificate.
std::string Stamp(const rpc::TlsFiles& files) {
  std::string stamp;
  for (const std::string& path :
       {files.certificate_chain, files.private_key, files.trust_anchors}) {
    struct stat found = {};
    if (stat(path.c_str(), &found) == 0) {
      absl::StrAppend(&stamp, found.st_mtim.tv_sec, ".", found.st_mtim.tv_nsec, "/", found.st_size,
                      "/", found.st_ino, ";");
    }
  }
  return stamp;
}

absl::Status Unfit(absl::string_view what, const std::string& path) {
  ERR_clear_error();
  return absl::FailedPreconditionError(absl::StrCat("tls: ", path, ": not a fit ", what));
}

absl::Status Configure(ssl_ctx_st* context, const rpc::TlsFiles& files) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                   SSL_OP_NO_COMPRESSION | SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  if (SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20") != 1) {
    return absl::InternalError("tls: no ciphers");
  }
  if (SSL_CTX_use_certificate_chain_file(context, files.certificate_chain.c_str()) != 1) {
    return Unfit("certificate chain", files.certificate_chain);
  }
  if (SSL_CTX_use_PrivateKey_file(context, files.private_key.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(context) != 1) {
    return Unfit("private key of the certificate", files.private_key);
  }
  if (SSL_CTX_load_verify_file(context, files.trust_anchors.c_str()) != 1) {
    return Unfit("trust anchor", files.trust_anchors);
  }
  SSL_CTX_set_client_CA_list(context, SSL_load_client_CA_file(files.trust_anchors.c_str()));
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_session_id_context(context, kSessionContext, sizeof(kSessionContext));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<TlsContext>> TlsContext::Open(rpc::TlsFiles files) {
  std::unique_ptr<TlsContext> context(new TlsContext(std::move(files)));
  const absl::Status loaded = context->Load();
  if (!loaded.ok()) return loaded;
  return context;
}

TlsContext::~TlsContext() { SSL_CTX_free(context_); }

absl::Status TlsContext::Load() {
  std::string stamp = Stamp(files_);
  SSL_CTX* const fresh = SSL_CTX_new(TLS_server_method());
  if (fresh == nullptr) return absl::InternalError("tls: no context");
  absl::Status configured = Configure(fresh, files_);
  if (!configured.ok()) {
    SSL_CTX_free(fresh);
    return configured;
  }
  SSL_CTX_free(context_);
  context_ = fresh;
  stamp_ = std::move(stamp);
  return absl::OkStatus();
}

absl::Status TlsContext::Refresh() { return Stamp(files_) == stamp_ ? absl::OkStatus() : Load(); }

ssl_st* TlsContext::NewConnection() const { return SSL_new(context_); }

}  // namespace hie::http
