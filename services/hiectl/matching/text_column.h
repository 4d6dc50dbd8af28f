#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace hie::ctl::matching {

// One text a row, in one run of memory: a million ids take little more than their letters.
class TextColumn {
 public:
  void Add(absl::string_view text) {
    bytes_.append(text.data(), text.size());
    ends_.push_back(bytes_.size());
  }
  void Append(const TextColumn& other) {
    const uint64_t base = bytes_.size();
    bytes_ += other.bytes_;
    for (const uint64_t end : other.ends_) ends_.push_back(base + end);
  }
  size_t size() const { return ends_.size(); }
  // Valid until the column changes.
  absl::string_view at(size_t row) const {
    const uint64_t begin = row == 0 ? 0 : ends_[row - 1];
    return absl::string_view(bytes_).substr(begin, ends_[row] - begin);
  }

 private:
  std::string bytes_;
  std::vector<uint64_t> ends_;
};

}  // namespace hie::ctl::matching
