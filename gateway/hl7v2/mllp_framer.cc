#include "gateway/hl7v2/mllp_framer.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace hie::hl7v2 {
namespace {

// Below it, moving the rest to the front costs more than it saves.
constexpr size_t kCompactBytes = size_t{64} << 10;

}  // namespace

std::string MllpFrame(absl::string_view message) {
  return absl::StrCat(absl::string_view(&kStartBlock, 1), message, absl::string_view(&kEndBlock, 1),
                      absl::string_view(&kBlockTail, 1));
}

void MllpFramer::Append(absl::string_view bytes) {
  if (!broken_) buffer_.append(bytes.data(), bytes.size());
}

void MllpFramer::Compact() {
  if (at_ == buffer_.size()) {
    buffer_.clear();
    // A large message must not keep its memory while the connection idles.
    if (buffer_.capacity() > kCompactBytes) buffer_.shrink_to_fit();
  } else if (at_ >= kCompactBytes) {
    buffer_.erase(0, at_);
  } else {
    return;
  }
  scanned_ -= at_;
  at_ = 0;
}

void MllpFramer::SkipOutside() {
  const size_t start = std::min(buffer_.find(kStartBlock, at_), buffer_.size());
  for (; at_ < start; ++at_) {
    if (buffer_[at_] != '\r' && buffer_[at_] != '\n') ++dropped_;
  }
  if (at_ < buffer_.size()) {
    ++at_;
    inside_ = true;
  }
  scanned_ = at_;
}

bool MllpFramer::SkipRestarts(size_t end) {
  const absl::string_view block(buffer_.data(), end);
  for (size_t again = block.find(kStartBlock, scanned_); again != absl::string_view::npos;
       again = block.find(kStartBlock, at_)) {
    // Each part in turn, so that the cap breaks the stream wherever it was cut.
    if (again - at_ > message_bytes_max_) return false;
    ++restarted_;
    at_ = again + 1;
  }
  return true;
}

std::optional<std::string> MllpFramer::Next() {
  while (!broken_) {
    if (!inside_) SkipOutside();
    if (!inside_) break;
    const size_t end = std::min(buffer_.find(kEndBlock, scanned_), buffer_.size());
    const bool fits = SkipRestarts(end);
    scanned_ = end;
    if (!fits || end - at_ > message_bytes_max_) {
      broken_ = true;
      buffer_.clear();
      at_ = scanned_ = 0;
      return std::nullopt;
    }
    if (end == buffer_.size()) break;
    std::string message = buffer_.substr(at_, end - at_);
    at_ = scanned_ = end + 1;
    inside_ = false;
    return message;
  }
  Compact();
  return std::nullopt;
}

}  // namespace hie::hl7v2
