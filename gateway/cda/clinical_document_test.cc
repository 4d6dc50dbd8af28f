#include "gateway/cda/clinical_document.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gateway/cda/document_metadata.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace hie::cda {
namespace {

// --- Public samples --------------------------------------------------------------------------

// What a public document says of itself: identifiers, codes, dates and counts only.  The rows were
// made by another reader (Python's ElementTree), not by the code under test.
struct Golden {
  const char* file;
  const char* unique_id;
  const char* type_code;
  const char* created;
  const char* confidentiality;
  const char* language;
  size_t chains;
  size_t parents;
  size_t patient_ids;
  size_t names;
  size_t authors;
  bool signed_;
  const char* service_from;
  const char* service_to;
  BodyKind body;
};

constexpr Golden kGolden[] = {
    {"ccda-hl7/Documents_CCD_CCD_1_CCD.XML", "urn:oid:2.16.840.1.113883.19.5.99999.1^TT988",
     "34133-9", "2013-08-15T10:30:00-08:00", "N", "en-US", 1, 0, 1, 2, 1, true, "1975-05-01",
     "2013-08-15", BodyKind::kStructured},
    {"ccda-hl7/Documents_CCD_CCD_2_CCD.xml",
     "urn:uuid:be84a8e4-a22e-4210-a4a6-b3c48273e84c^EHRVersion2.0", "34133-9",
     "2014-10-15T10:30:26-05:00", "N", "en-US", 1, 0, 2, 1, 2, true, "2014-10-01",
     "2014-10-15T10:30:26-05:00", BodyKind::kStructured},
    {"ccda-hl7/Documents_Care_Plan_Care_Plan.xml", "urn:uuid:db734647-fc99-424c-a864-7e3cda82e703",
     "52521-2", "2013-08-20T11:20:00-08:00", "N", "en-US", 1, 1, 1, 2, 1, true, "2013-06-15", "",
     BodyKind::kStructured},
    {"ccda-hl7/Documents_Consultation_Note_Consultation_Note.xml",
     "urn:oid:2.16.840.1.113883.19.5.99999.1^TT988", "11488-4", "2013-08-01T05:00:00-08:00", "N",
     "en-US", 1, 0, 1, 2, 1, true, "2013-07-31", "2013-07-31", BodyKind::kStructured},
    {"ccda-hl7/Documents_Diagnostic_Imaging_Report_Diagnostic_Imaging_Report.xml",
     "urn:oid:2.16.840.1.113883.19.4.27^20060828170821659", "18748-4", "2005-03-29T17:15:04-05:00",
     "N", "en-US", 1, 1, 1, 1, 1, true, "2006-08-28T17:08:21Z", "2006-08-28T17:08:21Z",
     BodyKind::kStructured},
    {"ccda-hl7/Documents_Discharge_Summary_Discharge_Summary.xml",
     "urn:oid:2.16.840.1.113883.19.5.99999.1^TT988", "18842-5", "2014-09-17T19:04:00-05:00", "N",
     "en-US", 1, 0, 2, 1, 2, true, "2014-09-09T19:04:00-05:00", "2014-09-16T19:04:00-05:00",
     BodyKind::kStructured},
    {"ccda-hl7/Documents_History_and_Physical_History_and_Physical.xml",
     "urn:oid:2.16.840.1.113883.19.5.99999.1^TT988", "34117-2", "2012-09-16T19:05:00-04:00", "N",
     "en-US", 1, 0, 2, 1, 1, true, "2009-02-27T13:00:00-05:00", "2009-02-27T13:00:00-05:00",
     BodyKind::kStructured},
    {"ccda-hl7/Documents_Operative_Note_Operative_Note.xml",
     "urn:oid:2.16.840.1.113883.19.5.99999.1^TT988", "11504-8", "2012-09-16T19:10:00-04:00", "N",
     "en-US", 1, 0, 2, 1, 1, true, "2012-09-09T19:10:00-04:00", "2012-09-16T19:10:00-04:00",
     BodyKind::kStructured},
    {"ccda-hl7/Documents_Procedure_Note_Procedure_Note.xml",
     "urn:oid:2.16.840.1.113883.19.5.99999.1^TT988", "28570-0", "2012-09-16T19:11:00-04:00", "N",
     "en-US", 1, 0, 2, 1, 1, true, "2009-02-27T13:00:00-05:00", "2009-02-27T13:00:00-05:00",
     BodyKind::kStructured},
    {"ccda-hl7/Documents_Progress_Note_Progress_Note.xml", "urn:oid:2.16.840.1.113883.19^999022",
     "11506-3", "2005-03-29T17:15:04-05:00", "N", "en-US", 1, 0, 2, 1, 1, true, "2005-03-29",
     "2005-03-29", BodyKind::kStructured},
    {"ccda-hl7/Documents_Referral_Note_Referral_Note.xml",
     "urn:uuid:6f1bd58b-c58f-40b7-b314-caf1294ed98b", "57113-1", "2013-09-21T05:00:00-08:00", "N",
     "en", 1, 0, 1, 2, 1, true, "", "", BodyKind::kStructured},
    {"ccda-hl7/Documents_Transfer_Summary_Transfer_Summary.xml",
     "urn:uuid:04fc2b90-10e0-11e2-892e-0800200c9a66", "18761-7", "2013-09-21T05:00:00-08:00", "N",
     "en", 1, 0, 1, 2, 1, true, "2013-06-01", "2013-08-15", BodyKind::kStructured},
    {"ccda-hl7/"
     "General_Parent_Document_Replace_Relationship_CCD_Parent_Document_Replace_(C-CDAR2.1).xml",
     "urn:oid:2.16.840.1.113883.19.5.99999.1^TT662", "34133-9", "2015-07-22T18:00:00-05:00", "N",
     "en-US", 1, 1, 1, 1, 1, true, "2015-07-22", "2015-07-22", BodyKind::kStructured},
    {"ccda-hl7/Unstructured_CDA_reference_PDF_Unstructured_Document_reference.xml",
     "urn:oid:2.16.840.1.113883.19.5.99999.1^TT988", "11490-0", "2012-09-16T19:18:00-04:00", "N",
     "en-US", 1, 0, 1, 1, 1, true, "", "", BodyKind::kNonXml},
    {"ccda-hl7/Unstructured_CDA_with_Embedded_PDF_1_Unstructured_Document_embed.xml",
     "urn:oid:2.16.840.1.113883.19.5.99999.1^TT988", "11490-0", "2009-03-29T22:44:11-07:00", "N",
     "en-US", 1, 0, 1, 1, 1, false, "", "", BodyKind::kNonXml},
    {"ccda-hl7/Unstructured_CDA_with_Embedded_PDF_2_CDA_with_Embedded_PDF.xml",
     "urn:oid:2.16.840.1.113883.3.3208.101.1^20130607100315-CCDA-CCD", "81334-5",
     "2014-07-31T17:22:00-06:00", "N", "en-US", 1, 0, 2, 1, 2, false, "", "", BodyKind::kNonXml},
    {"ccda-hl7/"
     "Unstructured_CDA_with_Embedded_Text_plain_CDA_Embedded_Text_Plain_Surgical_Consult.xml",
     "urn:oid:2.16.840.1.113883.19.5.999535454.1^X451212", "34847-4", "2020-04-20T19:18:00-08:00",
     "N", "en-US", 1, 0, 1, 1, 1, false, "", "", BodyKind::kNonXml},
    {"ccda-vendor/Allscripts_Samples_Enterprise_EHR_b2_Adam_Everyman_ToC.xml",
     "urn:uuid:47c724fb-7ae1-402d-8d86-2cafd14e9c52", "34133-9", "2013-07-18T11:18:36-04:00", "N",
     "en-US", 0, 0, 1, 1, 2, false, "2013-07-11T11:00:00Z", "2013-07-18T11:18:36-04:00",
     BodyKind::kStructured},
    {"ccda-vendor/"
     "Allscripts_Samples_Internal_Test_with_MU_2_data_170.314(b)(1)InPt_Discharge_Summary_CED_Type."
     "xml",
     "urn:oid:1.3.6.1.4.1.22812.11.99930.3.1^66670992", "18842-5", "2013-01-30T08:00:51-05:00", "V",
     "en-US", 0, 0, 1, 1, 2, true, "2012-08-06T09:00:51Z", "2013-01-30T08:00:51-05:00",
     BodyKind::kStructured},
    {"ccda-vendor/Cerner_Samples_Transition_of_Care_Referral_Summary.xml",
     "urn:oid:2.16.840.1.113883.1.13.99999.999362^280004", "34133-9", "2013-07-17T11:44:46-05:00",
     "N", "en-US", 0, 0, 1, 1, 1, false, "2013-07-10T21:44:00-05:00", "", BodyKind::kStructured},
    {"ccda-vendor/Cerner_Samples_problems-and-medications.xml",
     "urn:uuid:28a334fe-9348-4ae5-a48c-6174f3d766a4", "34133-9", "2010-10-28T09:20:16-05:00", "N",
     "en-US", 0, 0, 1, 1, 1, false, "2010-10-26T09:17:00-05:00", "2010-10-28T09:20:15-05:00",
     BodyKind::kStructured},
    {"ccda-vendor/Greenway_Samples_26562_ExportSummary_CCDA.xml",
     "urn:oid:2.16.840.1.113883.3.441^2ff573b6ddd84d8ab49fe9b4b3d600da", "34133-9",
     "2013-07-01T10:34:49-04:00", "N", "en-US", 1, 0, 1, 1, 1, false, "", "",
     BodyKind::kStructured},
    {"ccda-vendor/Greenway_Samples_26620_ExportSummary_CCDA.xml",
     "urn:oid:2.16.840.1.113883.3.441^cd3ee8d6b2f54362a7e3751216215e7f", "34133-9",
     "2013-03-18T16:00:42-04:00", "N", "en-US", 1, 0, 1, 1, 1, false, "", "",
     BodyKind::kStructured},
    {"ccda-vendor/HL7_Samples_CCD.sample.xml", "urn:oid:2.16.840.1.113883.19^999021", "34133-9",
     "2005-03-29T17:15:04+05:00", "N", "en-US", 1, 0, 2, 1, 1, true, "2010-06-01", "2010-09-15",
     BodyKind::kStructured},
    {"ccda-vendor/HL7_Samples_Consults.sample.xml", "urn:oid:2.16.840.1.113883.19^999021",
     "11488-4", "2005-03-29T17:15:04+05:00", "N", "en-US", 1, 0, 2, 1, 1, true, "2005-03-29",
     "2005-03-29", BodyKind::kStructured},
    {"ccda-vendor/Kareo_Samples_Kareo_SummaryOfCare_export_Joey_Miller.xml",
     "urn:oid:2.16.840.1.113883.19^2014_ClinicalSummary", "34133-9", "2014-05-31T15:47:32-07:00",
     "R", "en-US", 0, 0, 1, 1, 1, true, "", "", BodyKind::kStructured},
    {"ccda-vendor/NIST_Samples_CCDA_CCD_b1_Ambulatory_v2.xml",
     "urn:oid:1.1.1.1.1.1.1.1.1^Test CCDA", "34133-9", "2012-09-12T00:00:00Z", "N", "en-US", 0, 0,
     2, 1, 1, true, "2012-08-06", "2012-08-13", BodyKind::kStructured},
    {"ccda-vendor/NIST_Samples_CCDA_CCD_b1_InPatient_v2.xml", "urn:oid:1.1.1.1.1.1.1.1.1^Test CCDA",
     "34133-9", "2012-08-06", "N", "en-US", 0, 0, 2, 1, 1, true, "2012-08-06T00:28:00+05:00",
     "2012-08-06T00:58:00+05:00", BodyKind::kStructured},
    {"ccda-vendor/Partners_HealthCare_LMR1TEST.xml",
     "urn:oid:1.3.6.1.4.1.16517^A976582C-940F-11E3-8D0E-1CC4B7D83400", "34133-9",
     "2014-02-12T13:01:13-05:00", "N", "en-US", 0, 0, 2, 1, 1, false, "2013-03-07", "2013-03-07",
     BodyKind::kStructured},
    {"ccda-vendor/Partners_HealthCare_LMR2TEST.xml",
     "urn:oid:1.3.6.1.4.1.16517^E382F7D2-940F-11E3-92B1-1CC4B7D83400", "34133-9",
     "2014-02-12T13:02:51-05:00", "N", "en-US", 0, 0, 2, 1, 1, false, "2013-03-07", "2013-03-07",
     BodyKind::kStructured},
    {"ccda-vendor/PracticeFusion_Samples_AdamEveryman-ReferralSummary.xml",
     "urn:oid:2.16.840.1.113883.3.3388.1.1.1^310936", "34133-9", "2014-04-26T10:01:00Z", "R",
     "en-US", 0, 0, 1, 1, 3, true, "", "", BodyKind::kStructured},
    {"ccda-vendor/PracticeFusion_Samples_IsabellaJones-ReferralSummary.xml",
     "urn:oid:2.16.840.1.113883.3.3388.1.1.1^310936", "34133-9", "2014-03-07T12:16:13Z", "R",
     "en-US", 0, 0, 1, 1, 2, true, "2012-08-06T12:00:00Z", "2012-08-06T12:00:00Z",
     BodyKind::kStructured},
    {"ccda-vendor/Vitera_Vitera_CCDA_SMART_Sample.xml",
     "urn:oid:2.16.840.1.113883.3.140.1.0.6.1.13092597.12456139", "34133-9",
     "2013-09-25T13:27:36-04:00", "N", "en", 0, 0, 2, 1, 1, false, "2001-01-01", "2013-09-25",
     BodyKind::kStructured},
    {"ccda-vendor/mTuitive_OpNote_Samples_breast_surgery.xml",
     "urn:oid:2.16.840.1.113883.19.5.99999.1^TT988", "11504-8", "2013-06-25T17:39:43Z", "N",
     "en-US", 1, 0, 1, 1, 1, true, "2013-06-25", "2013-06-25", BodyKind::kStructured},
    {"ccda-vendor/mTuitive_OpNote_Samples_cataract.xml",
     "urn:oid:2.16.840.1.113883.19.5.99999.1^TT988", "11504-8", "2013-03-22T14:55:55Z", "N",
     "en-US", 1, 0, 1, 1, 1, true, "2013-03-22", "2013-03-22", BodyKind::kStructured},
};

std::filesystem::path Samples() {
  const char* source = std::getenv("HIE_SOURCE_DIR");
  return std::filesystem::path(source == nullptr ? "." : source) / "../shared/data";
}

std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream bytes;
  bytes << in.rdbuf();
  return bytes.str();
}

TEST(PublicDocumentTest, EveryDocumentGivesTheMetadataThatItHolds) {
  if (!std::filesystem::exists(Samples())) GTEST_SKIP() << "no public samples at " << Samples();
  for (const Golden& golden : kGolden) {
    SCOPED_TRACE(golden.file);
    const std::string bytes = ReadFile(Samples() / golden.file);
    ASSERT_FALSE(bytes.empty());
    EXPECT_TRUE(LooksLikeClinicalDocument(bytes));
    const absl::StatusOr<ClinicalDocument> document = ReadClinicalDocument(bytes);
    ASSERT_TRUE(document.ok()) << document.status();
    const DocumentMetadata metadata = MetadataOf(*document, {});
    EXPECT_EQ(metadata.unique_id, golden.unique_id);
    EXPECT_EQ(metadata.type_code, golden.type_code);
    EXPECT_EQ(metadata.created, golden.created);
    EXPECT_EQ(metadata.confidentiality, golden.confidentiality);
    EXPECT_EQ(metadata.language, golden.language);
    EXPECT_EQ(document->set_id.has_value() ? 1u : 0u, golden.chains);
    EXPECT_EQ(metadata.related.size(), golden.parents);
    EXPECT_EQ(document->record_target.ids.size(), golden.patient_ids);
    EXPECT_EQ(document->record_target.demographics.names.size(), golden.names);
    EXPECT_TRUE(document->record_target.demographics.birth_date.has_value());
    EXPECT_EQ(document->record_targets, 1u);
    EXPECT_EQ(document->authors.size(), golden.authors);
    EXPECT_EQ(document->legal_authenticator.has_value(), golden.signed_);
    EXPECT_EQ(metadata.service_from, golden.service_from);
    EXPECT_EQ(metadata.service_to, golden.service_to);
    EXPECT_EQ(document->body, golden.body);
    EXPECT_FALSE(metadata.title.empty());
    EXPECT_FALSE(metadata.custodian.empty());
    EXPECT_FALSE(document->template_ids.empty());
  }
}

TEST(PublicDocumentTest, NoDocumentOfTheSamplesIsLeftOut) {
  if (!std::filesystem::exists(Samples())) GTEST_SKIP() << "no public samples at " << Samples();
  std::set<std::string> listed;
  for (const Golden& golden : kGolden) listed.insert(golden.file);
  for (const char* folder : {"ccda-hl7", "ccda-vendor"}) {
    for (const auto& entry : std::filesystem::directory_iterator(Samples() / folder)) {
      const std::string extension = entry.path().extension().string();
      if (extension != ".xml" && extension != ".XML") continue;
      const std::string name = absl::StrCat(folder, "/", entry.path().filename().string());
      EXPECT_TRUE(listed.contains(name)) << name;
    }
  }
}

TEST(PublicDocumentTest, CuttingAnywhereIsAnErrorOrADocumentAndNeverMore) {
  if (!std::filesystem::exists(Samples())) GTEST_SKIP() << "no public samples at " << Samples();
  const std::string bytes = ReadFile(Samples() / kGolden[0].file);
  for (size_t size = 0; size < bytes.size(); size += 997) {
    EXPECT_FALSE(ReadClinicalDocument(absl::string_view(bytes).substr(0, size)).ok()) << size;
  }
}

// --- By hand -----------------------------------------------------------------------------------

std::string Document(absl::string_view header, absl::string_view prefix = "") {
  const std::string xmlns = prefix.empty() ? "xmlns" : absl::StrCat("xmlns:", prefix);
  const std::string p = prefix.empty() ? "" : absl::StrCat(prefix, ":");
  return absl::StrCat("<?xml version=\"1.0\"?><", p, "ClinicalDocument ", xmlns,
                      "=\"urn:hl7-org:v3\">", header, "</", p, "ClinicalDocument>");
}

constexpr char kMinimal[] =
    "<id root=\"2.999.7\" extension=\"T1\"/>"
    "<recordTarget><patientRole><id root=\"2.999.1.10.1\" extension=\"N-1\"/><patient>"
    "<name use=\"L\"><given>Ann</given><family>Lee</family></name>"
    "<administrativeGenderCode code=\"F\"/><birthTime value=\"19800305\"/>"
    "</patient></patientRole></recordTarget>";

TEST(ClinicalDocumentTest, WhatIsNoClinicalDocumentIsRefusedWithoutRepeatingIt) {
  const std::string no_target = Document("<id root=\"2.999.7\"/>");
  const std::string no_id = Document("<recordTarget><patientRole/></recordTarget>");
  const std::string other_namespace =
      absl::StrReplaceAll(Document(kMinimal), {{"urn:hl7-org:v3", "urn:hl7-org:v2"}});
  const std::string no_namespace =
      absl::StrReplaceAll(Document(kMinimal), {{" xmlns=\"urn:hl7-org:v3\"", ""}});
  for (const std::string& bad :
       {std::string(), std::string("<a>"), std::string("Ann Lee"), no_target, no_id}) {
    const absl::Status status = ReadClinicalDocument(bad).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << bad;
    EXPECT_THAT(std::string(status.message()), testing::Not(testing::HasSubstr("Ann")));
  }
  for (const std::string& other : {std::string("<html/>"), other_namespace, no_namespace}) {
    EXPECT_EQ(ReadClinicalDocument(other).status().code(), absl::StatusCode::kNotFound) << other;
  }
}

TEST(ClinicalDocumentTest, PrefixesAreOnlyNamesForTheNamespace) {
  const auto document = ReadClinicalDocument(
      "<x:ClinicalDocument xmlns:x=\"urn:hl7-org:v3\"><x:id root=\"2.999.7\"/><id "
      "root=\"2.999.8\"/>"
      "<x:recordTarget><x:patientRole/></x:recordTarget></x:ClinicalDocument>");
  ASSERT_TRUE(document.ok()) << document.status();
  EXPECT_EQ(document->id.root, "2.999.7");
}

TEST(ClinicalDocumentTest, AnElementOfAnotherNamespaceIsNotTheOneMeant) {
  const auto document = ReadClinicalDocument(
      Document(absl::StrCat("<sdtc:title xmlns:sdtc=\"urn:hl7-org:sdtc\">Wrong</sdtc:title>",
                            kMinimal, "<title>Right</title>")));
  ASSERT_TRUE(document.ok()) << document.status();
  EXPECT_EQ(document->title, "Right");
}

TEST(ClinicalDocumentTest, RelationsOfEachKindAreRead) {
  const auto related = [](const char* type, const char* id) {
    return absl::StrCat("<relatedDocument typeCode=\"", type, "\"><parentDocument><id root=\"", id,
                        "\"/></parentDocument></relatedDocument>");
  };
  const auto document = ReadClinicalDocument(
      Document(absl::StrCat(kMinimal, related("RPLC", "2.999.1"), related("APND", "2.999.2"),
                            related("XFRM", "2.999.3"), related("ODD", "2.999.4"))));
  ASSERT_TRUE(document.ok()) << document.status();
  ASSERT_EQ(document->parents.size(), 3u);
  EXPECT_EQ(document->parents[0].kind, ParentKind::kReplaces);
  EXPECT_EQ(document->parents[1].kind, ParentKind::kAppends);
  EXPECT_EQ(document->parents[2].kind, ParentKind::kTransforms);
  EXPECT_EQ(UniqueIdOf(document->parents[2].id), "urn:oid:2.999.3");
}

TEST(ClinicalDocumentTest, WhatStandsBehindTheBodyIsNotHeader) {
  const auto document = ReadClinicalDocument(
      Document(absl::StrCat(kMinimal, "<component><nonXMLBody/></component><title>Late</title>")));
  ASSERT_TRUE(document.ok()) << document.status();
  EXPECT_EQ(document->title, "");
  EXPECT_EQ(document->body, BodyKind::kNonXml);
}

TEST(ClinicalDocumentTest, AMaidenNameIsToldFromTheLegalOne) {
  const auto document = ReadClinicalDocument(
      Document("<id root=\"2.999.7\"/><recordTarget><patientRole><patient>"
               "<name use=\"L\"><given>Eve</given><family qualifier=\"SP\">Half</family></name>"
               "<name use=\"SRCH\"><given>Eve</given><family qualifier=\"BR\">Every</family></name>"
               "</patient></patientRole></recordTarget>"));
  ASSERT_TRUE(document.ok()) << document.status();
  const std::vector<HumanName>& names = document->record_target.demographics.names;
  ASSERT_EQ(names.size(), 2u);
  EXPECT_EQ(names[0].use, "official");
  EXPECT_EQ(names[1].use, "maiden");
}

TEST(ClinicalDocumentTest, OtherContentIsNotTakenForADocument) {
  EXPECT_FALSE(LooksLikeClinicalDocument(""));
  EXPECT_FALSE(LooksLikeClinicalDocument("%PDF-1.7 ClinicalDocument"));
  EXPECT_FALSE(LooksLikeClinicalDocument("<html/>"));
  EXPECT_TRUE(LooksLikeClinicalDocument(
      absl::StrCat("\xEF\xBB\xBF <!--", std::string(40'000, 'x'), "-->", Document(kMinimal))));
}

}  // namespace
}  // namespace hie::cda
