#include "services/common/member/member.h"

#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "services/common/member/directory_seed.h"
#include "services/common/member/member_wire.h"

namespace hie {
namespace {

Member FullMember() {
  Member member = DemoMember("general", 7);
  member.version = 9;
  MemberUnit unit;
  unit.id = "W3";
  unit.name = "Recovery";
  unit.part2 = true;
  unit.place_sensitivity = SensitivitySet::Of(Sensitivity::kSud);
  unit.attestations = {{Sensitivity::kSud, Attestation::kMixedUnlabelled},
                       {Sensitivity::kHiv, Attestation::kNotHeld}};
  member.facilities[0].units.push_back(unit);
  member.facilities[0].aliases = {"GENERAL HOSPITAL"};
  member.facilities[0].place_sensitivity = SensitivitySet::Of(Sensitivity::kPsy);
  member.domains[0].namespace_aliases = {"GEN"};
  member.domains[0].strip_leading_zeros = true;
  member.domains[0].time_zone = "America/New_York";
  member.domains[0].facility = "general-main";
  member.endpoints.push_back({EndpointKind::kFhirR4, "https://fhir.general.example/r4"});
  member.endpoints[1].sign_in = {"https://sign.example/token", "hie", "system/*.rs", "k1"};
  member.endpoints[1].quirks = {50, 2, {"List"}, "subject", true, 120, {"_count"}};
  member.endpoints[1].allow_private_address = true;
  member.keys.push_back({"k1", KeyUse::kTokenSigning, "pem", true});
  member.clients = {{.id = "general-emr",
                     .name = "EMR",
                     .jwks = "{}",
                     .jwks_url = "https://emr.example/jwks",
                     .scopes = {"system/Patient.rs"},
                     .purposes = {Purpose::kTreat, Purpose::kBtg},
                     .certificate_sha256 = "ab",
                     .revoked = true}};
  member.hl7_sources = {{.sending_application = "ADT",
                         .sending_facility = "GEN",
                         .default_domain = "2.999.7.1",
                         .charset = "UTF-8",
                         .time_zone = "America/Chicago",
                         .ack_mode = AckMode::kStrict,
                         .authority_holds_type = true,
                         .processing_id = "T",
                         .peers = {"10.0.0.0/8"},
                         .takes_ssn = true}};
  return member;
}

struct NormaliseCase {
  const char* name;
  bool strip_zeros;
  bool fold_case;
  const char* id;
  const char* want;
};
void PrintTo(const NormaliseCase& c, std::ostream* out) { *out << c.name; }

class NormaliseLocalIdTest : public testing::TestWithParam<NormaliseCase> {};
INSTANTIATE_TEST_SUITE_P(
    All, NormaliseLocalIdTest,
    testing::Values(NormaliseCase{"as it is", false, false, "00Ab", "00Ab"},
                    NormaliseCase{"spaces", false, false, " 12\t", "12"},
                    NormaliseCase{"zeros", true, false, "00120", "120"},
                    NormaliseCase{"all zeros", true, false, "000", "0"},
                    NormaliseCase{"zeros before letters", true, true, "00a1", "A1"},
                    NormaliseCase{"case", false, true, "mrn-1a", "MRN-1A"},
                    NormaliseCase{"empty", true, true, "", ""},
                    NormaliseCase{"other letters stay", false, true, "\xc3\xa4", "\xc3\xa4"}));

TEST_P(NormaliseLocalIdTest, FollowsTheDomainAndIsIdempotent) {
  PatientIdDomain domain;
  domain.strip_leading_zeros = GetParam().strip_zeros;
  domain.fold_case = GetParam().fold_case;
  const std::string normal = NormaliseLocalId(domain, GetParam().id);
  EXPECT_EQ(normal, GetParam().want);
  EXPECT_EQ(NormaliseLocalId(domain, normal), normal);
}

TEST(MemberWireTest, KeepsEveryFieldBothWays) {
  const directory::v1::Member proto = wire::ToProto(FullMember());
  const absl::StatusOr<Member> member = wire::FromProto(proto, "member");
  ASSERT_TRUE(member.ok()) << member.status();
  EXPECT_EQ(wire::ToProto(*member).SerializeAsString(), proto.SerializeAsString());
  EXPECT_EQ(proto.facilities(0).units(0).place_sensitivity_size(), 1);
  EXPECT_TRUE(proto.keys(0).revoked());
  EXPECT_EQ(proto.endpoints(1).quirks().refused_parameters(0), "_count");
  EXPECT_EQ(proto.endpoints(1).sign_in().key_id(), "k1");
  EXPECT_TRUE(proto.endpoints(1).allow_private_address());
  EXPECT_FALSE(proto.endpoints(0).has_quirks());
  EXPECT_EQ(proto.clients(0).purposes(1), common::v1::PURPOSE_BTG);
  EXPECT_EQ(member->clients[0].scopes, std::vector<std::string>{"system/Patient.rs"});
  EXPECT_TRUE(member->clients[0].revoked);
  EXPECT_EQ(member->hl7_sources[0].ack_mode, AckMode::kStrict);
  EXPECT_TRUE(member->hl7_sources[0].takes_ssn);
}

struct RefusedCase {
  const char* field;
  void (*spoil)(directory::v1::Member&);
};
void PrintTo(const RefusedCase& c, std::ostream* out) { *out << c.field; }

class MemberWireRefusalTest : public testing::TestWithParam<RefusedCase> {};
INSTANTIATE_TEST_SUITE_P(
    All, MemberWireRefusalTest,
    testing::Values(
        RefusedCase{"member.state", [](auto& m) { m.set_state(directory::v1::MemberState(77)); }},
        RefusedCase{"member.clients[0].purposes[2]",
                    [](auto& m) { m.mutable_clients(0)->add_purposes(common::v1::Purpose(77)); }},
        RefusedCase{
            "member.hl7_sources[0].ack_mode",
            [](auto& m) { m.mutable_hl7_sources(0)->set_ack_mode(directory::v1::AckMode(77)); }},
        RefusedCase{"member.domains[0].reuse",
                    [](auto& m) { m.mutable_domains(0)->set_reuse(directory::v1::IdReuse(9)); }},
        RefusedCase{"member.keys[0].use",
                    [](auto& m) { m.mutable_keys(0)->set_use(directory::v1::KeyUse(9)); }},
        RefusedCase{
            "member.endpoints[1].kind",
            [](auto& m) { m.mutable_endpoints(1)->set_kind(directory::v1::EndpointKind(9)); }},
        RefusedCase{"member.facilities[0].place_sensitivity[0]",
                    [](auto& m) { m.mutable_facilities(0)->set_place_sensitivity(0, "NONSENSE"); }},
        RefusedCase{"member.facilities[0].units[0].attestations[1].code",
                    [](auto& m) {
                      m.mutable_facilities(0)->mutable_units(0)->mutable_attestations(1)->set_code(
                          "");
                    }},
        RefusedCase{
            "member.facilities[0].attestations[0].attestation",
            [](auto& m) { m.mutable_facilities(0)->mutable_attestations(0)->clear_attestation(); }},
        RefusedCase{"member.roles", [](auto& m) {
                      for (int i = 0; i < 2000; ++i) m.add_roles()->set_name("physician");
                    }}));

TEST_P(MemberWireRefusalTest, NamesTheField) {
  directory::v1::Member proto = wire::ToProto(FullMember());
  GetParam().spoil(proto);
  const absl::Status status = wire::FromProto(proto, "member").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(absl::StartsWith(status.message(), std::string(GetParam().field) + ": want"))
      << status;
}

TEST(DirectorySeedTest, ReadsBackWhatItWrote) {
  const std::string text = DirectorySeedText({DemoOperator(), FullMember()});
  const absl::StatusOr<std::vector<Member>> members = ParseDirectorySeed(text);
  ASSERT_TRUE(members.ok()) << members.status();
  ASSERT_EQ(members->size(), 2u);
  EXPECT_TRUE((*members)[0].is_operator);
  EXPECT_EQ((*members)[1].version, 0u);
  EXPECT_EQ(DirectorySeedText(*members), text);
}

TEST(DirectorySeedTest, TellsWhereTheTextIsWrong) {
  const absl::Status status = ParseDirectorySeed("members {\n  idd: \"x\"\n}").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(absl::StrContains(status.message(), "2:")) << status;
  EXPECT_FALSE(ParseDirectorySeed("members { state: 99 }").ok());
  EXPECT_TRUE(ParseDirectorySeed("").ok());
}

TEST(DirectorySeedTest, AddsIssuedKeysOnce) {
  Member member = DemoMember("general", 1);
  const crypto::IssuedMember issued{"general", "cert-1", std::string(64, 'a'), "token-1", "pem"};
  AddIssuedKeys(issued, member);
  member.keys[0].revoked = true;
  AddIssuedKeys(issued, member);
  ASSERT_EQ(member.keys.size(), 2u);
  EXPECT_TRUE(member.keys[0].revoked);
  EXPECT_EQ(member.keys[1].use, KeyUse::kTokenSigning);
}

}  // namespace
}  // namespace hie
