#include "gateway/auth/grants.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

namespace hie::auth {
namespace {

namespace opt = options::v1;

Actor ActorOf(const std::string& role, Purpose purpose) {
  Actor actor;
  if (!role.empty()) actor.roles = {role};
  if (!role.empty() && !IsBackendRole(role)) actor.user = "u";
  actor.purpose = purpose;
  return actor;
}

Member MemberIn(MemberState state) {
  Member member;
  member.state = state;
  return member;
}

// The same table, written down a second time by another hand: role, permission, purposes.
// S system, P physician, E ed_physician, R registrar, T steward, O privacy_officer, V advocate.
const std::map<std::string, std::map<opt::Permission, std::set<int>>>& Oracle() {
  static const std::set<int> any = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
  static const std::map<std::string, std::map<opt::Permission, std::set<int>>> oracle = {
      {"", {{opt::PERMISSION_AGENT_ATTACH, {9}}, {opt::PERMISSION_PATIENT_FEED, {9}}}},
      {"physician",
       {{opt::PERMISSION_PATIENT_QUERY, {1, 2, 3}},
        {opt::PERMISSION_BREAK_GLASS, {2, 3}},
        {opt::PERMISSION_CONSENT_READ, {1, 2, 3, 5, 6, 9}},
        {opt::PERMISSION_DIRECTORY_READ, any}}},
      {"ed_physician",
       {{opt::PERMISSION_PATIENT_QUERY, {1, 2, 3}},
        {opt::PERMISSION_BREAK_GLASS, {2, 3}},
        {opt::PERMISSION_CONSENT_READ, {1, 2, 3, 5, 6, 9}},
        {opt::PERMISSION_DIRECTORY_READ, any}}},
      {"registrar",
       {{opt::PERMISSION_PATIENT_FEED, {9}},
        {opt::PERMISSION_CONSENT_READ, {1, 2, 3, 5, 6, 9}},
        {opt::PERMISSION_CONSENT_WRITE, {6, 9}},
        {opt::PERMISSION_INTAKE_REPAIR, {9}},
        {opt::PERMISSION_DIRECTORY_READ, any}}},
      {"steward",
       {{opt::PERMISSION_IDENTITY_STEWARD, {9}},
        {opt::PERMISSION_INTAKE_REPAIR, {9}},
        {opt::PERMISSION_DIRECTORY_READ, any}}},
      {"privacy_officer",
       {{opt::PERMISSION_CONSENT_READ, {1, 2, 3, 5, 6, 9}},
        {opt::PERMISSION_CONSENT_WRITE, {6, 9}},
        {opt::PERMISSION_AUDIT_READ, {5, 6, 9}},
        {opt::PERMISSION_INTAKE_REPAIR, {9}},
        {opt::PERMISSION_DIRECTORY_READ, any}}},
      {"patient_advocate",
       {{opt::PERMISSION_CONSENT_READ, {1, 2, 3, 5, 6, 9}},
        {opt::PERMISSION_CONSENT_WRITE, {6, 9}},
        {opt::PERMISSION_DIRECTORY_READ, any}}},
      {"hie_admin", {{opt::PERMISSION_DIRECTORY_READ, any}, {opt::PERMISSION_INTAKE_REPAIR, {9}}}},
      {"backend_query",
       {{opt::PERMISSION_PATIENT_QUERY, {1, 2}}, {opt::PERMISSION_DIRECTORY_READ, any}}},
      {"backend_feed", {{opt::PERMISSION_PATIENT_FEED, {0, 1, 2, 9}}}},
      {"backend_consent_read", {{opt::PERMISSION_CONSENT_READ, {1, 2, 3, 5, 6, 9}}}},
      {"backend_consent_write", {{opt::PERMISSION_CONSENT_WRITE, {6, 9}}}},
      {"backend_audit", {{opt::PERMISSION_AUDIT_READ, {5, 6, 9}}}}};
  return oracle;
}

TEST(DecideAccessTest, EqualsTheOracleForEveryRolePermissionAndPurpose) {
  const Member live = MemberIn(MemberState::kLive);
  int decided = 0;
  for (const auto& [role, allowed] : Oracle()) {
    for (int p = 0; p <= opt::Permission_MAX; ++p) {
      const auto permission = static_cast<opt::Permission>(p);
      for (int purpose = 0; purpose <= 9; ++purpose, ++decided) {
        const auto found = allowed.find(permission);
        const bool want = found != allowed.end() && found->second.contains(purpose);
        EXPECT_EQ(DecideAccess(live, ActorOf(role, static_cast<Purpose>(purpose)), permission).ok(),
                  want)
            << role << " " << p << " " << purpose;
      }
    }
  }
  EXPECT_EQ(decided, 13 * 13 * 10);
}

TEST(DecideAccessTest, EveryGrantNamesAKnownRole) {
  for (const Grant& grant : AllGrants()) {
    EXPECT_TRUE(grant.role.empty() || IsUserRole(grant.role) || IsBackendRole(grant.role))
        << std::string(grant.role);
    EXPECT_NE(grant.permission, opt::PERMISSION_UNSPECIFIED);
    EXPECT_NE(grant.permission, opt::PERMISSION_INTERNAL_ROLE);
  }
}

TEST(DecideAccessTest, RolesAddUpAndTheEmptyRoleIsNotForUsers) {
  const Member live = MemberIn(MemberState::kLive);
  Actor both = ActorOf("physician", Purpose::kPatientAdministration);
  EXPECT_FALSE(DecideAccess(live, both, opt::PERMISSION_PATIENT_FEED).ok());
  both.roles.push_back("registrar");
  EXPECT_TRUE(DecideAccess(live, both, opt::PERMISSION_PATIENT_FEED).ok());
  Actor tricky = ActorOf("physician", Purpose::kPatientAdministration);
  tricky.roles = {""};
  EXPECT_FALSE(DecideAccess(live, tricky, opt::PERMISSION_AGENT_ATTACH).ok());
}

TEST(DecideAccessTest, ASystemHasNoRolesAndAPersonsRoleNeedsAPerson) {
  const Member live = MemberIn(MemberState::kLive);
  Actor client = ActorOf(std::string(kBackendQuery), Purpose::kPatientAdministration);
  EXPECT_FALSE(DecideAccess(live, client, opt::PERMISSION_AGENT_ATTACH).ok());
  EXPECT_FALSE(DecideAccess(live, client, opt::PERMISSION_PATIENT_FEED).ok());
  client.roles = {"physician"};
  client.purpose = Purpose::kTreat;
  EXPECT_FALSE(DecideAccess(live, client, opt::PERMISSION_PATIENT_QUERY).ok());
  EXPECT_FALSE(IsUserRole(kBackendQuery)) << "else a member's own token could claim it";
}

TEST(BackendRolesTest, FollowFromScopes) {
  using Words = std::vector<std::string>;
  EXPECT_EQ(BackendRoles({}), Words{});
  EXPECT_EQ(BackendRoles({"system/Patient.rs"}), Words{"backend_query"});
  EXPECT_EQ(BackendRoles({"system/Observation.s", "ITI-67"}), Words{"backend_query"});
  EXPECT_EQ(BackendRoles({"system/Patient.u", "ITI-65"}), Words{"backend_feed"});
  EXPECT_EQ(BackendRoles({"system/Observation.cud"}), Words{});
  EXPECT_EQ(BackendRoles({"system/Consent.r"}), Words{"backend_consent_read"});
  EXPECT_EQ(BackendRoles({"system/AuditEvent.s"}), Words{"backend_audit"});
  EXPECT_EQ(BackendRoles({"ITI-108"}), (Words{"backend_consent_read", "backend_consent_write"}));
  EXPECT_EQ(BackendRoles({"system/*.r"}),
            (Words{"backend_query", "backend_consent_read", "backend_audit"}));
  EXPECT_EQ(BackendRoles({"user/Patient.rs", "system/Patient.read", ""}), Words{});
}

TEST(StateAllowsTest, GrowsFromTestToShadowToLiveAndSuspendedHasNothing) {
  const std::set<int> test = {opt::PERMISSION_AGENT_ATTACH, opt::PERMISSION_DIRECTORY_READ,
                              opt::PERMISSION_PATIENT_FEED, opt::PERMISSION_INTAKE_REPAIR};
  const std::set<int> shadow = {opt::PERMISSION_AGENT_ATTACH, opt::PERMISSION_DIRECTORY_READ,
                                opt::PERMISSION_PATIENT_FEED, opt::PERMISSION_CONSENT_WRITE,
                                opt::PERMISSION_AUDIT_READ,   opt::PERMISSION_INTAKE_REPAIR};
  for (int p = 1; p <= opt::Permission_MAX; ++p) {
    const auto permission = static_cast<opt::Permission>(p);
    EXPECT_EQ(StateAllows(MemberState::kTest, permission), test.contains(p)) << p;
    EXPECT_EQ(StateAllows(MemberState::kShadow, permission), shadow.contains(p)) << p;
    EXPECT_TRUE(StateAllows(MemberState::kLive, permission)) << p;
    EXPECT_FALSE(StateAllows(MemberState::kSuspended, permission)) << p;
    EXPECT_FALSE(StateAllows(MemberState::kUnspecified, permission)) << p;
  }
}

TEST(DecideAccessTest, SaysWhatIsMissing) {
  const Member live = MemberIn(MemberState::kLive);
  EXPECT_EQ(DecideAccess(MemberIn(MemberState::kShadow), ActorOf("physician", Purpose::kTreat),
                         opt::PERMISSION_PATIENT_QUERY)
                .message(),
            "the member is SHADOW");
  EXPECT_EQ(DecideAccess(live, ActorOf("steward", Purpose::kTreat), opt::PERMISSION_PATIENT_QUERY)
                .message(),
            "none of the caller's roles allows this");
  EXPECT_EQ(
      DecideAccess(live, ActorOf("physician", Purpose::kPayment), opt::PERMISSION_PATIENT_QUERY)
          .message(),
      "the purpose of use does not allow this");
}

}  // namespace
}  // namespace hie::auth
