#include "mpi/link/merge_rules.h"

#include <gtest/gtest.h>

namespace hie::mpi {
namespace {

using Subsumed = SubsumedState;
using Survivor = SurvivorState;

// One line of the merge table.
struct MergeCase {
  const char* name;
  MergePairState pair;
  MergeVerdict verdict;
};

void PrintTo(const MergeCase& c, std::ostream* out) { *out << c.name; }

class MergeRulesTest : public ::testing::TestWithParam<MergeCase> {};

TEST_P(MergeRulesTest, TheTableHolds) {
  EXPECT_EQ(DecideMerge(GetParam().pair), GetParam().verdict);
}

constexpr auto kTombstone = UnknownSubsumed::kTombstone;
constexpr auto kRefused = UnknownSubsumed::kRefused;
constexpr auto kSaid = SurvivorWord::kDemographics;
constexpr auto kNothing = SurvivorWord::kNothing;

INSTANTIATE_TEST_SUITE_P(
    Table, MergeRulesTest,
    ::testing::Values(
        MergeCase{"BothStand",
                  {true, false, Subsumed::kStands, Survivor::kStands, kRefused, kNothing},
                  MergeVerdict::kMerge},
        MergeCase{"DifferentAuthorities",
                  {false, false, Subsumed::kStands, Survivor::kStands, kRefused, kNothing},
                  MergeVerdict::kDomainsDiffer},
        MergeCase{"SameId",
                  {true, true, Subsumed::kStands, Survivor::kStands, kRefused, kNothing},
                  MergeVerdict::kSameId},
        MergeCase{"SameIdThatIsUnknown",
                  {true, true, Subsumed::kUnknown, Survivor::kUnknown, kTombstone, kSaid},
                  MergeVerdict::kSameId},
        MergeCase{"SubsumedUnknown",
                  {true, false, Subsumed::kUnknown, Survivor::kStands, kRefused, kNothing},
                  MergeVerdict::kSubsumedUnknown},
        MergeCase{"SubsumedUnknownBecomesATombstone",
                  {true, false, Subsumed::kUnknown, Survivor::kStands, kTombstone, kNothing},
                  MergeVerdict::kMerge},
        MergeCase{"SurvivorUnknownIsCreated",
                  {true, false, Subsumed::kStands, Survivor::kUnknown, kRefused, kSaid},
                  MergeVerdict::kMerge},
        MergeCase{"SurvivorUnknownWithoutAWord",
                  {true, false, Subsumed::kStands, Survivor::kUnknown, kTombstone, kNothing},
                  MergeVerdict::kSurvivorUnknown},
        MergeCase{"BothUnknownTombstoneAndCreated",
                  {true, false, Subsumed::kUnknown, Survivor::kUnknown, kTombstone, kSaid},
                  MergeVerdict::kMerge},
        MergeCase{"BothUnknownNoTombstone",
                  {true, false, Subsumed::kUnknown, Survivor::kUnknown, kRefused, kSaid},
                  MergeVerdict::kSubsumedUnknown},
        MergeCase{"BothUnknownAndNothingSaid",
                  {true, false, Subsumed::kUnknown, Survivor::kUnknown, kRefused, kNothing},
                  MergeVerdict::kSurvivorUnknown},
        MergeCase{"Repeat",
                  {true, false, Subsumed::kMergedHere, Survivor::kStands, kRefused, kNothing},
                  MergeVerdict::kRepeat},
        MergeCase{"RepeatAfterTheSurvivorWentItself",
                  {true, false, Subsumed::kMergedHere, Survivor::kMergedAway, kRefused, kNothing},
                  MergeVerdict::kRepeat},
        MergeCase{"RepeatAfterTheSurvivorWasRemoved",
                  {true, false, Subsumed::kMergedHere, Survivor::kUnknown, kRefused, kNothing},
                  MergeVerdict::kRepeat},
        MergeCase{"MergedElsewhere",
                  {true, false, Subsumed::kMergedElsewhere, Survivor::kStands, kTombstone, kSaid},
                  MergeVerdict::kMergedElsewhere},
        MergeCase{"SurvivorSubsumed",
                  {true, false, Subsumed::kStands, Survivor::kMergedAway, kTombstone, kSaid},
                  MergeVerdict::kSurvivorSubsumed},
        MergeCase{"Cycle",
                  {true, false, Subsumed::kStands, Survivor::kMergedAway, kRefused, kNothing},
                  MergeVerdict::kSurvivorSubsumed}),
    [](const auto& info) { return std::string(info.param.name); });

// Nothing but what the table allows ever changes anything.
TEST(MergeRulesAllTest, AMergeNeedsTwoIdsOfOneDomainThatStandOrMayBeMade) {
  for (int bits = 0; bits < 2 * 2 * 4 * 3 * 2 * 2; ++bits) {
    int rest = bits;
    const auto take = [&](int base) {
      const int digit = rest % base;
      rest /= base;
      return digit;
    };
    const MergePairState pair{take(2) == 1,
                              take(2) == 1,
                              static_cast<Subsumed>(take(4)),
                              static_cast<Survivor>(take(3)),
                              static_cast<UnknownSubsumed>(take(2)),
                              static_cast<SurvivorWord>(take(2))};
    const bool subsumed_ok =
        pair.subsumed == Subsumed::kStands ||
        (pair.subsumed == Subsumed::kUnknown && pair.unknown_subsumed == kTombstone);
    const bool survivor_ok = pair.survivor == Survivor::kStands ||
                             (pair.survivor == Survivor::kUnknown && pair.survivor_word == kSaid);
    const bool wanted = pair.one_domain && !pair.one_id && subsumed_ok && survivor_ok;
    EXPECT_EQ(DecideMerge(pair) == MergeVerdict::kMerge, wanted) << bits;
  }
}

}  // namespace
}  // namespace hie::mpi
