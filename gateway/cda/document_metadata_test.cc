#include "gateway/cda/document_metadata.h"

#include "gateway/cda/hl7_time.h"
#include "gtest/gtest.h"

namespace hie::cda {
namespace {

TEST(UniqueIdTest, TheTupleIsKept) {
  EXPECT_EQ(UniqueIdOf({"2.999.7", ""}), "urn:oid:2.999.7");
  EXPECT_EQ(UniqueIdOf({"2.999.7", "T1"}), "urn:oid:2.999.7^T1");
  EXPECT_EQ(UniqueIdOf({"db734647-fc99-424c-a864-7e3cda82e703", ""}),
            "urn:uuid:db734647-fc99-424c-a864-7e3cda82e703");
  EXPECT_EQ(UniqueIdOf({"", "T1"}), "");
}

TEST(Hl7TimeTest, PrecisionAndZoneAreTheSources) {
  absl::TimeZone chicago;
  ASSERT_TRUE(absl::LoadTimeZone("America/Chicago", &chicago));
  const struct {
    const char* timestamp;
    const char* fhir;
  } kCases[] = {
      {"2013", "2013"},
      {"201308", "2013-08"},
      {"20130815", "2013-08-15"},
      {"2013081510", "2013-08-15"},
      {"201308151030-0800", "2013-08-15T10:30:00-08:00"},
      {"20130815103026.302-0500", "2013-08-15T10:30:26-05:00"},
      {"20120912000000-0000", "2012-09-12T00:00:00Z"},
      {"201308151030+02", "2013-08-15T10:30:00+02:00"},
      {"20130715103000", "2013-07-15T10:30:00-05:00"},  // Summer in Chicago.
      {"20130115103000", "2013-01-15T10:30:00-06:00"},
      {"20130231", ""},
      {"20131315", ""},
      {"201308152530", "2013-08-15"},
      {"201308151030+9900", "2013-08-15"},
      {"yesterday", ""},
      {"", ""},
      {"-0500", ""},
      {"201308151030260000000000000", ""},
  };
  for (const auto& c : kCases) EXPECT_EQ(FhirTimeOfHl7(c.timestamp, chicago), c.fhir);
}

TEST(LanguageTest, CodesBecomeTags) {
  EXPECT_EQ(LanguageTag("en-US"), "en-US");
  EXPECT_EQ(LanguageTag("eng"), "en");
  EXPECT_EQ(LanguageTag("EN_us"), "en-US");
  EXPECT_EQ(LanguageTag("haw"), "haw");
  EXPECT_EQ(LanguageTag(""), "");
  EXPECT_EQ(LanguageTag("english"), "");
  EXPECT_EQ(LanguageTag("1"), "");
}

TEST(ClassTest, TheTableKnowsCCdaTypes) {
  EXPECT_EQ(ClassOfType("34133-9"), "34133-9");
  EXPECT_EQ(ClassOfType("11504-8"), "28570-0");
  EXPECT_EQ(ClassOfType("0-0"), "");
}

TEST(ConfidentialityTest, UnknownIsRestrictedAndAbsentIsTheSources) {
  ClinicalDocument document;
  SourceDefaults defaults;
  defaults.confidentiality = "N";
  EXPECT_EQ(MetadataOf(document, defaults).confidentiality, "N");
  EXPECT_EQ(MetadataOf(document, {}).confidentiality, "");
  document.confidentiality.code = "v";
  EXPECT_EQ(MetadataOf(document, defaults).confidentiality, "V");
  document.confidentiality.code = "SECRET";
  EXPECT_EQ(MetadataOf(document, defaults).confidentiality, "R");
  document.confidentiality.code = "";
  document.confidentiality_is_null = true;
  EXPECT_EQ(MetadataOf(document, defaults).confidentiality, "R");
}

TEST(MetadataTest, TheEncounterComesBeforeTheServiceEvent) {
  ClinicalDocument document;
  document.service = {"20200101", "20200102"};
  EXPECT_EQ(MetadataOf(document, {}).service_from, "2020-01-01");
  document.encounter.emplace();
  EXPECT_EQ(MetadataOf(document, {}).service_to, "2020-01-02");
  document.encounter->time = {"20200201", ""};
  EXPECT_EQ(MetadataOf(document, {}).service_from, "2020-02-01");
  EXPECT_EQ(MetadataOf(document, {}).service_to, "");
}

TEST(MetadataTest, ATypeOfAnotherSystemIsNoLoincCode) {
  ClinicalDocument document;
  document.code = {"34133-9", "2.999.5", "x"};
  EXPECT_EQ(MetadataOf(document, {}).type_code, "");
}

TEST(MetadataTest, WithoutASetIdThereIsNoChain) {
  ClinicalDocument document;
  document.version_number = "2";
  EXPECT_EQ(MetadataOf(document, {}).chain, "");
  EXPECT_EQ(MetadataOf(document, {}).version, "");
  document.set_id = InstanceId{"2.999.9", "s"};
  EXPECT_EQ(MetadataOf(document, {}).chain, "urn:oid:2.999.9^s");
  EXPECT_EQ(MetadataOf(document, {}).version, "2");
}

}  // namespace
}  // namespace hie::cda
