#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

// The definitions of string_distance.h, written down without haste: for tests and fuzzers only.
namespace hie::mpi {

// Oracle: optimal string alignment by the whole table.
inline int NaiveDamerau(absl::string_view a, absl::string_view b) {
  std::vector<std::vector<int>> d(a.size() + 1, std::vector<int>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) d[i][0] = static_cast<int>(i);
  for (size_t j = 0; j <= b.size(); ++j) d[0][j] = static_cast<int>(j);
  for (size_t i = 1; i <= a.size(); ++i) {
    for (size_t j = 1; j <= b.size(); ++j) {
      const int cost = a[i - 1] == b[j - 1] ? 0 : 1;
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + cost});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
      }
    }
  }
  return d[a.size()][b.size()];
}

// Oracle: the definition, byte by byte, with the same integers.  The lesser string leads.
inline int NaiveJaroWinklerPerMille(absl::string_view a, absl::string_view b) {
  if (a.empty() || b.empty()) return 0;
  if (a == b) return 1000;
  if (b < a) std::swap(a, b);
  const size_t longest = std::max(a.size(), b.size());
  const size_t window = longest / 2 > 0 ? longest / 2 - 1 : 0;
  std::vector<bool> taken(b.size(), false);
  std::string in_a, in_b;
  for (size_t i = 0; i < a.size(); ++i) {
    for (size_t j = i > window ? i - window : 0; j < std::min(b.size(), i + window + 1); ++j) {
      if (taken[j] || a[i] != b[j]) continue;
      taken[j] = true;
      in_a += a[i];
      break;
    }
  }
  for (size_t j = 0; j < b.size(); ++j) in_b += taken[j] ? std::string(1, b[j]) : "";
  const auto m = static_cast<int64_t>(in_a.size());
  if (m == 0) return 0;
  int64_t displaced = 0;
  for (size_t i = 0; i < in_a.size(); ++i) displaced += in_a[i] != in_b[i] ? 1 : 0;
  const auto la = static_cast<int64_t>(a.size());
  const auto lb = static_cast<int64_t>(b.size());
  const int64_t numerator = m * m * lb + m * m * la + (m - displaced / 2) * la * lb;
  const int64_t jaro = 1000 * numerator / (3 * la * lb * m);
  int64_t prefix = 0;
  for (size_t i = 0; i < std::min({a.size(), b.size(), size_t{4}}) && a[i] == b[i]; ++i) ++prefix;
  return static_cast<int>(jaro + prefix * (1000 - jaro) / 10);
}

}  // namespace hie::mpi
