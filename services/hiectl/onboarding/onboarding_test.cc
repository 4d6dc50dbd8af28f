#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "hie/directory/v1/directory.pb.h"
#include "services/hiectl/onboarding/feed_survey.h"
#include "services/hiectl/onboarding/member_template.h"
#include "services/hiectl/onboarding/sample_files.h"
#include "services/hiectl/onboarding/shadow_findings.h"
#include "services/hiectl/onboarding/toml_message.h"

namespace hie::ctl {
namespace {

TEST(TomlTest, TheTemplateIsAMember) {
  directory::v1::Member member;
  const absl::Status read = ReadToml(kMemberTemplate, "template", member);
  ASSERT_TRUE(read.ok()) << read;
  EXPECT_EQ(member.id(), "north");
  EXPECT_EQ(member.state(), directory::v1::MEMBER_STATE_TEST);
  EXPECT_EQ(member.roles(1).name(), "ed_physician");
  EXPECT_EQ(member.facilities(0).attestations(0).attestation(),
            directory::v1::ATTESTATION_LABELLED_AT_SOURCE);
  EXPECT_EQ(member.domains(0).reuse(), directory::v1::ID_REUSE_POSSIBLE);
  EXPECT_EQ(member.endpoints(0).kind(), directory::v1::ENDPOINT_KIND_AGENT);
}

TEST(TomlTest, ReadsEveryKindOfField) {
  directory::v1::Member member;
  const absl::Status read = ReadToml(R"(
version = 7
operator = true
[[endpoints]]
kind = "ENDPOINT_KIND_FHIR_R4"
quirks = { page_size = 50, unsupported_types = ["List"], resolves_patient_first = true }
[[clients]]
id = "c"
purposes = ["treat", "PURPOSE_BTG"]
)",
                                     "m", member);
  ASSERT_TRUE(read.ok()) << read;
  EXPECT_EQ(member.version(), 7u);
  EXPECT_TRUE(member.operator_());
  EXPECT_EQ(member.endpoints(0).quirks().page_size(), 50u);
  EXPECT_EQ(member.endpoints(0).quirks().unsupported_types(0), "List");
  EXPECT_TRUE(member.endpoints(0).quirks().resolves_patient_first());
  EXPECT_EQ(member.clients(0).purposes(0), common::v1::PURPOSE_TREAT);
  EXPECT_EQ(member.clients(0).purposes(1), common::v1::PURPOSE_BTG);
}

TEST(TomlTest, NamesTheLineAndTheFieldAndNeverTheValue) {
  const std::pair<const char*, const char*> cases[] = {
      {"id = \"secret", "m.toml:1: want TOML"},
      {"\nid = 7", "m.toml:2: id: want text in quotes"},
      {"idd = \"secret\"", "m.toml:1: idd: want a field of Member"},
      {"state = \"secret\"", "m.toml:1: state: want one of the list's words"},
      {"roles = \"secret\"", "m.toml:1: roles: want a list"},
      {"domains = [\"secret\"]", "m.toml:1: domains: want a table"},
      {"version = -1", "m.toml:1: version: want a whole number from 0"},
      {"operator = \"secret\"", "m.toml:1: operator: want true or false"},
  };
  for (const auto& [text, want] : cases) {
    directory::v1::Member member;
    const absl::Status read = ReadToml(text, "m.toml", member);
    EXPECT_EQ(read.message(), want) << text;
    EXPECT_FALSE(absl::StrContains(read.message(), "secret"));
  }
}

constexpr char kAdmission[] =
    "MSH|^~\\&|ADT|NORTH|HIE|HIE|20260101||ADT^A01|1|P|2.5.1|||||||UNICODE UTF-8\r"
    "PID|1||00042^^^NORTH&2.999.1.10.1&ISO^MR~900-11^^^^SS||DOE^JANE\r"
    "PV1|1|I|W3^1^2^NORTH MAIN\r";
constexpr char kUpdate[] =
    "MSH|^~\\&|LAB|NORTH|HIE|HIE|2026||ADT^A08|2|T|2.3\rPID|1||a7^^^EPI^PI\r";

TEST(FeedSurveyTest, CountsWhatAFeedSaysAndKeepsNoId) {
  FeedSurvey survey;
  survey.Add(kAdmission);
  survey.Add(kUpdate);
  survey.Add("no message");
  EXPECT_EQ(survey.messages(), 2u);
  EXPECT_EQ(survey.unreadable(), 1u);
  ASSERT_EQ(survey.authorities().size(), 2u);
  const auto& north = survey.authorities().at({"NORTH", "2.999.1.10.1"});
  EXPECT_EQ(north.ids, 1u);
  EXPECT_EQ(north.with_leading_zeros, 1u);
  EXPECT_EQ(north.shapes.begin()->first, "99999");
  const auto& adt = survey.senders().at({"ADT", "NORTH"});
  EXPECT_EQ(adt.ids_without_authority, 1u);
  EXPECT_EQ(adt.types.begin()->first, "ADT^A01");
  EXPECT_EQ(survey.facilities().begin()->first, "NORTH MAIN");
  const std::string proposal = survey.Proposal();
  for (const char* id : {"00042", "900-11", "a7", "DOE", "JANE"}) {
    EXPECT_FALSE(absl::StrContains(proposal, absl::StrCat(id, "\n"))) << id;
    EXPECT_FALSE(absl::StrContains(proposal, absl::StrCat(id, " "))) << id;
  }
}

TEST(FeedSurveyTest, ProposesTablesThatAMembersFileTakes) {
  FeedSurvey survey;
  survey.Add(kAdmission);
  survey.Add(kUpdate);
  directory::v1::Member member;
  const absl::Status read = ReadToml(survey.Proposal(), "proposal", member);
  ASSERT_TRUE(read.ok()) << read << survey.Proposal();
  ASSERT_EQ(member.domains_size(), 2);
  EXPECT_EQ(member.domains(0).namespace_aliases(0), "EPI");
  EXPECT_EQ(member.domains(0).oid(), "");  // For the administrator.
  EXPECT_EQ(member.domains(1).oid(), "2.999.1.10.1");
  ASSERT_EQ(member.hl7_sources_size(), 2);
  EXPECT_EQ(member.hl7_sources(0).sending_application(), "ADT");
  EXPECT_EQ(member.hl7_sources(0).default_domain(), "2.999.1.10.1");
  EXPECT_FALSE(member.hl7_sources(0).authority_holds_type());
}

TEST(FeedSurveyTest, SeesTypesInThePlaceOfAuthorities) {
  FeedSurvey survey;
  survey.Add("MSH|^~\\&|A|B|||||ADT^A01|1|P|2.3\rPID|||42^^^MR\r");
  directory::v1::Member member;
  ASSERT_TRUE(ReadToml(survey.Proposal(), "proposal", member).ok());
  EXPECT_EQ(member.domains_size(), 0);
  EXPECT_TRUE(member.hl7_sources(0).authority_holds_type());
}

TEST(FeedSurveyTest, WhatAFeedWritesCannotBreakTheProposal) {
  FeedSurvey survey;
  survey.Add("MSH|^~\\&|A\"]\nid=\"x|B\\E\\|||||ADT^A01|1|P|2.3\rPID|||42^^^N\"\\X0A\\S^MR\r");
  directory::v1::Member member;
  const absl::Status read = ReadToml(survey.Proposal(), "proposal", member);
  EXPECT_TRUE(read.ok()) << read << survey.Proposal();
  EXPECT_EQ(member.id(), "");
}

TEST(SplitMessagesTest, TakesMessagesApart) {
  EXPECT_EQ(SplitMessages("").size(), 0u);
  EXPECT_EQ(SplitMessages("PID|MSH").size(), 0u);
  EXPECT_EQ(SplitMessages(kAdmission).size(), 1u);
  const std::string two = absl::StrCat("\x0b", kAdmission, "\x1c\r\x0b", kUpdate, "\x1c\r");
  const auto framed = SplitMessages(two);
  ASSERT_EQ(framed.size(), 2u);
  EXPECT_TRUE(absl::EndsWith(framed[0], "NORTH MAIN"));
  EXPECT_EQ(SplitMessages(absl::StrCat(kAdmission, "\n", kUpdate)).size(), 2u);
  EXPECT_EQ(SplitMessages(absl::StrCat("\xef\xbb\xbf", kAdmission)).size(), 1u);
}

TEST(FeedSurveyTest, ReadsTheSampleFeed) {
  const char* source = std::getenv("HIE_SOURCE_DIR");
  const std::string folder =
      absl::StrCat(source == nullptr ? "." : source, "/../shared/data/hl7v2");
  const auto files = FilesBelow(folder);
  if (!files.ok()) GTEST_SKIP() << "../shared/data/hl7v2 is absent: NOT CHECKED";
  FeedSurvey survey;
  for (const std::string& file : *files) {
    std::ifstream in(file, std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(in)), {});
    for (const absl::string_view message : SplitMessages(bytes)) survey.Add(message);
  }
  EXPECT_GE(survey.messages(), 50u);
  directory::v1::Member member;
  const absl::Status read = ReadToml(survey.Proposal(), "proposal", member);
  EXPECT_TRUE(read.ok()) << read;
  EXPECT_GT(member.hl7_sources_size(), 0);
}

TEST(ShadowFindingsTest, NamesWhatStandsInTheWay) {
  exchange::v1::GetShadowReportResponse report;
  EXPECT_EQ(ShadowFindings(report).size(), 1u) << "nothing was fed";
  report.set_messages(1000);
  report.set_patients(1000);
  report.set_overlays(5);
  EXPECT_TRUE(ShadowFindings(report).empty());
  report.set_overlays(6);
  report.add_exceptions()->set_count(3);
  report.add_unmapped()->set_authority("EPI");
  EXPECT_EQ(ShadowFindings(report).size(), 3u);
}

}  // namespace
}  // namespace hie::ctl
