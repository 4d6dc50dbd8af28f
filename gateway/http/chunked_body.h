#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace hie::http {

// Reads a chunked body (RFC 9112 section 7.1), strictly, byte by byte where it is not data.
//
// Ours, because Boost.Beast 1.81 ends the process on some trailers that are cut short.  Chunk
// extensions and trailers are read over.  Total on any bytes; not thread-safe.
class ChunkedBody {
 public:
  enum class State { kMore, kDone, kBad, kTooLarge };

  explicit ChunkedBody(uint64_t bytes_max) : bytes_max_(bytes_max) {}

  // Takes bytes; returns how many are of the body.  What follows kDone is not.
  size_t Feed(absl::string_view bytes);
  State state() const { return state_; }
  size_t size() const { return body_.size(); }
  std::string Take() && { return std::move(body_); }

 private:
  enum class Part {
    kSize,
    kExtension,
    kSizeEnd,
    kData,
    kDataReturn,
    kDataEnd,
    kTrailer,
    kTrailerEnd
  };

  void Byte(char c);
  void SizeByte(char c);
  void SizeDone();
  void TrailerByte(char c);
  void Expect(char c, char wanted, Part next);

  const uint64_t bytes_max_;
  State state_ = State::kMore;
  Part part_ = Part::kSize;
  uint64_t left_ = 0;       // Of the chunk.
  int digits_ = 0;          // Of the size.
  uint64_t overhead_ = 0;   // Bytes of extensions and trailers.
  bool line_empty_ = true;  // Of the trailer.
  std::string body_;
};

}  // namespace hie::http
