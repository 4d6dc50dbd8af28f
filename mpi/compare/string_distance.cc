#include "mpi/compare/string_distance.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace hie::mpi {
namespace {

// The characters of `a` and `b` that match within the window, each in its own order.
struct Matching {
  std::string in_a;
  std::string in_b;
};

Matching MatchCharacters(absl::string_view a, absl::string_view b) {
  const size_t longest = std::max(a.size(), b.size());
  const size_t window = longest / 2 > 0 ? longest / 2 - 1 : 0;
  std::vector<bool> taken(b.size(), false);
  Matching matching;
  for (size_t i = 0; i < a.size(); ++i) {
    const size_t from = i > window ? i - window : 0;
    const size_t to = std::min(b.size(), i + window + 1);
    for (size_t j = from; j < to; ++j) {
      if (taken[j] || a[i] != b[j]) continue;
      taken[j] = true;
      matching.in_a += a[i];
      break;
    }
  }
  for (size_t j = 0; j < b.size(); ++j) {
    if (taken[j]) matching.in_b += b[j];
  }
  return matching;
}

// Half the places where the matching characters stand in another order.
int64_t Transpositions(const Matching& matching) {
  int64_t different = 0;
  for (size_t i = 0; i < matching.in_a.size(); ++i) {
    different += matching.in_a[i] != matching.in_b[i] ? 1 : 0;
  }
  return different / 2;
}

int OneWay(absl::string_view a, absl::string_view b) {
  const Matching matching = MatchCharacters(a, b);
  const auto m = static_cast<int64_t>(matching.in_a.size());
  if (m == 0) return 0;
  const auto la = static_cast<int64_t>(a.size());
  const auto lb = static_cast<int64_t>(b.size());
  // (m/la + m/lb + (m-t)/m) / 3 with one division, in thousandths.
  const int64_t numerator = m * m * lb + m * m * la + (m - Transpositions(matching)) * la * lb;
  const int64_t jaro = 1000 * numerator / (3 * la * lb * m);
  constexpr size_t kPrefixMax = 4;
  int64_t prefix = 0;
  while (prefix < static_cast<int64_t>(std::min({a.size(), b.size(), kPrefixMax})) &&
         a[static_cast<size_t>(prefix)] == b[static_cast<size_t>(prefix)]) {
    ++prefix;
  }
  return static_cast<int>(jaro + prefix * (1000 - jaro) / 10);
}

}  // namespace

int JaroWinklerPerMille(absl::string_view a, absl::string_view b) {
  if (a.empty() || b.empty()) return 0;
  if (a == b) return 1000;
  // Greedy matching depends on which string leads: always the same one, so it is symmetric.
  return a < b ? OneWay(a, b) : OneWay(b, a);
}

bool OneEditApart(absl::string_view a, absl::string_view b) {
  if (a.size() > b.size()) std::swap(a, b);
  if (b.size() - a.size() > 1 || a == b) return false;
  size_t at = 0;
  while (at < a.size() && a[at] == b[at]) ++at;
  if (a.size() < b.size()) return a.substr(at) == b.substr(at + 1);
  if (a.substr(at + 1) == b.substr(at + 1)) return true;
  return at + 1 < a.size() && a[at] == b[at + 1] && a[at + 1] == b[at] &&
         a.substr(at + 2) == b.substr(at + 2);
}

}  // namespace hie::mpi
