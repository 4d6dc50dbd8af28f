#include "mpi/link/group_evidence.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace hie::mpi {
namespace {

constexpr VetoSet kBinding = OnlyVeto(Veto::kGeneration);
constexpr VetoSet kOutweighed = OnlyVeto(Veto::kSsnAndGiven);

const Thresholds& Bounds() { return DefaultModel().thresholds; }

PairEvidence Pair(Millibits weight, VetoSet vetoes = 0) {
  return {weight, weight, vetoes, false, {std::clamp(weight, -kSaidMax, kSaidMax), kSaidMax}};
}

GroupEvidence Of(const std::vector<PairEvidence>& pairs) {
  GroupEvidence evidence;
  for (size_t i = 0; i < pairs.size(); ++i) evidence.Add(pairs[i], i, i + 1);
  return evidence;
}

TEST(GroupEvidenceTest, NothingIsKnownAtFirst) {
  const GroupEvidence nothing;
  EXPECT_EQ(nothing.mean_weight(), kUnscoredWeight);
  EXPECT_FALSE(nothing.Forbidden());
}

TEST(GroupEvidenceTest, OfASinglePairItsWeightTells) {
  PairEvidence poor = Pair(-5'000);
  EXPECT_TRUE(Of({poor}).Supported(Bounds()));
  poor.conflict = true;
  EXPECT_FALSE(Of({poor}).Forbidden());
  EXPECT_FALSE(Of({Pair(12'000, kOutweighed)}).Supported(Bounds()));
  EXPECT_TRUE(Of({Pair(12'000, kBinding)}).Forbidden());
}

TEST(GroupEvidenceTest, AVetoedPairSpeaksAgainstWithAllThatItCanSay) {
  const PairEvidence strong = Pair(20'000);
  const PairEvidence vetoed = Pair(20'000, kOutweighed);
  EXPECT_FALSE(Of({strong, vetoed}).Supported(Bounds()));
  EXPECT_TRUE(Of({strong, strong, strong, vetoed}).Supported(Bounds()));
  EXPECT_FALSE(Of({strong, strong, strong, vetoed}).Forbidden());
}

TEST(GroupEvidenceTest, OneContradictionAmongManyDoesNotCountWithoutBound) {
  EXPECT_EQ(Of({Pair(-90'000)}).mean_weight(), kPairWeightMin);
}

TEST(GroupEvidenceTest, AConflictForbidsWhereMoreThanTwoAreInQuestion) {
  PairEvidence conflict = Pair(20'000);
  conflict.conflict = true;
  EXPECT_FALSE(Of({conflict}).Forbidden());
  EXPECT_TRUE(Of({conflict, Pair(20'000)}).Forbidden());
}

TEST(GroupEvidenceTest, ADecisionForbidsWhateverThePairsSay) {
  GroupEvidence decided = Of({Pair(30'000)});
  decided.Forbid();
  EXPECT_TRUE(decided.Forbidden());
  GroupEvidence other = Of({Pair(30'000)});
  other.Join(decided);
  EXPECT_TRUE(other.Forbidden());
}

TEST(GroupEvidenceTest, PairsThatNobodyScoredSpeakAgainst) {
  GroupEvidence evidence = Of({Pair(12'000)});
  evidence.AddUnscored(1);
  EXPECT_EQ(evidence.pairs(), 2);
  EXPECT_EQ(evidence.mean_weight(), 5'000);
  EXPECT_EQ(evidence.best_weight(), 12'000);
}

// However pairs are dealt out, what is joined is what is added.
TEST(GroupEvidenceTest, OrderAndGroupingDoNotShow) {
  const uint64_t seed = 11;
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  for (int round = 0; round < 500; ++round) {
    struct Named {
      PairEvidence pair;
      uint64_t a;
    };
    std::vector<Named> pairs;
    for (uint64_t i = 0; i < 1 + random() % 6; ++i) {
      PairEvidence pair = Pair(static_cast<Millibits>(random() % 8) * 4'000 - 8'000,
                               random() % 9 == 0 ? kOutweighed : 0);
      pair.conflict = random() % 7 == 0;
      pairs.push_back({pair, i});
    }
    GroupEvidence whole;
    for (const Named& named : pairs) whole.Add(named.pair, named.a, 9);
    std::shuffle(pairs.begin(), pairs.end(), random);
    GroupEvidence first, second;
    for (const Named& named : pairs) {
      (random() % 2 == 0 ? first : second).Add(named.pair, named.a, 9);
    }
    first.Join(second);
    ASSERT_EQ(first, whole);
  }
}

TEST(MayBeOneTest, AsksWhatAllSayTogetherOnlyWhereNoPairReachesTheBar) {
  int asked = 0;
  const auto together = [&asked] {
    ++asked;
    return Bounds().link;
  };
  EXPECT_TRUE(MayBeOne(Of({Pair(Bounds().link), Pair(8'000)}), Bounds(), together));
  EXPECT_FALSE(MayBeOne(Of({Pair(Bounds().link - 1)}), Bounds(), together));
  EXPECT_FALSE(MayBeOne(Of({Pair(1'000), Pair(1'000)}), Bounds(), together));
  EXPECT_EQ(asked, 0);
  EXPECT_TRUE(MayBeOne(Of({Pair(8'000), Pair(8'000)}), Bounds(), together));
  EXPECT_EQ(asked, 1);
}

TEST(RivalTest, NearIsWithinTheMarginAndInReviewRange) {
  const GroupEvidence joined = Of({Pair(15'000)});
  EXPECT_FALSE(IsNear(Of({Pair(12'000)}), joined, Bounds()));
  EXPECT_TRUE(IsNear(Of({Pair(12'001)}), joined, Bounds()));
  EXPECT_FALSE(IsNear(Of({Pair(1'999)}), Of({Pair(2'000)}), Bounds()));
  EXPECT_FALSE(IsSomebodyElse(Of({Pair(15'000), Pair(15'000)}), Bounds()));
  EXPECT_TRUE(IsSomebodyElse(Of({Pair(15'000), Pair(-15'000)}), Bounds()));
}

}  // namespace
}  // namespace hie::mpi
