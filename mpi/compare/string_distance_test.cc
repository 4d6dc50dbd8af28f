#include "mpi/compare/string_distance.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <climits>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "mpi/compare/naive_distance.h"

namespace hie::mpi {
namespace {

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

std::string RandomWord(std::mt19937_64& random, size_t length_max, int letters) {
  std::string word;
  const auto alphabet = static_cast<uint64_t>(letters);
  for (size_t n = random() % (length_max + 1); n > 0; --n) {
    word += static_cast<char>(letters == 256 ? random() : 'a' + random() % alphabet);
  }
  return word;
}

// A word like `word`: random words are rarely near each other.
std::string Mistype(std::string word, std::mt19937_64& random, int letters) {
  for (size_t edits = random() % 5; edits > 0; --edits) {
    const size_t at = random() % (word.size() + 1);
    const char letter = static_cast<char>(
        letters == 256 ? random() : 'a' + random() % static_cast<uint64_t>(letters));
    switch (random() % 4) {
      case 0:
        word.insert(word.begin() + static_cast<std::ptrdiff_t>(at), letter);
        break;
      case 1:
        word.erase(at, 1);
        break;
      case 2:
        if (at < word.size()) word[at] = letter;
        break;
      default:
        if (at + 1 < word.size()) std::swap(word[at], word[at + 1]);
    }
  }
  return word;
}

struct Pair {
  std::string a;
  std::string b;
};

// Pairs of every length that has a path of its own, over small alphabets and over all bytes.
std::vector<Pair> RandomPairs(uint64_t seed) {
  std::mt19937_64 random(seed);
  const struct {
    size_t length_max;
    int letters;
    int count;
  } kinds[] = {{7, 2, 20000},  {7, 4, 40000},   {18, 3, 40000},  {18, 256, 5000},
               {66, 3, 20000}, {66, 2, 10000},  {66, 256, 5000}, {140, 2, 2000},
               {140, 4, 2000}, {300, 256, 300}, {16, 5, 30000},  {1, 256, 5000}};
  std::vector<Pair> pairs;
  for (const auto& kind : kinds) {
    for (int i = 0; i < kind.count; ++i) {
      std::string a = RandomWord(random, kind.length_max, kind.letters);
      std::string b = i % 2 == 0 ? RandomWord(random, kind.length_max, kind.letters)
                                 : Mistype(a, random, kind.letters);
      pairs.push_back({std::move(a), std::move(b)});
    }
  }
  return pairs;
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
  for (auto [a, b] : RandomPairs(seed)) {
    const int similarity = JaroWinklerPerMille(a, b);
    ASSERT_EQ(similarity, JaroWinklerPerMille(b, a)) << a << " " << b;
    ASSERT_EQ(similarity, NaiveJaroWinklerPerMille(a, b)) << a << " " << b;
    ASSERT_EQ(similarity == 1000 && !a.empty(), a == b && !a.empty()) << a << " " << b;
    if (a > b) std::swap(a, b);  // The leading string decides which characters match.
    if (a.empty()) continue;
    ASSERT_NEAR(similarity, 1000 * NaiveJaroWinkler(a, b), 2.0) << a << " " << b;
  }
}

TEST(DamerauDistanceTest, EqualsTheWholeTableUpToEveryLimit) {
  const uint64_t seed = 13;
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  for (const auto& [a, b] : RandomPairs(seed)) {
    const int distance = NaiveDamerau(a, b);
    for (const int max : {0, 1, 2, 3, 5, 20, 64, 1000, INT_MAX}) {
      const int expected = distance > max ? max + 1 : distance;
      ASSERT_EQ(DamerauDistance(a, b, max), expected) << a << " " << b << " " << max;
      ASSERT_EQ(DamerauDistance(b, a, max), expected) << a << " " << b << " " << max;
    }
  }
}

TEST(DamerauDistanceTest, EqualsThePublishedExamples) {
  EXPECT_EQ(DamerauDistance("ca", "abc", 9), 3);  // Optimal string alignment; 2 unrestricted.
  EXPECT_EQ(DamerauDistance("survey", "surgery", 9), 2);
  EXPECT_EQ(DamerauDistance("martha", "marhta", 9), 1);
  EXPECT_EQ(DamerauDistance("", "abc", 9), 3);
  EXPECT_EQ(DamerauDistance("", "abc", 2), 3);
  EXPECT_EQ(DamerauDistance("", "", 0), 0);
  EXPECT_EQ(DamerauDistance("a", "b", -7), 1);
}

TEST(DamerauDistanceTest, LongStringsAreCompared) {
  const std::string a(10'000, 'a');
  std::string b = a;
  b[5'000] = 'b';
  b[9'000] = 'c';
  b += "d";
  EXPECT_EQ(DamerauDistance(a, b, 5), 3);
  EXPECT_EQ(DamerauDistance(b, a, 2), 3);
  EXPECT_EQ(JaroWinklerPerMille(a, a + "b"), 999);
  EXPECT_EQ(JaroWinklerPerMille(a, std::string(10'000, 'b')), 0);
  EXPECT_FALSE(OneEditApart(a, b));
}

TEST(OneEditApartTest, EqualsDistanceOneOfTheWholeTable) {
  const uint64_t seed = 12;
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  int apart = 0;
  for (const auto& [a, b] : RandomPairs(seed)) {
    ASSERT_EQ(OneEditApart(a, b), NaiveDamerau(a, b) == 1) << a << " " << b;
    ASSERT_EQ(OneEditApart(a, b), OneEditApart(b, a));
    apart += OneEditApart(a, b) ? 1 : 0;
  }
  EXPECT_GT(apart, 1000);
}

TEST(KernelsTest, AZeroByteIsAByteLikeAnother) {
  const std::string zero(1, '\0');
  EXPECT_EQ(DamerauDistance(zero + "abc", "abc", 5), 1);
  EXPECT_EQ(JaroWinklerPerMille(zero + "abc", "zabc"),
            NaiveJaroWinklerPerMille(zero + "abc", "zabc"));
  EXPECT_EQ(JaroWinklerPerMille(zero, "a"), 0);
}

}  // namespace
}  // namespace hie::mpi
