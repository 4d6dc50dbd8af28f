#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"

namespace hie::mpi {

// A fixed set of words, made when the program is compiled.
//
// Most words asked for are in no list, so a look at the first byte and the length refuses nearly
// all; the rest is a binary search.  Allocates nothing.
template <size_t N>
class WordSet {
 public:
  // NOLINTNEXTLINE(google-explicit-constructor): reads as the list that it is.
  constexpr WordSet(const char* const (&words)[N]) {
    for (size_t i = 0; i < N; ++i) {
      words_[i] = absl::string_view(words[i]);
      lengths_[FirstOf(words_[i])] |= LengthBit(words_[i]);
    }
    std::sort(words_.begin(), words_.end(), Less);
  }

  bool Contains(absl::string_view word) const {
    if (word.empty() || (lengths_[FirstOf(word)] & LengthBit(word)) == 0) return false;
    return std::binary_search(words_.begin(), words_.end(), word);
  }

 private:
  static constexpr size_t FirstOf(absl::string_view word) {
    return static_cast<unsigned char>(word[0]) % 32;
  }
  static constexpr uint32_t LengthBit(absl::string_view word) {
    return uint32_t{1} << (word.size() < 31 ? word.size() : 31);
  }
  // absl::string_view compares at run time only.
  static constexpr bool Less(absl::string_view a, absl::string_view b) {
    for (size_t i = 0; i < a.size() && i < b.size(); ++i) {
      const auto x = static_cast<unsigned char>(a[i]);
      const auto y = static_cast<unsigned char>(b[i]);
      if (x != y) return x < y;
    }
    return a.size() < b.size();
  }

  std::array<absl::string_view, N> words_;
  std::array<uint32_t, 32> lengths_ = {};
};

}  // namespace hie::mpi
