#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gateway/exchange/query_simulator.h"

namespace hie::exchange {
namespace {

constexpr uint64_t kSeed = 20261122;
constexpr int kRuns = 1500;

Scenario MakeScenario(uint64_t seed) {
  std::mt19937_64 random(seed);
  Scenario scenario;
  scenario.seed = seed;
  scenario.members = 1 + static_cast<int>(random() % 5);
  const uint64_t items_max = random() % 20 == 0 ? 600 : 20;  // Drawn in order: a seed replays.
  scenario.items_per_member = 1 + static_cast<int>(random() % items_max);
  scenario.own_record = random() % 3 != 0;
  scenario.sensitive_member_withheld = random() % 4 == 0;
  for (int i = 1; i <= scenario.members; ++i) {
    if (random() % 2 == 0) continue;
    scenario.faults[absl::StrCat("m", i)] = static_cast<MemberFault>(random() % kMemberFaultCount);
  }
  if (random() % 2 == 0) scenario.consent_changes = static_cast<int>(random() % 4);
  if (random() % 4 == 0) scenario.link_changes = static_cast<int>(random() % 3);
  const absl::Duration moment = absl::Milliseconds(static_cast<int64_t>(random() % 200));
  switch (random() % 12) {
    case 0:
      scenario.audit_fails_at = moment;
      break;
    case 1:
      scenario.consent_fails_at = moment;
      break;
    case 2:
      scenario.caller_goes_at = moment;
      break;
    case 3:
      scenario.write_delay_max = absl::Milliseconds(400);  // Fences grow old while it waits.
      break;
    case 4:
      scenario.write_delay_max = absl::Seconds(3);  // A caller who hardly reads.
      break;
    case 5:
      scenario.role_delay_max = absl::Milliseconds(600);  // Roles eat the budget.
      break;
    default:
      break;
  }
  return scenario;
}

TEST(QueryPropertyTest, WhatMustHoldHoldsInEveryHistory) {
  int complete = 0;
  int partial = 0;
  int failed = 0;
  size_t released = 0;
  for (int run = 0; run < kRuns; ++run) {
    const uint64_t seed = kSeed + static_cast<uint64_t>(run);
    const Answer answer = QuerySimulator(MakeScenario(seed)).Run();
    ASSERT_TRUE(answer.violations.empty())
        << "seed " << seed << ": " << absl::StrJoin(answer.violations, "; ");
    released += answer.items.size();
    if (!answer.end) {
      ++failed;
    } else if (answer.end->completeness == Completeness::kCompleteAsPermitted) {
      ++complete;
    } else {
      ++partial;
    }
  }
  std::cout << kRuns << " queries from seed " << kSeed << ": " << complete << " complete, "
            << partial << " partial, " << failed << " without an end, " << released
            << " items released\n";
  // The histories must reach every kind of ending, else the property says little.
  EXPECT_GT(complete, kRuns / 20);
  EXPECT_GT(partial, kRuns / 20);
  EXPECT_GT(failed, kRuns / 20);
}

TEST(QueryPropertyTest, AnUndisturbedQueryReleasesExactlyWhatIsPermitted) {
  for (uint64_t seed = kSeed; seed < kSeed + 150; ++seed) {
    Scenario scenario;
    scenario.seed = seed;
    scenario.members = 1 + static_cast<int>(seed % 5);
    scenario.items_per_member = 1 + static_cast<int>(seed % (seed % 10 == 0 ? 700 : 30));
    const Answer answer = QuerySimulator(scenario).Run();
    ASSERT_TRUE(answer.violations.empty())
        << "seed " << seed << absl::StrJoin(answer.violations, ";");
    ASSERT_TRUE(answer.end.has_value()) << "seed " << seed;
    EXPECT_EQ(answer.items, answer.permitted_items) << "seed " << seed;
    EXPECT_EQ(answer.end->completeness, Completeness::kCompleteAsPermitted) << "seed " << seed;
    EXPECT_EQ(answer.documents.size(), static_cast<size_t>(2 * scenario.members));
  }
}

TEST(QueryPropertyTest, ARestrictedQueryReleasesTheWantedPartOfTheWholeAndNamesNobodyElse) {
  for (uint64_t seed = kSeed; seed < kSeed + 300; ++seed) {
    std::mt19937_64 random(seed);
    Scenario scenario;
    scenario.seed = seed;
    scenario.members = 2 + static_cast<int>(random() % 4);
    scenario.sensitive_member_withheld = random() % 3 == 0;
    scenario.own_record = random() % 3 != 0;
    const Answer whole = QuerySimulator(scenario).Run();
    ASSERT_TRUE(whole.violations.empty()) << "seed " << seed;
    for (int i = 1; i <= scenario.members; ++i) {
      if (random() % 2 == 0) scenario.only_members.insert(absl::StrCat("m", i));
    }
    for (const std::string& item : whole.items) {
      if (random() % 3 == 0) scenario.only_items.insert(item);
    }
    if (random() % 2 == 0) scenario.only_items.insert("item-2-1");  // Perhaps one that is denied.
    const auto wanted = [&](const std::string& id) {
      const std::string member = absl::StrCat("m", id.substr(id.find('-') + 1, 1));
      return (scenario.only_items.empty() || scenario.only_items.count(id) != 0) &&
             (scenario.only_members.empty() || scenario.only_members.count(member) != 0);
    };
    std::set<std::string> items;
    std::set<std::string> documents;
    std::copy_if(whole.items.begin(), whole.items.end(), std::inserter(items, items.end()), wanted);
    std::copy_if(whole.documents.begin(), whole.documents.end(),
                 std::inserter(documents, documents.end()), wanted);
    const Answer part = QuerySimulator(scenario).Run();
    ASSERT_TRUE(part.violations.empty())
        << "seed " << seed << ": " << absl::StrJoin(part.violations, "; ");
    ASSERT_TRUE(part.end.has_value()) << "seed " << seed;
    EXPECT_EQ(part.items, items) << "seed " << seed;
    EXPECT_EQ(part.documents, documents) << "seed " << seed;
    EXPECT_EQ(part.end->answered, part.end->expected) << "seed " << seed;
    for (const auto& [member, outcome] : part.outcomes) {
      EXPECT_TRUE(scenario.only_members.empty() || scenario.only_members.count(member) != 0);
      EXPECT_TRUE(scenario.only_items.empty() || outcome.empty_classes.empty());
    }
    for (const AuditEvent& event : part.audited) {
      if (event.kind != AuditKind::kIntent) continue;
      for (const std::string& id : event.item_ids) {
        const std::string member = id.substr(6, 2);  // place/m1/f1
        EXPECT_TRUE(!absl::StartsWith(id, "place/") || scenario.only_members.empty() ||
                    scenario.only_members.count(member) != 0)
            << "seed " << seed << " " << id;
      }
    }
  }
}

TEST(QueryPropertyTest, SupersededEntriesLeaveOnlyWhereTheyAreWanted) {
  Scenario scenario;
  scenario.seed = kSeed;
  scenario.include_superseded = true;
  const Answer all = QuerySimulator(scenario).Run();
  EXPECT_EQ(all.documents.size(), 6U);
}

TEST(QueryPropertyTest, TheSameSeedGivesTheSameAnswer) {
  for (uint64_t seed = kSeed; seed < kSeed + 50; ++seed) {
    const Answer first = QuerySimulator(MakeScenario(seed)).Run();
    const Answer second = QuerySimulator(MakeScenario(seed)).Run();
    EXPECT_EQ(first.items, second.items) << "seed " << seed;
    EXPECT_EQ(first.took, second.took) << "seed " << seed;
  }
}

}  // namespace
}  // namespace hie::exchange
