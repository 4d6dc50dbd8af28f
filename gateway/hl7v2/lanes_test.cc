#include "gateway/hl7v2/lanes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "absl/strings/str_cat.h"

namespace hie::hl7v2 {
namespace {

TEST(LanesTest, RunsTogetherWhatSharesNoKey) {
  Lanes lanes;
  lanes.Add(1, {"a"});
  lanes.Add(2, {"b"});
  lanes.Add(3, {});
  EXPECT_EQ(lanes.TakeReady(), 1u);
  EXPECT_EQ(lanes.TakeReady(), 2u);
  EXPECT_EQ(lanes.TakeReady(), 3u);
  EXPECT_EQ(lanes.TakeReady(), std::nullopt);
}

TEST(LanesTest, HoldsAMergeUntilBothIdsAreFree) {
  Lanes lanes;
  lanes.Add(1, {"a"});
  lanes.Add(2, {"b"});
  lanes.Add(3, {"a", "b"});
  lanes.Add(4, {"b"});
  EXPECT_EQ(lanes.TakeReady(), 1u);
  EXPECT_EQ(lanes.TakeReady(), 2u);
  lanes.Done(1);
  EXPECT_EQ(lanes.TakeReady(), std::nullopt);
  lanes.Done(2);
  EXPECT_EQ(lanes.TakeReady(), 3u);
  EXPECT_EQ(lanes.TakeReady(), std::nullopt);
  lanes.Done(3);
  EXPECT_EQ(lanes.TakeReady(), 4u);
  lanes.Done(4);
  EXPECT_EQ(lanes.size(), 0u);
}

// The oracle: of the jobs that share a key, the running one is always the oldest not done.
TEST(LanesTest, KeepsTheOrderOfEveryKeyUnderAnyHistory) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937 random(seed);
  for (int round = 0; round < 300; ++round) {
    Lanes lanes;
    std::map<uint64_t, std::set<std::string>> undone;  // In order of addition.
    std::set<uint64_t> running;
    uint64_t next = 1;
    for (int step = 0; step < 200 || !undone.empty(); ++step) {
      if (step < 200 && random() % 2 == 0) {
        std::set<std::string> keys;
        for (int i = static_cast<int>(random() % 4); i > 0; --i) {
          keys.insert(std::string(1, static_cast<char>('a' + random() % 6)));
        }
        undone[next] = keys;
        lanes.Add(next++, {keys.begin(), keys.end()});
      }
      while (const std::optional<uint64_t> job = lanes.TakeReady()) {
        for (const auto& [earlier, keys] : undone) {
          if (earlier == *job) break;
          for (const std::string& key : keys) ASSERT_FALSE(undone[*job].contains(key));
        }
        running.insert(*job);
      }
      ASSERT_EQ(lanes.size(), undone.size());
      if (running.empty()) {
        ASSERT_TRUE(undone.empty());
        continue;
      }
      auto done = running.begin();
      std::advance(done, static_cast<long>(random() % running.size()));
      lanes.Done(*done);
      undone.erase(*done);
      running.erase(done);
    }
  }
}

}  // namespace
}  // namespace hie::hl7v2
