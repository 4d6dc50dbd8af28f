#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

// The client of the HTTPS measurements: bytes written before the clock runs, one blocking
// keep-alive connection, as little of its own as can be, since it shares the cores with the server.
namespace hie::bench {

// What every connection starts from: the exchange's authority, TLS 1.2 and later, no client
// certificate.  Thread-safe.
class TlsTrust {
 public:
  // FAILED_PRECONDITION: the file is no certificate.
  static absl::StatusOr<std::shared_ptr<TlsTrust>> Read(const std::string& ca_file);
  ~TlsTrust();
  SSL_CTX* get() const { return context_; }

 private:
  explicit TlsTrust(SSL_CTX* context) : context_(context) {}
  SSL_CTX* const context_;
};

// The answer to one request.
struct HttpAnswer {
  int status = 0;
  std::string body;
};

// One request as it goes over the wire.  `head`: its lines behind the request line, each ended.
std::string HttpText(absl::string_view method, absl::string_view target, absl::string_view head,
                     absl::string_view body);

// One keep-alive connection.  Not thread-safe.
class TlsClient {
 public:
  // Connects to the loopback and shakes hands; verifies the chain, not the name.  UNAVAILABLE: no.
  static absl::StatusOr<std::unique_ptr<TlsClient>> Dial(int port,
                                                         std::shared_ptr<const TlsTrust> trust);
  ~TlsClient();
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  // Sends `request` and reads the answer whole.  UNAVAILABLE: the connection broke.
  absl::StatusOr<HttpAnswer> Ask(absl::string_view request);
  // The same, and the body goes to `part` as it comes, nothing of it kept.
  absl::StatusOr<HttpAnswer> AskInParts(absl::string_view request,
                                        const std::function<void(absl::string_view)>& part);

 private:
  TlsClient(int descriptor, SSL* ssl, std::shared_ptr<const TlsTrust> trust);

  const int descriptor_;
  SSL* const ssl_;
  const std::shared_ptr<const TlsTrust> trust_;
};

}  // namespace hie::bench
