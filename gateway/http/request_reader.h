#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "gateway/http/chunked_body.h"
#include "gateway/http/exchange.h"

namespace hie::http {

// What a reader takes of one request.
struct ReaderLimits {
  uint32_t header_bytes_max = 16 << 10;
  uint32_t target_bytes_max = 8 << 10;
  uint64_t body_bytes_max = 24 << 20;
};

// Reads requests out of a stream of bytes (RFC 9112), without doing any I/O.  Total on any bytes.
// Not thread-safe.  Holds no memory between requests.
class RequestReader {
 public:
  enum class State {
    kIdle,     // No byte of a request is there.
    kHeader,   // Within the header.
    kBody,     // Within the body.
    kRequest,  // A whole request: take it.
    kRefused,  // Not a request that is taken: answer `refusal_status`, then close.
  };

  explicit RequestReader(const ReaderLimits& limits);
  ~RequestReader();

  // Takes bytes as they come; reads on behind a request only after Take.
  State Feed(absl::string_view bytes);
  State state() const { return state_; }

  // In kBody: the client waits for "100 Continue".  True once per request.
  bool TakeContinue();
  // In kRequest: the request, without peer, ids and deadline.  Then reads what follows it.
  Request Take();
  // In kRequest, before Take: the client wants the connection to last.
  bool keep_alive() const { return keep_alive_; }
  // In kRefused: 400, 413, 414, 431, 501 or 505.
  int refusal_status() const { return refusal_status_; }
  // Bytes held of what is not taken yet.
  size_t held() const;

 private:
  struct Parser;  // Boost.Beast's.

  State Refuse(int status);
  State Advance();
  State HeaderDone();
  State RequestDone();
  State AdvanceChunks();

  const ReaderLimits limits_;
  std::string input_;  // Not parsed yet.
  std::unique_ptr<Parser> parser_;
  std::optional<ChunkedBody> chunks_;  // Of a request whose body comes so.
  State state_ = State::kIdle;
  bool continue_wanted_ = false;
  bool keep_alive_ = true;
  int refusal_status_ = 0;
};

}  // namespace hie::http
