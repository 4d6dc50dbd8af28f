#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "gateway/http/exchange.h"

namespace hie::http {

// How the body behind a head ends.
enum class Framing {
  kLength,   // Content-Length.
  kChunked,  // Transfer-Encoding: chunked.
  kNone,     // 1xx, 204, 304: none.
};

// What stands before a body.
struct ResponseHead {
  int status = 200;
  const Headers* headers = nullptr;
  Framing framing = Framing::kLength;
  uint64_t length = 0;
  bool close = false;  // Connection: close.
  absl::Time date;
};

// The head as it goes over the wire, the empty line included.  Line breaks in values are removed:
// no value can begin a field of its own.
std::string HeadText(const ResponseHead& head);

// One chunk of a chunked body; "" gives the last one.
std::string ChunkText(absl::string_view part);

// The reason phrase of a status; "Unknown" where it is not in RFC 9110.
absl::string_view ReasonPhrase(int status);

}  // namespace hie::http
