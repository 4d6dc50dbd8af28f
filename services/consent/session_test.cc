#include "services/consent/session.h"

#include <gtest/gtest.h>

#include "services/consent/match.h"
#include "services/consent/sample_consent.h"

namespace hie::consent {
namespace {

using sample::kNow;
using sample::MakeItem;
using sample::MakeRequest;
using sample::MakeSession;

TEST(CoversTest, OnlyTheSameUserMemberKeyAndPersonUntilItEnds) {
  const AccessRequest request = MakeRequest(Purpose::kBtg, {});
  const Session session = MakeSession(SessionState::kActiveTier1);
  EXPECT_TRUE(Covers(session, request, kNow));
  EXPECT_FALSE(Covers(session, request, session.expires));
  Session other = session;
  other.actor.user = "dr-oh";
  EXPECT_FALSE(Covers(other, request, kNow));
  other = session;
  other.actor.member = MemberId("west");
  EXPECT_FALSE(Covers(other, request, kNow));
  other = session;
  other.actor.client_key = "key-2";
  EXPECT_FALSE(Covers(other, request, kNow));
  other = session;
  other.patients = {sample::Patient("q")};
  EXPECT_FALSE(Covers(other, request, kNow));
  other.patients.push_back(sample::Patient("p"));  // Linked since.
  EXPECT_TRUE(Covers(other, request, kNow));
  other = session;
  other.patients[0].incarnation = 2;  // The id's next holder.
  EXPECT_FALSE(Covers(other, request, kNow));
  EXPECT_FALSE(Covers(MakeSession(SessionState::kEnded), request, kNow));
}

TEST(CoversTest, ASystemHasNoSession) {
  AccessRequest request = MakeRequest(Purpose::kBtg, {});
  Session session = MakeSession(SessionState::kActiveTier1);
  request.actor.user = session.actor.user = "";
  EXPECT_FALSE(Covers(session, request, kNow));
}

TEST(TierOfTest, EncountersOfTheLast72HoursAreT1) {
  const absl::StatusOr<Policy> policy = LoadPolicy(sample::PolicyPath("us-optout"));
  ASSERT_TRUE(policy.ok()) << policy.status();
  struct Case {
    absl::Time from, to;
    Tier tier;
  };
  const absl::Time past = absl::InfinitePast(), open = absl::InfiniteFuture();
  const Case cases[] = {
      {kNow - absl::Hours(80), kNow - absl::Hours(71), Tier::kOne},
      {kNow - absl::Hours(80), kNow - absl::Hours(73), Tier::kTwo},
      {kNow - absl::Hours(71), open, Tier::kOne},
      {kNow - absl::Hours(80), open, Tier::kTwo},  // Perhaps still open, perhaps not.
      {past, kNow - absl::Hours(1), Tier::kOne},
      {past, open, Tier::kTwo},
      {kNow + absl::Hours(1), open, Tier::kTwo},  // Has not happened.
  };
  for (const Case& each : cases) {
    Item item = MakeItem("i");
    item.clinical_class = ClinicalClass::kEncounter;
    item.service = {each.from, each.to};
    EXPECT_EQ(static_cast<int>(TierOf(item, Action::kRetrieve, policy->break_glass, kNow)),
              static_cast<int>(each.tier))
        << each.from << " " << each.to;
  }
}

TEST(CheckEligibleTest, WantsARoleAndAFreshSignIn) {
  const absl::StatusOr<Policy> policy = LoadPolicy(sample::PolicyPath("us-optout"));
  ASSERT_TRUE(policy.ok()) << policy.status();
  const auto check = [&](const std::string& user, const std::string& role, absl::Time signed_in) {
    Actor actor = MakeRequest(Purpose::kBtg, {}).actor;
    actor.user = user;
    actor.roles = {role};
    actor.auth_time = signed_in;
    return CheckEligible(actor, policy->break_glass, kNow).ok();
  };
  EXPECT_TRUE(check("u", "ed_physician", kNow - absl::Minutes(5)));
  EXPECT_TRUE(check("u", "physician", kNow + absl::Seconds(30)));
  EXPECT_FALSE(check("u", "physician", kNow + absl::Seconds(61)));
  EXPECT_FALSE(check("u", "physician", kNow - absl::Minutes(5) - absl::Seconds(1)));
  EXPECT_FALSE(check("u", "physician", absl::UnixEpoch()));
  EXPECT_FALSE(check("u", "nurse", kNow));
  EXPECT_FALSE(check("", "physician", kNow));
}

TEST(OverlapsTest, IsSureOnlyWhereTheKnownBoundsTell) {
  const auto at = [](int hour) { return absl::UnixEpoch() + absl::Hours(hour); };
  const absl::Time past = absl::InfinitePast(), open = absl::InfiniteFuture();
  struct Case {
    ServicePeriod rule, service;
    Tri expected;
  };
  const Case cases[] = {
      {{at(10), at(20)}, {at(5), at(10)}, Tri::kNo},   // Ends as the rule begins.
      {{at(10), at(20)}, {at(20), at(25)}, Tri::kNo},  // Begins as it ends.
      {{at(10), at(20)}, {at(19), at(25)}, Tri::kYes},
      {{at(10), at(20)}, {at(10), at(10)}, Tri::kYes},  // An instant.
      {{at(10), at(20)}, {at(20), at(20)}, Tri::kNo},
      {{at(10), at(20)}, {at(12), open}, Tri::kYes},
      {{at(10), at(20)}, {at(5), open}, Tri::kMaybe},
      {{at(10), at(20)}, {at(20), open}, Tri::kNo},
      {{at(10), at(20)}, {past, at(15)}, Tri::kYes},
      {{at(10), at(20)}, {past, at(25)}, Tri::kMaybe},
      {{at(10), at(20)}, {past, at(10)}, Tri::kNo},
      {{at(10), at(20)}, {past, open}, Tri::kMaybe},
      {{past, open}, {past, open}, Tri::kYes},
      {{at(10), at(20)}, {at(9), at(5)}, Tri::kMaybe},  // Nonsense.
  };
  for (const Case& each : cases) {
    EXPECT_EQ(static_cast<int>(Overlaps(each.rule, each.service)), static_cast<int>(each.expected))
        << &each - cases;
  }
}

}  // namespace
}  // namespace hie::consent
