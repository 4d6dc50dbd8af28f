#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "services/hiectl/matching/link_score.h"
#include "services/hiectl/matching/pair_truth.h"

namespace hie::ctl::matching {
namespace {

// Looks at every pair: the oracle.
PairCounts CountNaively(const std::vector<uint32_t>& clusters, const std::vector<uint32_t>& truths,
                        const std::vector<uint8_t>& inputs, PairScope scope) {
  PairCounts counts;
  for (size_t i = 0; i < clusters.size(); ++i) {
    if (truths[i] == kNoTruth) {
      ++counts.unlabelled;
      continue;
    }
    for (size_t j = 0; j < i; ++j) {
      if (truths[j] == kNoTruth) continue;
      if (scope == PairScope::kAcrossInputs && inputs[i] == inputs[j]) continue;
      const bool linked = clusters[i] == clusters[j];
      const bool expected = truths[i] == truths[j];
      counts.linked += linked ? 1 : 0;
      counts.expected += expected ? 1 : 0;
      counts.right += linked && expected ? 1 : 0;
    }
  }
  return counts;
}

TEST(LinkScoreTest, EqualsCountingEveryPair) {
  constexpr uint32_t kSeed = 5;
  std::mt19937 random(kSeed);
  for (int round = 0; round < 200; ++round) {
    const size_t size = random() % 60;
    std::vector<uint32_t> clusters(size), truths(size);
    std::vector<uint8_t> inputs(size);
    for (size_t i = 0; i < size; ++i) {
      clusters[i] = random() % 9;
      truths[i] = random() % 10;
      if (truths[i] == 9) truths[i] = kNoTruth;
      inputs[i] = static_cast<uint8_t>(random() % 2);
    }
    for (const PairScope scope : {PairScope::kAll, PairScope::kAcrossInputs}) {
      const PairCounts fast = CountPairs(clusters, truths, inputs, scope);
      const PairCounts slow = CountNaively(clusters, truths, inputs, scope);
      EXPECT_EQ(fast.linked, slow.linked) << "seed " << kSeed;
      EXPECT_EQ(fast.expected, slow.expected) << "seed " << kSeed;
      EXPECT_EQ(fast.right, slow.right) << "seed " << kSeed;
      EXPECT_EQ(fast.unlabelled, slow.unlabelled) << "seed " << kSeed;
    }
  }
}

TEST(LinkScoreTest, SharesAreThoseOfTheBook) {
  const PairCounts counts{8, 10, 6, 0};
  EXPECT_DOUBLE_EQ(counts.precision(), 0.75);
  EXPECT_DOUBLE_EQ(counts.recall(), 0.6);
  EXPECT_DOUBLE_EQ(counts.f1(), 2 * 0.75 * 0.6 / (0.75 + 0.6));
  EXPECT_EQ(counts.wrong(), 2u);
  EXPECT_EQ(counts.missed(), 4u);
  EXPECT_DOUBLE_EQ(PairCounts{}.precision(), 1.0);
}

TEST(LinkScoreTest, EqualTruthsHaveOneNumberAndNoTruthHasNone) {
  TextColumn truths;
  for (const char* text : {"x", "y", "", "x"}) truths.Add(text);
  EXPECT_EQ(NumberTruths(truths), (std::vector<uint32_t>{0, 1, kNoTruth, 0}));
}

TEST(PairTruthTest, WordsOfTruthsAreKnown) {
  const struct {
    const char* value;
    std::optional<Verdict> verdict;
  } cases[] = {{"Match", Verdict::kLink},
               {" 1 ", Verdict::kLink},
               {"TRUE", Verdict::kLink},
               {"Possible Match", Verdict::kReview},
               {"Not Sure", Verdict::kReview},
               {"Not a Match", Verdict::kNo},
               {"0", Verdict::kNo},
               {"", std::nullopt},
               {"perhaps never", std::nullopt}};
  for (const auto& c : cases) EXPECT_EQ(ReadVerdict(c.value, {}), c.verdict) << c.value;
  EXPECT_EQ(ReadVerdict("SAME-ISH", {"same-ish"}), Verdict::kLink);
  EXPECT_EQ(ReadVerdict("Match", {"same-ish"}), Verdict::kNo);
  EXPECT_EQ(ReadVerdict("not sure", {"same-ish"}), Verdict::kReview);
}

TEST(PairTruthTest, TheTableCountsExpectedAgainstOutcome) {
  const PairTable table = CountVerdicts({{Verdict::kLink, Verdict::kLink, 9000, false},
                                         {Verdict::kLink, Verdict::kReview, 3000, false},
                                         {Verdict::kReview, Verdict::kLink, 8000, false},
                                         {Verdict::kNo, Verdict::kNo, -1000, false},
                                         {Verdict::kNo, Verdict::kLink, 7500, false}});
  EXPECT_EQ(table.all(), 5u);
  EXPECT_DOUBLE_EQ(table.precision(), 0.5);
  EXPECT_DOUBLE_EQ(table.f1(), 0.5);
  EXPECT_DOUBLE_EQ(table.recall(), 0.5);
  EXPECT_DOUBLE_EQ(table.accuracy(), 0.4);
  EXPECT_DOUBLE_EQ(table.false_match_share(), 0.5);
}

TEST(PairTruthTest, RecallAtAShareTakesTiesTogetherAndVetoesOut) {
  std::vector<JudgedPair> pairs = {{Verdict::kLink, Verdict::kLink, 9, false},
                                   {Verdict::kLink, Verdict::kLink, 5, false},
                                   {Verdict::kNo, Verdict::kLink, 5, false},
                                   {Verdict::kLink, Verdict::kLink, 3, false},
                                   {Verdict::kNo, Verdict::kReview, 99, true}};
  EXPECT_DOUBLE_EQ(RecallAtFalseShare(pairs, 0.0), 1.0 / 3);
  EXPECT_DOUBLE_EQ(RecallAtFalseShare(pairs, 0.5), 1.0);
}

}  // namespace
}  // namespace hie::ctl::matching
