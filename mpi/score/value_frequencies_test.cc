#include "mpi/score/value_frequencies.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace hie::mpi {
namespace {

constexpr uint64_t kSeed = 1'234;

TEST(ValueFrequenciesTest, EqualAMap) {
  SCOPED_TRACE(kSeed);
  std::mt19937_64 random(kSeed);
  for (const size_t size : {size_t{0}, size_t{1}, size_t{7}, size_t{8}, size_t{9}, size_t{5'000}}) {
    std::map<uint64_t, uint32_t> map;
    while (map.size() < size) {
      const auto value = static_cast<uint32_t>(random() % 20'000);
      map[ValueFrequencies::Key(random() % 20, value)] = 1 + static_cast<uint32_t>(random() % 9);
    }
    std::vector<ValueFrequencies::Entry> entries;
    for (const auto& [key, count] : map) entries.push_back({key, count});
    std::shuffle(entries.begin(), entries.end(), random);
    const ValueFrequencies frequencies(entries, {3, 5});
    for (size_t field = 0; field < 20; ++field) {
      for (uint32_t value = 0; value<20'000; value += size> 100 ? 1 : 97) {
        const uint64_t key = ValueFrequencies::Key(field, value);
        const auto found = map.find(key);
        ASSERT_EQ(frequencies.Count(key), found == map.end() ? 0 : found->second);
      }
    }
    EXPECT_TRUE(std::is_sorted(frequencies.entries().begin(), frequencies.entries().end(),
                               [](const auto& a, const auto& b) { return a.key < b.key; }));
  }
}

// All of one place in the table: they stand one behind the other.
TEST(ValueFrequenciesTest, ValuesOfOnePlaceAreToldApart) {
  std::vector<ValueFrequencies::Entry> entries;
  for (uint32_t i = 1; i <= 100; ++i) entries.push_back({uint64_t{i} << 40, i});
  const ValueFrequencies frequencies(entries, {});
  for (uint32_t i = 1; i <= 100; ++i) EXPECT_EQ(frequencies.Count(uint64_t{i} << 40), i);
  EXPECT_EQ(frequencies.Count(uint64_t{101} << 40), 0u);
}

TEST(ValueFrequenciesTest, AFieldThatNobodyCountedHasNoHolders) {
  const ValueFrequencies frequencies({}, {3, 5});
  EXPECT_EQ(frequencies.holders(1), 5u);
  EXPECT_EQ(frequencies.holders(2), 0u);
}

TEST(ValueFrequenciesTest, TheSameValueOfTwoFieldsIsTwoValues) {
  EXPECT_NE(ValueFrequencies::Key(0, 77), ValueFrequencies::Key(1, 77));
}

}  // namespace
}  // namespace hie::mpi
