#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "gateway/fetch/address_rule.h"
#include "gateway/fetch/url.h"
#include "gateway/http/exchange.h"

namespace hie::fetch {

// A request to another server.
struct FetchRequest {
  http::Method method = http::Method::kGet;  // GET or POST.
  Url url;
  http::Headers headers;
  std::string body;
  AddressRule rule = AddressRule::kPublic;
  absl::Duration budget = absl::Seconds(10);  // For all of it.
  uint64_t body_bytes_max = 16 << 20;
};

// The head of an answer, and its body unless it was streamed.
struct FetchResponse {
  int status = 0;
  http::Headers headers;
  std::string body;
};

// A running request.  Cancel is idempotent; after it `done` may or may not be called.
class FetchCall {
 public:
  virtual ~FetchCall() = default;
  virtual void Cancel() = 0;
};

// An HTTPS/1.1 client for what the directory names: members' FHIR servers, their token endpoints
// and key sets.
//
// The server's certificate must be for the URL's host and verify against the trust anchors.  Every
// address that a name resolves to is judged by the rule of the request and the connection goes to a
// judged one, so that a name cannot lead inside (SSRF, DNS rebinding).  Redirects are answers like
// any other: not followed.  Idle connections are kept and used again.  Thread-safe.
class HttpsClient {
 public:
  struct Options {
    std::string trust_anchors;  // PEM file; empty: the system's.
    int connections_max = 64;   // At a time; beyond it RESOURCE_EXHAUSTED.
    // Of those to one host and port: one that is slow does not take them all.
    int connections_per_authority_max = 16;
    absl::Duration idle_time = absl::Seconds(30);
  };

  // FAILED_PRECONDITION: the trust anchors cannot be read.
  static absl::StatusOr<std::unique_ptr<HttpsClient>> Open(Options options);

  // Ends what runs; callbacks not called yet get CANCELLED.
  virtual ~HttpsClient() = default;

  // `on_chunk`, where given, gets the body of a 2xx answer in parts (at most 256 KiB), and
  // `body` stays empty; returning false gives the request up (CANCELLED).  `done` once, on the
  // client's thread; must not block.
  //
  // Errors: DEADLINE_EXCEEDED; UNAVAILABLE (name, connection or TLS; the message says which and
  // names no address); RESOURCE_EXHAUSTED: too many run at a time, in all or to this host and port;
  // PERMISSION_DENIED: every address is refused by the rule; OUT_OF_RANGE: the
  // body is larger than allowed; DATA_LOSS: the answer broke off or is no HTTP.
  virtual std::shared_ptr<FetchCall> Fetch(
      FetchRequest request, std::function<bool(absl::string_view)> on_chunk,
      std::function<void(absl::StatusOr<FetchResponse>)> done) = 0;
};

}  // namespace hie::fetch
