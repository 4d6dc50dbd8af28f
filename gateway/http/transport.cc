#include "gateway/http/transport.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "services/common/crypto/hash.h"

namespace hie::http {
namespace {

constexpr size_t kOneWriteMax = 1 << 20;

StepResult OfErrno(Step again) {
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return {again, 0};
  return {Step::kFailed, 0};
}

}  // namespace

Transport::Transport(int descriptor) : descriptor_(descriptor) {}
Transport::Transport(int descriptor, ssl_st* ssl) : descriptor_(descriptor), ssl_(ssl) {
  SSL_set_fd(ssl_, descriptor_);
  SSL_set_accept_state(ssl_);
}
Transport::~Transport() { SSL_free(ssl_); }

StepResult Transport::Outcome(int result) const {
  switch (SSL_get_error(ssl_, result)) {
    case SSL_ERROR_WANT_READ:
      return {Step::kWantRead, 0};
    case SSL_ERROR_WANT_WRITE:
      return {Step::kWantWrite, 0};
    case SSL_ERROR_ZERO_RETURN:
      return {Step::kEnd, 0};
    default:
      ERR_clear_error();
      return {Step::kFailed, 0};
  }
}

StepResult Transport::Handshake() {
  if (ssl_ == nullptr) return {Step::kDone, 0};
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_);
  return result == 1 ? StepResult{Step::kDone, 0} : Outcome(result);
}

StepResult Transport::Read(char* buffer, size_t size) {
  if (ssl_ != nullptr) {
    ERR_clear_error();
    size_t bytes = 0;
    const int result = SSL_read_ex(ssl_, buffer, size, &bytes);
    return result == 1 ? StepResult{Step::kDone, bytes} : Outcome(result);
  }
  const ssize_t got = recv(descriptor_, buffer, size, 0);
  if (got > 0) return {Step::kDone, static_cast<size_t>(got)};
  return got == 0 ? StepResult{Step::kEnd, 0} : OfErrno(Step::kWantRead);
}

StepResult Transport::Write(absl::string_view bytes) {
  const size_t size = std::min(bytes.size(), kOneWriteMax);
  if (ssl_ != nullptr) {
    ERR_clear_error();
    size_t written = 0;
    const int result = SSL_write_ex(ssl_, bytes.data(), size, &written);
    return result == 1 ? StepResult{Step::kDone, written} : Outcome(result);
  }
  const ssize_t sent = send(descriptor_, bytes.data(), size, MSG_NOSIGNAL);
  return sent >= 0 ? StepResult{Step::kDone, static_cast<size_t>(sent)} : OfErrno(Step::kWantWrite);
}

void Transport::Bye() {
  if (ssl_ == nullptr || SSL_in_init(ssl_) != 0 || SSL_get_shutdown(ssl_) != 0) return;
  ERR_clear_error();
  SSL_shutdown(ssl_);
  ERR_clear_error();
}

std::string Transport::PeerKey() const {
  if (ssl_ == nullptr) return "";
  X509* const certificate = SSL_get1_peer_certificate(ssl_);
  if (certificate == nullptr) return "";
  unsigned char* encoded = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &encoded);
  X509_free(certificate);
  if (size <= 0) return "";
  std::string hex = crypto::Sha256Hex(
      absl::string_view(reinterpret_cast<const char*>(encoded), static_cast<size_t>(size)));
  OPENSSL_free(encoded);
  return hex;
}

}  // namespace hie::http
