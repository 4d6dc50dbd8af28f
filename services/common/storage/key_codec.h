#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace hie {

// Builds keys whose byte order is the order of their parts, compared part by part.
//
//   KeyWriter().Text(authority).Text(id).U32(incarnation).key()
//
// A key made of the first parts of another is a prefix of it: scan with it.  Text "ab" is no
// prefix of text "abc".  Not thread-safe.
class KeyWriter {
 public:
  // Unsigned, big-endian.
  KeyWriter& U8(uint8_t value);
  KeyWriter& U32(uint32_t value);
  KeyWriter& U64(uint64_t value);
  // Any bytes: each 00 becomes 00 FF, and 00 01 ends the text.
  KeyWriter& Text(absl::string_view text);
  // Microseconds since 1970, earliest first; finer parts are cut.
  KeyWriter& Time(absl::Time time);
  // The same, latest first.
  KeyWriter& TimeDescending(absl::Time time);

  const std::string& key() const { return key_; }

 private:
  KeyWriter& BigEndian(uint64_t value, int bytes);

  std::string key_;
};

// Takes a key apart, in the order in which it was built.
//
// Every read returns DATA_LOSS where the key does not hold such a part.  `key` must outlive it.
class KeyReader {
 public:
  explicit KeyReader(absl::string_view key) : rest_(key) {}

  absl::StatusOr<uint8_t> U8();
  absl::StatusOr<uint32_t> U32();
  absl::StatusOr<uint64_t> U64();
  absl::StatusOr<std::string> Text();
  absl::StatusOr<absl::Time> Time();
  absl::StatusOr<absl::Time> TimeDescending();

  // Tells whether every part was read.
  bool done() const { return rest_.empty(); }

 private:
  absl::StatusOr<uint64_t> BigEndian(size_t bytes);

  absl::string_view rest_;
};

// Returns the smallest key that is greater than every key starting with `prefix`; empty: none is.
std::string PrefixEnd(absl::string_view prefix);

}  // namespace hie
