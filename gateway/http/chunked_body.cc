#include "gateway/http/chunked_body.h"

#include <algorithm>

#include "absl/strings/ascii.h"

namespace hie::http {
namespace {

constexpr int kSizeDigitsMax = 15;
constexpr uint64_t kOverheadMax = 16 << 10;  // Of extensions and trailers together.
constexpr int kHexBase = 16;
constexpr int kTen = 10;

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + kTen;
  if (c >= 'A' && c <= 'F') return c - 'A' + kTen;
  return -1;
}

}  // namespace

size_t ChunkedBody::Feed(absl::string_view bytes) {
  size_t at = 0;
  while (at < bytes.size() && state_ == State::kMore) {
    if (part_ == Part::kData) {
      const size_t take = static_cast<size_t>(std::min<uint64_t>(left_, bytes.size() - at));
      body_.append(bytes.data() + at, take);
      at += take;
      left_ -= take;
      if (left_ == 0) part_ = Part::kDataReturn;
    } else {
      Byte(bytes[at++]);
    }
  }
  return at;
}

void ChunkedBody::Byte(char c) {
  switch (part_) {
    case Part::kSize:
      return SizeByte(c);
    case Part::kExtension:
      if (++overhead_ > kOverheadMax || c == '\n') state_ = State::kBad;
      if (c == '\r') part_ = Part::kSizeEnd;
      return;
    case Part::kSizeEnd:
      if (c != '\n') {
        state_ = State::kBad;
        return;
      }
      return SizeDone();
    case Part::kDataReturn:
      return Expect(c, '\r', Part::kDataEnd);
    case Part::kDataEnd:
      return Expect(c, '\n', Part::kSize);
    case Part::kTrailer:
      return TrailerByte(c);
    case Part::kTrailerEnd:
      if (c == '\n' && line_empty_) {
        state_ = State::kDone;
      } else {
        line_empty_ = true;
        Expect(c, '\n', Part::kTrailer);
      }
      return;
    case Part::kData:
      return;
  }
}

void ChunkedBody::SizeByte(char c) {
  const int digit = HexDigit(c);
  if (digit >= 0 && digits_ < kSizeDigitsMax) {
    left_ = left_ * kHexBase + static_cast<uint64_t>(digit);
    ++digits_;
  } else if (digit < 0 && digits_ > 0 && (c == '\r' || c == ';')) {
    part_ = c == '\r' ? Part::kSizeEnd : Part::kExtension;
  } else {
    state_ = State::kBad;
  }
}

void ChunkedBody::SizeDone() {
  digits_ = 0;
  if (left_ > bytes_max_ - std::min<uint64_t>(bytes_max_, body_.size())) {
    state_ = State::kTooLarge;
  }
  part_ = left_ == 0 ? Part::kTrailer : Part::kData;
}

void ChunkedBody::TrailerByte(char c) {
  if (c == '\r') {
    part_ = Part::kTrailerEnd;
  } else if (++overhead_ > kOverheadMax || (!absl::ascii_isprint(c) && c != '\t')) {
    state_ = State::kBad;
  } else {
    line_empty_ = false;
  }
}

void ChunkedBody::Expect(char c, char wanted, Part next) {
  if (c == wanted) {
    part_ = next;
  } else {
    state_ = State::kBad;
  }
}

}  // namespace hie::http
