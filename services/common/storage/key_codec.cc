#include "services/common/storage/key_codec.h"

#include "services/common/base/status_macros.h"

namespace hie {
namespace {

constexpr char kZero = '\0';
constexpr char kZeroInText = '\xff';
constexpr char kEndOfText = '\x01';

// Moves the signed numbers into unsigned order.
constexpr uint64_t kSignBit = uint64_t{1} << 63;

absl::Status Malformed() { return absl::DataLossError("stored key is malformed"); }

uint64_t Ordered(absl::Time time) {
  return static_cast<uint64_t>(absl::ToUnixMicros(time)) ^ kSignBit;
}

absl::Time FromOrdered(uint64_t ordered) {
  return absl::FromUnixMicros(static_cast<int64_t>(ordered ^ kSignBit));
}

}  // namespace

KeyWriter& KeyWriter::U8(uint8_t value) { return BigEndian(value, 1); }
KeyWriter& KeyWriter::U32(uint32_t value) { return BigEndian(value, 4); }
KeyWriter& KeyWriter::U64(uint64_t value) { return BigEndian(value, 8); }

KeyWriter& KeyWriter::Text(absl::string_view text) {
  for (const char c : text) {
    key_ += c;
    if (c == kZero) key_ += kZeroInText;
  }
  key_ += kZero;
  key_ += kEndOfText;
  return *this;
}

KeyWriter& KeyWriter::Time(absl::Time time) { return U64(Ordered(time)); }
KeyWriter& KeyWriter::TimeDescending(absl::Time time) { return U64(~Ordered(time)); }

KeyWriter& KeyWriter::BigEndian(uint64_t value, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
    key_ += static_cast<char>(value >> shift & 0xff);
  }
  return *this;
}

absl::StatusOr<uint8_t> KeyReader::U8() {
  HIE_ASSIGN_OR_RETURN(const uint64_t value, BigEndian(1));
  return static_cast<uint8_t>(value);
}

absl::StatusOr<uint32_t> KeyReader::U32() {
  HIE_ASSIGN_OR_RETURN(const uint64_t value, BigEndian(4));
  return static_cast<uint32_t>(value);
}

absl::StatusOr<uint64_t> KeyReader::U64() { return BigEndian(8); }

absl::StatusOr<std::string> KeyReader::Text() {
  std::string text;
  for (size_t i = 0; i < rest_.size(); ++i) {
    if (rest_[i] != kZero) {
      text += rest_[i];
      continue;
    }
    if (++i == rest_.size()) return Malformed();
    if (rest_[i] == kEndOfText) {
      rest_.remove_prefix(i + 1);
      return text;
    }
    if (rest_[i] != kZeroInText) return Malformed();
    text += kZero;
  }
  return Malformed();
}

absl::StatusOr<absl::Time> KeyReader::Time() {
  HIE_ASSIGN_OR_RETURN(const uint64_t ordered, U64());
  return FromOrdered(ordered);
}

absl::StatusOr<absl::Time> KeyReader::TimeDescending() {
  HIE_ASSIGN_OR_RETURN(const uint64_t inverted, U64());
  return FromOrdered(~inverted);
}

absl::StatusOr<uint64_t> KeyReader::BigEndian(size_t bytes) {
  if (rest_.size() < bytes) return Malformed();
  uint64_t value = 0;
  for (const char c : rest_.substr(0, bytes)) value = value << 8 | static_cast<unsigned char>(c);
  rest_.remove_prefix(bytes);
  return value;
}

std::string PrefixEnd(absl::string_view prefix) {
  std::string end(prefix);
  while (!end.empty() && end.back() == '\xff') end.pop_back();
  if (!end.empty()) ++end.back();
  return end;
}

}  // namespace hie
