#include "tests/bench/answer_reader.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"

namespace hie::bench {
namespace {

constexpr absl::string_view kLineEnd = "\r\n";
constexpr absl::string_view kHeadEnd = "\r\n\r\n";

}  // namespace

AnswerReader::State AnswerReader::Feed(absl::string_view bytes,
                                       const std::function<void(absl::string_view)>& part) {
  pending_.append(bytes.data(), bytes.size());
  bool more = true;
  while (more && !over()) {
    if (state_ == State::kHead) {
      more = TakeHead();
    } else if (state_ == State::kChunkLine) {
      more = TakeChunkLine();
    } else {
      more = TakeBody(part);
    }
  }
  pending_.erase(0, std::exchange(done_, 0));
  return state_;
}

bool AnswerReader::TakeHead() {
  const size_t end = held().find(kHeadEnd);
  if (end == absl::string_view::npos) return false;
  const std::vector<absl::string_view> lines = absl::StrSplit(held().substr(0, end), kLineEnd);
  // "HTTP/1.1 200 OK"
  const bool known = lines[0].size() >= 12 && absl::StartsWith(lines[0], "HTTP/1.1 ") &&
                     absl::SimpleAtoi(lines[0].substr(9, 3), &status_);
  state_ = known ? State::kDone : State::kBroken;
  for (const absl::string_view line : lines) {
    const std::pair<absl::string_view, absl::string_view> field =
        absl::StrSplit(line, absl::MaxSplits(':', 1));
    const absl::string_view value = absl::StripAsciiWhitespace(field.second);
    if (absl::EqualsIgnoreCase(field.first, "Transfer-Encoding")) state_ = State::kChunkLine;
    if (absl::EqualsIgnoreCase(field.first, "Content-Length") && absl::SimpleAtoi(value, &left_) &&
        left_ > 0) {
      state_ = State::kLength;
    }
  }
  done_ += end + kHeadEnd.size();
  return true;
}

bool AnswerReader::TakeChunkLine() {
  const size_t end = held().find(kLineEnd);
  if (end == absl::string_view::npos) return false;
  if (!absl::SimpleHexAtoi(held().substr(0, end), &left_)) {
    state_ = State::kBroken;
    return true;
  }
  // The last chunk has no bytes and, of the servers here, no trailer behind it.
  const bool last = left_ == 0;
  if (last && held().size() < end + kHeadEnd.size()) return false;
  state_ = last ? State::kDone : State::kChunk;
  left_ += kLineEnd.size();
  done_ += end + kLineEnd.size();
  return true;
}

bool AnswerReader::TakeBody(const std::function<void(absl::string_view)>& part) {
  const uint64_t tail = state_ == State::kChunk ? kLineEnd.size() : 0;
  const auto taken = static_cast<size_t>(std::min<uint64_t>(left_, held().size()));
  if (taken == 0) return false;
  const uint64_t content = left_ > tail ? std::min<uint64_t>(taken, left_ - tail) : 0;
  if (content > 0) part(held().substr(0, static_cast<size_t>(content)));
  done_ += taken;
  left_ -= taken;
  if (left_ == 0) state_ = state_ == State::kChunk ? State::kChunkLine : State::kDone;
  return true;
}

}  // namespace hie::bench
