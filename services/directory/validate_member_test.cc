#include "services/directory/validate_member.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/common/crypto/signing_key.h"
#include "services/common/member/directory_seed.h"
#include "services/directory/member_syntax.h"

namespace hie::directory {
namespace {

std::string NewKeyPem(crypto::KeyAlgorithm algorithm = crypto::KeyAlgorithm::kEs256) {
  return crypto::PrivateKey::Generate(algorithm)->public_key().ToPem();
}

Member General() {
  Member member = DemoMember("general", 1);
  MemberUnit ward;
  ward.id = "W3";
  member.facilities[0].units.push_back(ward);
  member.facilities[0].aliases = {"GENERAL HOSPITAL"};
  member.domains[0].namespace_aliases = {"GEN"};
  member.domains[0].time_zone = "America/New_York";
  member.keys = {{"cert", KeyUse::kClientCertificate, std::string(64, 'a'), false},
                 {"old", KeyUse::kClientCertificate, std::string(64, 'b'), true}};
  return member;
}

TEST(ValidateMemberTest, AdmitsCompleteMembers) {
  Member member = General();
  member.keys.push_back({"k1", KeyUse::kTokenSigning, NewKeyPem(), false});
  member.endpoints.push_back({EndpointKind::kFhirR4, "https://fhir.example:8443/r4"});
  EXPECT_TRUE(ValidateMember(member).ok()) << ValidateMember(member);
  EXPECT_TRUE(ValidateMember(DemoOperator()).ok());
}

struct Spoiled {
  const char* field;
  std::function<void(Member&)> spoil;
};
void PrintTo(const Spoiled& c, std::ostream* out) { *out << c.field; }

class InvalidMemberTest : public testing::TestWithParam<Spoiled> {};

TEST_P(InvalidMemberTest, IsRefusedByField) {
  Member member = General();
  GetParam().spoil(member);
  const absl::Status status = ValidateMember(member);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(absl::StartsWith(status.message(), absl::StrCat("member.", GetParam().field, ": ")))
      << status;
}

const Spoiled kMemberSpoiled[] = {
    {"id", [](Member& m) { m.id = MemberId(""); }},
    {"id", [](Member& m) { m.id = MemberId("General"); }},
    {"id", [](Member& m) { m.id = MemberId("-general"); }},
    {"id", [](Member& m) { m.id = MemberId(std::string(33, 'a')); }},
    {"name", [](Member& m) { m.name = "a\nb"; }},
    {"name", [](Member& m) { m.name = std::string(257, 'a'); }},
    {"home_community", [](Member& m) { m.home_community = "urn:oid:2.999"; }},
    {"state", [](Member& m) { m.state = MemberState::kUnspecified; }},
    {"roles[1].name",
     [](Member& m) {
       m.roles = {"physician", "janitor"};
     }},
    {"roles[1].name",
     [](Member& m) {
       m.roles = {"steward", "steward"};
     }},
};
INSTANTIATE_TEST_SUITE_P(Member, InvalidMemberTest, testing::ValuesIn(kMemberSpoiled));

const Spoiled kFacilitiesSpoiled[] = {
    {"facilities", [](Member& m) { m.facilities.clear(); }},
    {"facilities", [](Member& m) { m.facilities.resize(257); }},
    {"facilities[0].id", [](Member& m) { m.facilities[0].id = "a b"; }},
    {"facilities[1].id", [](Member& m) { m.facilities.push_back(m.facilities[0]); }},
    {"facilities[0].name", [](Member& m) { m.facilities[0].name = "\x01"; }},
    {"facilities[0].units", [](Member& m) { m.facilities[0].units.resize(257); }},
    {"facilities[0].units[0].id", [](Member& m) { m.facilities[0].units[0].id = ""; }},
    {"facilities[0].units[1].id",
     [](Member& m) { m.facilities[0].units.push_back(m.facilities[0].units[0]); }},
    {"facilities[0].units[0].name", [](Member& m) { m.facilities[0].units[0].name = "a\rb"; }},
    {"facilities[0].attestations[18].code",
     [](Member& m) { m.facilities[0].attestations.push_back(m.facilities[0].attestations[0]); }},
    {"facilities[0].attestations[0].attestation",
     [](Member& m) { m.facilities[0].attestations[0].attestation = Attestation::kNone; }},
    {"facilities[0].aliases", [](Member& m) { m.facilities[0].aliases.resize(33); }},
    {"facilities[0].aliases[0]", [](Member& m) { m.facilities[0].aliases = {""}; }},
    {"facilities[0].aliases[1]",
     [](Member& m) {
       m.facilities[0].aliases = {"x", "x"};
     }},
    {"facilities[1].aliases[0]",
     [](Member& m) {
       MemberFacility north;
       north.id = "general-north";
       north.aliases = {"general-main"};
       m.facilities.push_back(north);
     }},
};
INSTANTIATE_TEST_SUITE_P(Facilities, InvalidMemberTest, testing::ValuesIn(kFacilitiesSpoiled));

const Spoiled kDomainsEndpointsAndKeysSpoiled[] = {
    {"domains", [](Member& m) { m.domains.clear(); }},
    {"domains", [](Member& m) { m.is_operator = true; }},
    {"domains[0].oid", [](Member& m) { m.domains[0].oid = "2.999..1"; }},
    {"domains[1].oid", [](Member& m) { m.domains.push_back(m.domains[0]); }},
    {"domains[0].namespace_aliases", [](Member& m) { m.domains[0].namespace_aliases.resize(33); }},
    {"domains[0].namespace_aliases[0]",
     [](Member& m) { m.domains[0].namespace_aliases = {"A^B"}; }},
    {"domains[0].namespace_aliases[1]",
     [](Member& m) {
       m.domains[0].namespace_aliases = {"A", "A"};
     }},
    {"domains[0].time_zone", [](Member& m) { m.domains[0].time_zone = "../etc"; }},
    {"domains[0].facility", [](Member& m) { m.domains[0].facility = "elsewhere"; }},
    {"endpoints", [](Member& m) { m.endpoints.resize(9); }},
    {"endpoints[0].kind", [](Member& m) { m.endpoints[0].kind = EndpointKind::kUnspecified; }},
    {"endpoints[0].address", [](Member& m) { m.endpoints[0].address = "host:1"; }},
    {"endpoints[0].address",
     [](Member& m) {
       m.endpoints[0] = {EndpointKind::kFhirR4, "http://x"};
     }},
    {"keys", [](Member& m) { m.keys.resize(129); }},
    {"keys[0].id", [](Member& m) { m.keys[0].id = ""; }},
    {"keys[1].id", [](Member& m) { m.keys[1].id = "cert"; }},
    {"keys[0].use", [](Member& m) { m.keys[0].use = KeyUse::kUnspecified; }},
    {"keys[0].public_key", [](Member& m) { m.keys[0].public_key = "AA"; }},
    {"keys[0].public_key", [](Member& m) { m.keys[0].public_key = std::string(64, 'A'); }},
    {"keys[1].public_key", [](Member& m) { m.keys[1].public_key = m.keys[0].public_key; }},
    {"keys[0].public_key", [](Member& m) { m.keys[0].use = KeyUse::kTokenSigning; }},
    {"keys[0].public_key",
     [](Member& m) {
       m.keys[0] = {"k", KeyUse::kTokenSigning, NewKeyPem(crypto::KeyAlgorithm::kEd25519), false};
     }},
    {"keys[0].public_key",
     [](Member& m) {
       m.keys[0] = {"k", KeyUse::kTokenSigning, NewKeyPem() + "\n", false};
     }},
};
INSTANTIATE_TEST_SUITE_P(DomainsEndpointsAndKeys, InvalidMemberTest,
                         testing::ValuesIn(kDomainsEndpointsAndKeysSpoiled));

TEST(MemberSyntaxTest, KnowsOids) {
  for (const char* oid : {"2.999", "1.3.6.1.4.1", "0.9", "1.39.0", "2.16.840.1.113883.3.4"}) {
    EXPECT_TRUE(IsOid(oid)) << oid;
  }
  for (const char* oid :
       {"", "2", "3.1", "1.40", "0.100", "2..1", ".2.1", "2.1.", "2.01", "2.a", "2.-1", "2 .1"}) {
    EXPECT_FALSE(IsOid(oid)) << oid;
  }
  EXPECT_FALSE(IsOid("2." + std::string(200, '1')));
}

TEST(MemberSyntaxTest, KnowsHttpsAddresses) {
  for (const char* address : {"https://a", "https://a.example:443/x?y=1"}) {
    EXPECT_TRUE(IsHttpsAddress(address)) << address;
  }
  for (const char* address : {"", "https://", "https:///x", "http://a", "https://u@a",
                              "https://a b", "https://a#f", "HTTPS://a", "https://a\"b"}) {
    EXPECT_FALSE(IsHttpsAddress(address)) << address;
  }
}

TEST(ValidateChangeTest, AllowsExactlyTheDrawnTransitions) {
  using enum MemberState;
  const std::pair<MemberState, MemberState> allowed[] = {{kTest, kShadow},
                                                         {kShadow, kTest},
                                                         {kShadow, kLive},
                                                         {kLive, kSuspended},
                                                         {kSuspended, kLive}};
  for (const MemberState from : {kTest, kShadow, kLive, kSuspended}) {
    for (const MemberState to : {kTest, kShadow, kLive, kSuspended}) {
      Member before = General();
      before.state = from;
      Member after = before;
      after.state = to;
      const bool want = from == to || std::find(std::begin(allowed), std::end(allowed),
                                                std::pair(from, to)) != std::end(allowed);
      EXPECT_EQ(ValidateChange(before, after).ok(), want)
          << MemberStateName(from) << ">" << MemberStateName(to);
    }
  }
}

struct Change {
  const char* name;
  bool allowed_live;
  bool allowed_test;
  std::function<void(Member&)> change;
};
void PrintTo(const Change& c, std::ostream* out) { *out << c.name; }

class ChangeTest : public testing::TestWithParam<Change> {};

TEST_P(ChangeTest, IsAllowedOrNot) {
  for (const MemberState state : {MemberState::kTest, MemberState::kShadow, MemberState::kLive}) {
    Member before = General();
    before.state = state;
    Member after = before;
    GetParam().change(after);
    const absl::Status status = ValidateChange(before, after);
    const bool want =
        state == MemberState::kTest ? GetParam().allowed_test : GetParam().allowed_live;
    EXPECT_EQ(status.code(), want ? absl::StatusCode::kOk : absl::StatusCode::kFailedPrecondition)
        << MemberStateName(state) << status;
  }
}

const Change kAllChange[] = {
    {"name", true, true, [](Member& m) { m.name = "other"; }},
    {"key added", true, true,
     [](Member& m) {
       m.keys.push_back({"n", KeyUse::kClientCertificate, std::string(64, 'c'), false});
     }},
    {"key revoked", true, true, [](Member& m) { m.keys[0].revoked = true; }},
    {"key removed", false, false, [](Member& m) { m.keys.erase(m.keys.begin()); }},
    {"another key under the same id", false, false,
     [](Member& m) { m.keys[0].public_key = std::string(64, 'c'); }},
    {"another use", false, false, [](Member& m) { m.keys[0].use = KeyUse::kTokenSigning; }},
    {"key unrevoked", false, false, [](Member& m) { m.keys[1].revoked = false; }},
    {"operator", false, false, [](Member& m) { m.is_operator = true; }},
    {"facility removed", false, true, [](Member& m) { m.facilities.clear(); }},
    {"facility renamed", false, true, [](Member& m) { m.facilities[0].id = "x"; }},
    {"unit removed", false, true, [](Member& m) { m.facilities[0].units.clear(); }},
    {"place sensitivity", true, true,
     [](Member& m) { m.facilities[0].place_sensitivity = SensitivitySet::Of(Sensitivity::kPsy); }},
    {"domain removed", false, true, [](Member& m) { m.domains.clear(); }},
    {"zeros", false, true, [](Member& m) { m.domains[0].strip_leading_zeros = true; }},
    {"case", false, true, [](Member& m) { m.domains[0].fold_case = true; }},
    {"alias", true, true, [](Member& m) { m.domains[0].namespace_aliases.push_back("G2"); }},
};
INSTANTIATE_TEST_SUITE_P(All, ChangeTest, testing::ValuesIn(kAllChange));

TEST(ValidateChangeTest, TheOperatorIsNeverSuspended) {
  Member after = DemoOperator();
  after.state = MemberState::kSuspended;
  EXPECT_EQ(ValidateChange(DemoOperator(), after).code(), absl::StatusCode::kFailedPrecondition);
}

TEST(ValidateNewTest, StartsInTestAndIsNotTheOperator) {
  Member member = General();
  EXPECT_FALSE(ValidateNew(member).ok());
  member.state = MemberState::kTest;
  EXPECT_TRUE(ValidateNew(member).ok());
  Member second = DemoOperator();
  second.state = MemberState::kTest;
  EXPECT_FALSE(ValidateNew(second).ok());
}

TEST(ValidateAmongTest, RefusesWhatBelongsToAnother) {
  const std::vector<Member> others = {General(), DemoOperator()};
  Member lakes = DemoMember("lakes", 2);
  EXPECT_TRUE(ValidateAmong(lakes, others).ok());
  EXPECT_TRUE(ValidateAmong(General(), others).ok());  // Its own entry does not count.
  const std::function<void(Member&)> takes[] = {
      [](Member& m) { m.home_community = "2.999.1"; },
      [](Member& m) { m.facilities[0].id = "general-main"; },
      [](Member& m) { m.domains[0].oid = "2.999.1.1"; },
      [](Member& m) {
        m.keys = {
            {"x", KeyUse::kClientCertificate, std::string(64, 'b'), false}};  // Revoked there.
      },
      [](Member& m) { m.is_operator = true; }};
  for (const auto& take : takes) {
    Member taker = lakes;
    take(taker);
    const absl::Status status = ValidateAmong(taker, others);
    EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
    EXPECT_FALSE(absl::StrContains(status.message(), "general")) << status;
  }
}

}  // namespace
}  // namespace hie::directory
