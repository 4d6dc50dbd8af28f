#include "mpi/compare/string_distance.h"

#include <algorithm>
#include <array>
#include <bit>
#include <climits>
#include <cstdint>
#include <cstring>
#include <vector>

#include "absl/numeric/int128.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace hie::mpi {
namespace {

constexpr size_t kBlockBytes = 16;

#if defined(__SSE2__)

uint64_t Load8(const char* at) {
  uint64_t word = 0;
  std::memcpy(&word, at, sizeof word);
  return word;
}

uint64_t Load4(const char* at) {
  uint32_t word = 0;
  std::memcpy(&word, at, sizeof word);
  return word;
}

// Up to eight bytes, zeros above; never reads past the text.
uint64_t LoadUpTo8(const char* at, size_t size) {
  if (size == 8) return Load8(at);
  if (size >= 4) return Load4(at) | Load4(at + size - 4) << (8 * (size - 4));
  uint64_t word = 0;
  for (size_t i = 0; i < size; ++i) {
    word |= static_cast<uint64_t>(static_cast<unsigned char>(at[i])) << (8 * i);
  }
  return word;
}

// Where each byte stands in a text of at most kBlocks * 16 bytes, as a set of bits.  Comparing a
// byte with sixteen others at once is cheaper than filling a table of 256 masks for short words.
template <size_t kBlocks>
class Places {
 public:
  explicit Places(absl::string_view text) : within_(Within(text.size())) {
    if constexpr (kBlocks == 1) {
      const size_t low = std::min<size_t>(text.size(), 8);
      blocks_[0] =
          _mm_set_epi64x(static_cast<int64_t>(LoadUpTo8(text.data() + low, text.size() - low)),
                         static_cast<int64_t>(LoadUpTo8(text.data(), low)));
    } else {
      alignas(kBlockBytes) char bytes[kBlocks * kBlockBytes] = {};
      std::memcpy(bytes, text.data(), text.size());
      std::memcpy(blocks_, bytes, sizeof bytes);
    }
  }

  uint64_t Of(char c) const {
    const __m128i all = _mm_set1_epi8(c);
    uint64_t places = 0;
    for (size_t block = 0; block < kBlocks; ++block) {
      const int mask = _mm_movemask_epi8(_mm_cmpeq_epi8(blocks_[block], all));
      places |= static_cast<uint64_t>(static_cast<uint32_t>(mask)) << (block * kBlockBytes);
    }
    return places & within_;  // The padding equals a zero byte.
  }

 private:
  static uint64_t Within(size_t size) { return size == 0 ? 0 : ~uint64_t{0} >> (64 - size); }

  uint64_t within_;
  __m128i blocks_[kBlocks];
};

#else

// The same, a byte at a time.
template <size_t kBlocks>
class Places {
 public:
  explicit Places(absl::string_view text) : text_(text) {}

  uint64_t Of(char c) const {
    uint64_t places = 0;
    for (size_t i = 0; i < text_.size(); ++i) places |= uint64_t{text_[i] == c} << i;
    return places;
  }

 private:
  absl::string_view text_;
};

#endif

// A set of the `count` lowest places.
uint64_t Lowest(size_t count) { return count >= 64 ? ~uint64_t{0} : (uint64_t{1} << count) - 1; }

// How far apart two bytes may stand and still match.
size_t MatchWindow(size_t a, size_t b) {
  const size_t longest = std::max(a, b);
  return longest / 2 > 0 ? longest / 2 - 1 : 0;
}

size_t CommonPrefix(absl::string_view a, absl::string_view b, size_t most) {
  const size_t end = std::min({a.size(), b.size(), most});
  size_t at = 0;
  while (at < end && a[at] == b[at]) ++at;
  return at;
}

// How many bytes match, and how many of these stand in another order in `a` than in `b`.
struct MatchCounts {
  size_t matching = 0;
  size_t displaced = 0;
};

// (m/la + m/lb + (m-t)/m) / 3 with one division, in thousandths, and Winkler's share for a prefix.
template <typename Integer>
int Similarity(const MatchCounts& counts, absl::string_view a, absl::string_view b) {
  constexpr size_t kPrefixMax = 4;
  if (counts.matching == 0) return 0;
  const Integer m = static_cast<Integer>(counts.matching);
  const Integer t = static_cast<Integer>(counts.displaced / 2);
  const Integer la = static_cast<Integer>(a.size());
  const Integer lb = static_cast<Integer>(b.size());
  const Integer numerator = m * m * lb + m * m * la + (m - t) * la * lb;
  const int jaro = static_cast<int>(1000 * numerator / (3 * la * lb * m));
  return jaro + static_cast<int>(CommonPrefix(a, b, kPrefixMax)) * (1000 - jaro) / 10;
}

// Both at most kKernelBytesMax.
template <size_t kBlocks>
MatchCounts CountMatches(absl::string_view a, absl::string_view b) {
  const Places<kBlocks> places(b);
  const size_t window = MatchWindow(a.size(), b.size());
  uint64_t in_window = Lowest(window + 1);
  uint64_t in_a = 0;
  uint64_t in_b = 0;
  MatchCounts counts;
  for (size_t i = 0; i < a.size(); ++i) {
    const uint64_t free = places.Of(a[i]) & in_window & ~in_b;
    const size_t match = free != 0 ? 1 : 0;
    in_b |= free & (~free + 1);
    in_a |= uint64_t{match} << i;
    counts.matching += match;
    in_window = i < window ? in_window << 1 | 1 : in_window << 1;
  }
  for (; in_a != 0; in_a &= in_a - 1, in_b &= in_b - 1) {
    const auto i = static_cast<size_t>(std::countr_zero(in_a));
    const auto j = static_cast<size_t>(std::countr_zero(in_b));
    counts.displaced += a[i] != b[j] ? 1 : 0;
  }
  return counts;
}

// The first free place in `b` of each byte, and the next place of the same byte after each.  Places
// are taken from the left and the window moves right, so no byte's first free place moves back.
class FreePlaces {
 public:
  explicit FreePlaces(absl::string_view b) : next_(b.size()) {
    first_.fill(kNone);
    for (size_t j = b.size(); j-- > 0;) {
      size_t& first = first_[static_cast<unsigned char>(b[j])];
      next_[j] = first;
      first = j;
    }
  }

  // Takes the first free place of `c` in [from, to), or returns kNone.
  size_t Take(char c, size_t from, size_t to) {
    size_t& first = first_[static_cast<unsigned char>(c)];
    while (first != kNone && first < from) first = next_[first];
    if (first == kNone || first >= to) return kNone;
    const size_t taken = first;
    first = next_[first];
    return taken;
  }

  static constexpr size_t kNone = SIZE_MAX;

 private:
  std::array<size_t, 256> first_;
  std::vector<size_t> next_;
};

MatchCounts CountMatchesOfLong(absl::string_view a, absl::string_view b) {
  const size_t window = MatchWindow(a.size(), b.size());
  FreePlaces places(b);
  std::vector<bool> taken(b.size(), false);
  std::vector<char> in_a;
  for (size_t i = 0; i < a.size(); ++i) {
    const size_t from = i > window ? i - window : 0;
    const size_t j = places.Take(a[i], from, std::min(b.size(), i + window + 1));
    if (j == FreePlaces::kNone) continue;
    taken[j] = true;
    in_a.push_back(a[i]);
  }
  MatchCounts counts;
  for (size_t j = 0; j < b.size(); ++j) {
    if (!taken[j]) continue;
    counts.displaced += in_a[counts.matching] != b[j] ? 1 : 0;
    ++counts.matching;
  }
  return counts;
}

// Hyyrö's bit-vectors: bit i of the differences belongs to byte i of `pattern`.  `pattern` is
// neither empty nor longer than kBlocks * 16 bytes.  Above `max` it may return any number above.
template <size_t kBlocks>
int AlignmentDistance(absl::string_view pattern, absl::string_view text, int max) {
  const Places<kBlocks> places(pattern);
  const uint64_t last = uint64_t{1} << (pattern.size() - 1);
  uint64_t up = ~uint64_t{0};  // Vertical differences of +1, of -1.
  uint64_t down = 0;
  uint64_t diagonal = 0;
  uint64_t before = 0;  // The places of the byte before.
  auto distance = static_cast<int>(pattern.size());
  auto left = static_cast<int>(std::min<size_t>(text.size(), INT_MAX));
  for (const char c : text) {
    const uint64_t here = places.Of(c);
    const uint64_t swapped = ((~diagonal & here) << 1) & before;
    diagonal = (((here & up) + up) ^ up) | here | down | swapped;
    const uint64_t right = down | ~(diagonal | up);
    const uint64_t back = diagonal & up;
    distance += (right & last) != 0 ? 1 : 0;
    distance -= (back & last) != 0 ? 1 : 0;
    if (distance - --left > max)
      return distance - left;  // Each further byte takes off one at most.
    up = back << 1 | ~(diagonal | (right << 1 | 1));
    down = (right << 1 | 1) & diagonal;
    before = here;
  }
  return distance;
}

// Rows of the table, only the cells within `max` of the diagonal.  `a` is the shorter.
int AlignmentDistanceOfLong(absl::string_view a, absl::string_view b, int max) {
  const size_t band = static_cast<size_t>(max);
  const int above = max + 1;
  std::vector<int> two_before(b.size() + 1, above);
  std::vector<int> before(b.size() + 1, above);
  std::vector<int> row(b.size() + 1, above);
  for (size_t j = 0; j <= std::min(b.size(), band); ++j) before[j] = static_cast<int>(j);
  int least_before = 0;
  for (size_t i = 1; i <= a.size(); ++i) {
    const size_t from = i > band ? i - band : 0;
    const size_t to = std::min(b.size(), band > b.size() ? b.size() : i + band);
    if (from > 0) row[from - 1] = above;
    int least = above;
    for (size_t j = from; j <= to; ++j) {
      if (j == 0) {
        row[0] = std::min(static_cast<int>(i), above);
      } else {
        const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
        row[j] = std::min({above, before[j] + 1, row[j - 1] + 1,
                           before[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1),
                           swapped ? two_before[j - 2] + 1 : above});
      }
      least = std::min(least, row[j]);
    }
    if (to < b.size()) row[to + 1] = above;
    // A transposition reaches over one row, so two of them must be lost.
    if (least == above && least_before == above) return above;
    least_before = least;
    two_before.swap(before);
    before.swap(row);
  }
  return before[b.size()];
}

// Takes off what both begin and end with: it changes no distance.
void TakeOffCommonEnds(absl::string_view& a, absl::string_view& b) {
  const size_t prefix = CommonPrefix(a, b, SIZE_MAX);
  a.remove_prefix(prefix);
  b.remove_prefix(prefix);
  size_t suffix = 0;
  const size_t end = std::min(a.size(), b.size());
  while (suffix < end && a[a.size() - 1 - suffix] == b[b.size() - 1 - suffix]) ++suffix;
  a.remove_suffix(suffix);
  b.remove_suffix(suffix);
}

}  // namespace

int JaroWinklerPerMille(absl::string_view a, absl::string_view b) {
  if (a.empty() || b.empty()) return 0;
  const int order = a.compare(b);
  if (order == 0) return 1000;
  // Greedy matching depends on which string leads: always the same one, so it is symmetric.
  if (order > 0) std::swap(a, b);
  const size_t longest = std::max(a.size(), b.size());
  if (longest > kKernelBytesMax) {
    return Similarity<absl::int128>(CountMatchesOfLong(a, b), a, b);
  }
  const MatchCounts counts = b.size() <= kBlockBytes
                                 ? CountMatches<1>(a, b)
                                 : CountMatches<kKernelBytesMax / kBlockBytes>(a, b);
  return Similarity<uint32_t>(counts, a, b);
}

int DamerauDistance(absl::string_view a, absl::string_view b, int max) {
  max = std::clamp(max, 0, INT_MAX - 1);
  if (a.size() > b.size()) std::swap(a, b);
  const int above = max + 1;
  if (b.size() - a.size() > static_cast<size_t>(max)) return above;
  TakeOffCommonEnds(a, b);
  if (a.empty()) return static_cast<int>(b.size());
  if (max == 0) return above;
  if (a.size() > kKernelBytesMax) {
    // No distance exceeds the longer's bytes: this bounds the band and the numbers in it.
    const int most = static_cast<int>(std::min(b.size(), static_cast<size_t>(max)));
    return std::min(AlignmentDistanceOfLong(a, b, most), above);
  }
  const int distance = a.size() <= kBlockBytes
                           ? AlignmentDistance<1>(a, b, max)
                           : AlignmentDistance<kKernelBytesMax / kBlockBytes>(a, b, max);
  return std::min(distance, above);
}

bool OneEditApart(absl::string_view a, absl::string_view b) {
  if (a.size() > b.size()) std::swap(a, b);
  const size_t longer = b.size() - a.size();
  if (longer > 1) return false;
  TakeOffCommonEnds(a, b);
  if (longer == 1) return a.empty();
  return a.size() == 1 || (a.size() == 2 && a[0] == b[1] && a[1] == b[0]);
}

}  // namespace hie::mpi
