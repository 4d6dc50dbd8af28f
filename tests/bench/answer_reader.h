#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "absl/strings/string_view.h"

namespace hie::bench {

// Takes one HTTP/1.1 answer out of a stream of bytes: a status, and a body by length or in chunks.
// For answers of servers that are measured, which are known to be in order; what is not is an
// error. Not thread-safe.
class AnswerReader {
 public:
  enum class State { kHead, kLength, kChunkLine, kChunk, kDone, kBroken };

  // Takes the next bytes; those of the body go to `part`, nothing of it is kept.
  State Feed(absl::string_view bytes, const std::function<void(absl::string_view)>& part);

  State state() const { return state_; }
  bool over() const { return state_ == State::kDone || state_ == State::kBroken; }
  int status() const { return status_; }

 private:
  // Each takes what it can of the bytes held; false: more are needed.
  bool TakeHead();
  bool TakeChunkLine();
  bool TakeBody(const std::function<void(absl::string_view)>& part);
  absl::string_view held() const { return absl::string_view(pending_).substr(done_); }

  State state_ = State::kHead;
  int status_ = 0;
  uint64_t left_ = 0;  // Of the body, or of the chunk with its line end.
  std::string pending_;
  size_t done_ = 0;  // Of `pending_`.
};

}  // namespace hie::bench
