#include "mpi/compare/string_distance.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace hie::mpi {
namespace {

// Oracle: optimal string alignment by the whole table.
int NaiveDamerau(const std::string& a, const std::string& b) {
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

// Oracle: the textbook, in floating point.
double NaiveJaroWinkler(const std::string& a, const std::string& b) {
  const int longest = static_cast<int>(std::max(a.size(), b.size()));
  const int window = std::max(longest / 2 - 1, 0);
  std::vector<bool> used_a(a.size()), used_b(b.size());
  double m = 0;
  for (int i = 0; i < static_cast<int>(a.size()); ++i) {
    for (int j = 0; j < static_cast<int>(b.size()); ++j) {
      if (used_a[i] || used_b[j] || a[i] != b[j] || std::abs(i - j) > window) continue;
      used_a[i] = used_b[j] = true;
      m += 1;
    }
  }
  if (m == 0) return 0;
  std::string in_a, in_b;
  for (size_t i = 0; i < a.size(); ++i) in_a += used_a[i] ? std::string(1, a[i]) : "";
  for (size_t j = 0; j < b.size(); ++j) in_b += used_b[j] ? std::string(1, b[j]) : "";
  int different = 0;
  for (size_t i = 0; i < in_a.size(); ++i) different += in_a[i] != in_b[i];
  const double t = different / 2;
  const double jaro =
      (m / static_cast<double>(a.size()) + m / static_cast<double>(b.size()) + (m - t) / m) / 3;
  int prefix = 0;
  while (prefix < 4 && prefix < static_cast<int>(std::min(a.size(), b.size())) &&
         a[prefix] == b[prefix]) {
    ++prefix;
  }
  return jaro + prefix * 0.1 * (1 - jaro);
}

std::string RandomWord(std::mt19937_64& random) {
  std::string word;
  for (size_t n = random() % 8; n > 0; --n) word += static_cast<char>('a' + random() % 4);
  return word;
}

TEST(JaroWinklerTest, EqualsThePublishedExamples) {
  EXPECT_NEAR(JaroWinklerPerMille("martha", "marhta"), 961, 1);
  EXPECT_NEAR(JaroWinklerPerMille("dwayne", "duane"), 840, 1);
  EXPECT_NEAR(JaroWinklerPerMille("dixon", "dicksonx"), 813, 1);
  EXPECT_EQ(JaroWinklerPerMille("", "a"), 0);
  EXPECT_EQ(JaroWinklerPerMille("abc", "xyz"), 0);
  EXPECT_EQ(JaroWinklerPerMille("abc", "abc"), 1000);
}

TEST(JaroWinklerTest, EqualsTheTextbookAndIsSymmetric) {
  const uint64_t seed = 11;
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 50000; ++i) {
    std::string a = RandomWord(random);
    std::string b = RandomWord(random);
    ASSERT_EQ(JaroWinklerPerMille(a, b), JaroWinklerPerMille(b, a)) << a << " " << b;
    if (a > b) std::swap(a, b);  // The leading string decides which characters match.
    if (a.empty()) continue;
    ASSERT_NEAR(JaroWinklerPerMille(a, b), 1000 * NaiveJaroWinkler(a, b), 2.0) << a << " " << b;
  }
}

TEST(OneEditApartTest, EqualsDistanceOneOfTheWholeTable) {
  const uint64_t seed = 12;
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  int apart = 0;
  for (int i = 0; i < 100000; ++i) {
    const std::string a = RandomWord(random);
    const std::string b = RandomWord(random);
    ASSERT_EQ(OneEditApart(a, b), NaiveDamerau(a, b) == 1) << a << " " << b;
    ASSERT_EQ(OneEditApart(a, b), OneEditApart(b, a));
    apart += OneEditApart(a, b) ? 1 : 0;
  }
  EXPECT_GT(apart, 1000);
}

}  // namespace
}  // namespace hie::mpi
