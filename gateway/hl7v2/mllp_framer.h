#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace hie::hl7v2 {

// Bytes of the minimal lower layer protocol: <0x0B> message <0x1C><0x0D>.
inline constexpr char kStartBlock = '\x0B';
inline constexpr char kEndBlock = '\x1C';
inline constexpr char kBlockTail = '\x0D';

// Returns `message` between its block characters.
std::string MllpFrame(absl::string_view message);

// Takes messages out of a stream whose parts end anywhere.
//
// Bytes outside of blocks are dropped; those other than line ends are counted.  The tail after the
// end block may be missing.  A block that is larger than the cap breaks the stream: nothing comes
// out of it any more.  Not thread-safe.  Cost: one pass; a message is copied once.
class MllpFramer {
 public:
  explicit MllpFramer(size_t message_bytes_max) : message_bytes_max_(message_bytes_max) {}

  // Takes the next part of the stream.
  void Append(absl::string_view bytes);

  // Returns the next whole message, without block characters; nothing: more bytes are needed.
  std::optional<std::string> Next();

  // A block exceeds the cap: close the connection.
  bool broken() const { return broken_; }
  // A message has begun and not ended.
  bool inside() const { return inside_; }
  // Bytes that stood outside of blocks.
  uint64_t dropped() const { return dropped_; }
  // Blocks that were begun anew before they ended; the first part is dropped.
  uint64_t restarted() const { return restarted_; }
  size_t buffered() const { return buffer_.size() - at_; }

 private:
  // Drops what stands before a start block.
  void SkipOutside();
  // Drops what was broken off: a sender begins the next message with a start block, and no
  // character of a message is one.  False: a part before `end` exceeds the cap.
  bool SkipRestarts(size_t end);
  void Compact();

  const size_t message_bytes_max_;
  std::string buffer_;
  size_t at_ = 0;       // First byte not consumed.
  size_t scanned_ = 0;  // No end block before this one.
  bool inside_ = false;
  bool broken_ = false;
  uint64_t dropped_ = 0;
  uint64_t restarted_ = 0;
};

}  // namespace hie::hl7v2
