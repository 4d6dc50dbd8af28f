#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

// One HTTP/1.1 request and its answer (RFC 9110, RFC 9112), without a library's types: what the
// FHIR and token doors are written against, and what tests stand in for.
namespace hie::http {

// Methods that a handler may see; others are answered 501 before it.
enum class Method { kGet, kHead, kPost, kPut, kPatch, kDelete, kOptions };

// Header fields in order.  Names are compared without regard to case.
class Headers {
 public:
  Headers() = default;
  Headers(std::initializer_list<std::pair<std::string, std::string>> fields) : fields_(fields) {}
  // The first field of that name; empty: none.
  absl::string_view Get(absl::string_view name) const;
  bool Has(absl::string_view name) const;
  void Add(absl::string_view name, absl::string_view value);
  // Replaces every field of that name.
  void Set(absl::string_view name, absl::string_view value);
  const std::vector<std::pair<std::string, std::string>>& fields() const { return fields_; }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

// Who is at the other end.
struct Peer {
  std::string address;            // IP address, without port.
  std::string public_key_sha256;  // Of a verified client certificate, lower-case hex; empty: none.
};

// A request, read whole, within the listener's limits.
struct Request {
  Method method = Method::kGet;
  std::string path;   // As received, percent-encoded, without query.
  std::string query;  // Behind the '?', as received; may hold patient data: never logged.
  Headers headers;
  std::string body;
  Peer peer;
  std::string request_id;   // X-Request-Id where it has an acceptable form, else made.
  std::string traceparent;  // W3C, with a span of this request; made where absent or malformed.
  absl::Time deadline = absl::InfiniteFuture();
};

// A whole answer.  Content-Length, Date and X-Request-Id are set by the listener.
struct Response {
  int status = 200;
  Headers headers;
  std::string body;
};

// Writes a body in parts.  Thread-safe.  Dropped without End, the connection is closed before the
// body is complete, so that the client cannot take it for whole.
class BodyWriter {
 public:
  virtual ~BodyWriter() = default;
  // Writes one part; `done(true)` when the transport took it, `done(false)` when the client is gone
  // or too slow.  One Write at a time; `done` runs on the listener's thread and must not block.
  virtual void Write(std::string part, std::function<void(bool)> done) = 0;
  // Completes the body.
  virtual void End() = 0;
  // Breaks the connection: the body is not whole.
  virtual void Abort() = 0;
};

// One request on its way to an answer.  Thread-safe; answered exactly once, by Respond or Stream.
// Dropped unanswered, it answers 500.
class Exchange {
 public:
  virtual ~Exchange() = default;
  virtual const Request& request() const = 0;
  // Answers whole.  For HEAD the body is counted and not sent.
  virtual void Respond(Response response) = 0;
  // Answers in parts, chunked unless `length` says how many bytes will come.
  virtual std::shared_ptr<BodyWriter> Stream(int status, Headers headers,
                                             std::optional<uint64_t> length) = 0;
  // Calls `then` once, on the listener's thread, when the client has gone before the answer was
  // complete; at once where it has.  Must not block.
  virtual void WhenGone(std::function<void()> then) = 0;
};

// Answers requests.  Called on the listener's threads; must not block and may answer later.
using Handler = std::function<void(std::shared_ptr<Exchange>)>;

}  // namespace hie::http
