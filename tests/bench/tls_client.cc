#include "tests/bench/tls_client.h"

#include <unistd.h>

#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/bench/answer_reader.h"
#include "tests/bench/loopback.h"

namespace hie::bench {
namespace {

constexpr size_t kReadBytes = size_t{64} << 10;

}  // namespace

absl::StatusOr<std::shared_ptr<TlsTrust>> TlsTrust::Read(const std::string& ca_file) {
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  if (context == nullptr) return absl::ResourceExhaustedError("tls: no memory");
  std::shared_ptr<TlsTrust> trust(new TlsTrust(context));
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_AUTO_RETRY);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  if (SSL_CTX_load_verify_locations(context, ca_file.c_str(), nullptr) != 1) {
    return absl::FailedPreconditionError(ca_file + ": no certificate");
  }
  return trust;
}

TlsTrust::~TlsTrust() { SSL_CTX_free(context_); }

std::string HttpText(absl::string_view method, absl::string_view target, absl::string_view head,
                     absl::string_view body) {
  return absl::StrCat(method, " ", target, " HTTP/1.1\r\nHost: 127.0.0.1\r\n", head,
                      "Content-Length: ", body.size(), "\r\n\r\n", body);
}

TlsClient::TlsClient(int descriptor, SSL* ssl, std::shared_ptr<const TlsTrust> trust)
    : descriptor_(descriptor), ssl_(ssl), trust_(std::move(trust)) {}

TlsClient::~TlsClient() {
  SSL_free(ssl_);
  close(descriptor_);
}

absl::StatusOr<std::unique_ptr<TlsClient>> TlsClient::Dial(int port,
                                                           std::shared_ptr<const TlsTrust> trust) {
  const int descriptor = ConnectTo(port);
  if (descriptor < 0) return absl::UnavailableError("https: not connected");
  SSL* ssl = SSL_new(trust->get());
  std::unique_ptr<TlsClient> client(new TlsClient(descriptor, ssl, std::move(trust)));
  if (ssl == nullptr || SSL_set_fd(ssl, descriptor) != 1 || SSL_connect(ssl) != 1) {
    return absl::UnavailableError("https: no handshake");
  }
  return client;
}

absl::StatusOr<HttpAnswer> TlsClient::Ask(absl::string_view request) {
  std::string body;
  const auto keep = [&body](absl::string_view part) { body.append(part.data(), part.size()); };
  absl::StatusOr<HttpAnswer> answer = AskInParts(request, keep);
  if (answer.ok()) answer->body = std::move(body);
  return answer;
}

absl::StatusOr<HttpAnswer> TlsClient::AskInParts(
    absl::string_view request, const std::function<void(absl::string_view)>& part) {
  if (SSL_write(ssl_, request.data(), static_cast<int>(request.size())) <= 0) {
    return absl::UnavailableError("https: the connection broke");
  }
  AnswerReader reader;
  std::array<char, kReadBytes> buffer;
  while (!reader.over()) {
    const int size = SSL_read(ssl_, buffer.data(), static_cast<int>(buffer.size()));
    if (size <= 0) return absl::UnavailableError("https: the connection broke");
    reader.Feed(absl::string_view(buffer.data(), static_cast<size_t>(size)), part);
  }
  if (reader.state() != AnswerReader::State::kDone) {
    return absl::UnavailableError("https: not an answer");
  }
  return HttpAnswer{reader.status(), ""};
}

}  // namespace hie::bench
