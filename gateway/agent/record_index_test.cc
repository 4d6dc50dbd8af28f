#include "gateway/agent/record_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gateway/agent/answer.h"
#include "gateway/agent/folder_source.h"
#include "gateway/agent/testing_folder.h"
#include "services/common/crypto/hash.h"

namespace hie::agent {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kDomain[] = "2.999.1.10.1";

std::string Patient(const std::string& id, const std::string& mrn,
                    const std::string& family = "Doe") {
  return absl::StrCat(R"({"resourceType":"Patient","id":")", id,
                      R"(","identifier":[{"system":"urn:oid:2.999.1.10.1","value":")", mrn,
                      R"("}],"name":[{"family":")", family, R"("}],"birthDate":"1980-03-05"})");
}

std::string Condition(const std::string& id, const std::string& subject,
                      const std::string& more = "") {
  return absl::StrCat(R"({"resourceType":"Condition","id":")", id, R"(","subject":{"reference":")",
                      subject, R"("})", more, "}");
}

std::string Bundle(const std::vector<std::pair<std::string, std::string>>& entries) {
  std::string out = R"({"resourceType":"Bundle","type":"transaction","entry":[)";
  for (size_t i = 0; i < entries.size(); ++i) {
    absl::StrAppend(&out, i == 0 ? "" : ",", R"({"fullUrl":")", entries[i].first,
                    R"(","resource":)", entries[i].second, "}");
  }
  return out + "]}";
}

std::string Cda(const std::string& mrn, const std::string& family, const std::string& birth) {
  return absl::StrCat(R"(<?xml version="1.0"?><ClinicalDocument xmlns="urn:hl7-org:v3">)"
                      R"(<id root="2.999.7" extension="T1"/><code code="18842-5" )"
                      R"(codeSystem="2.16.840.1.113883.6.1"/><title>Discharge</title>)"
                      R"(<effectiveTime value="201409171904-0500"/><confidentialityCode code="R"/>)"
                      R"(<recordTarget><patientRole><id root="2.999.1.10.1" extension=")",
                      mrn, R"("/><patient><name><given>Ann</given><family>)", family,
                      R"(</family></name><birthTime value=")", birth,
                      R"("/></patient></patientRole></recordTarget></ClinicalDocument>)");
}

class RecordIndexTest : public testing::Test {
 protected:
  std::shared_ptr<const RecordIndex> Open() {
    auto opened = FolderSource::Open(
        {.folder = folder_.path(), .domain = kDomain, .clock = &clock_, .log = nullptr});
    EXPECT_TRUE(opened.ok()) << opened.status().message();
    source_ = *std::move(opened);
    return source_->index();
  }

  Answer Ask(const std::string& mrn, const std::vector<ClinicalClass>& classes = {}) {
    return SelectAnswer(*source_->index(), kDomain, {kDomain, Phi<std::string>(mrn), 1}, classes);
  }

  static std::vector<std::string> Ids(const Answer& answer) {
    std::vector<std::string> ids;
    for (const SourceResource* r : answer.resources) ids.push_back(r->type + "/" + r->id);
    return ids;
  }

  TestingFolder folder_;
  SimulatedClock clock_{absl::FromUnixSeconds(1'700'000'000)};
  std::unique_ptr<FolderSource> source_;
};

TEST_F(RecordIndexTest, BundleIsTiedTogetherByFullUrl) {
  folder_.Write(
      "a.json",
      Bundle({{"urn:uuid:p", Patient("1", "N-1")},
              {"urn:uuid:q", Patient("2", "N-2")},
              {"urn:uuid:c", Condition("c1", "urn:uuid:p",
                                       R"(,"encounter":{"reference":"urn:uuid:e"},"n":1.50)")},
              {"urn:uuid:e", R"({"resourceType":"Encounter","id":"e","subject":{"reference":)"
                             R"("urn:uuid:p"},"serviceProvider":{"display":"Ward"}})"},
              {"urn:uuid:x", R"({"resourceType":"Claim","patient":{"reference":"urn:uuid:p"}})"}}));
  const auto index = Open();
  const Answer answer = Ask("N-1");
  EXPECT_EQ(answer.state, AnswerState::kComplete);
  EXPECT_THAT(Ids(answer), ElementsAre("Patient/1", "Condition/c1", "Encounter/e"));
  EXPECT_THAT(answer.resources[1]->json, HasSubstr("1.50"));  // Bytes as received.
  EXPECT_EQ(answer.resources[0]->full_url, "urn:uuid:p");
  EXPECT_THAT(Ids(Ask("N-2")), ElementsAre("Patient/2"));
  EXPECT_THAT(index->Find("N-1")->facilities, ElementsAre("Ward"));
  // The encounter comes along, since it names the place, though only conditions were asked for.
  EXPECT_THAT(Ids(Ask("N-1", {ClinicalClass::kCondition})),
              ElementsAre("Patient/1", "Condition/c1", "Encounter/e"));
  EXPECT_THAT(Ids(Ask("N-1", {ClinicalClass::kAllergy})), ElementsAre("Patient/1"));
}

TEST_F(RecordIndexTest, SingleFilesAndLinesReferToEachOther) {
  folder_.Write("patients/p.json", Patient("p", "N-1"));
  folder_.Write("all.ndjson", Condition("c1", "Patient/p") + "\n\n" + Condition("c2", "Patient/p"));
  folder_.Write("notes.txt", "not a record");
  folder_.Write("config.json", R"({"colour":"blue"})");
  folder_.Write(".hidden.json", "{");
  Open();
  EXPECT_THAT(Ids(Ask("N-1")), ElementsAre("Patient/p", "Condition/c1", "Condition/c2"));
  EXPECT_EQ(Ask("N-1").state, AnswerState::kComplete);
}

TEST_F(RecordIndexTest, UnknownPatientIsUnknownAndForeignDomainToo) {
  folder_.Write("p.json", Patient("p", "N-1"));
  Open();
  EXPECT_EQ(Ask("N-9").state, AnswerState::kPatientUnknown);
  EXPECT_EQ(
      SelectAnswer(*source_->index(), kDomain, {"2.999.66", Phi<std::string>("N-1"), 1}, {}).state,
      AnswerState::kPatientUnknown);
}

TEST_F(RecordIndexTest, ResourceInSeveralFilesIsTakenOnceInItsLatestVersion) {
  folder_.Write(
      "a.json",
      Bundle({{"u", Patient("p", "N-1")},
              {"v", Condition("c", "Patient/p", R"(,"meta":{"lastUpdated":"2020-01-02"})")}}));
  folder_.Write(
      "b.json",
      Bundle({{"u", Patient("p", "N-1")},
              {"v", Condition("c", "Patient/p", R"(,"meta":{"lastUpdated":"2020-01-01"})")}}));
  Open();
  const Answer answer = Ask("N-1");
  EXPECT_THAT(Ids(answer), ElementsAre("Patient/p", "Condition/c"));
  EXPECT_THAT(answer.resources[1]->json, HasSubstr("2020-01-02"));
}

TEST_F(RecordIndexTest, BrokenFileMakesPartialWhomItMentions) {
  folder_.Write("a.json", Bundle({{"u", Patient("1", "N-1")}, {"v", Patient("2", "N-2")}}));
  std::string broken = Bundle({{"u", Patient("3", "N-1")}});
  broken.resize(broken.size() - 10);
  folder_.Write("b.json", broken);
  const auto index = Open();
  EXPECT_EQ(Ask("N-1").state, AnswerState::kPartial);
  EXPECT_EQ(Ask("N-2").state, AnswerState::kComplete);
  EXPECT_EQ(Ask("N-9").state, AnswerState::kPatientUnknown);
  ASSERT_EQ(index->warnings().size(), 1u);
  EXPECT_THAT(index->warnings()[0], HasSubstr(FileTag("b.json") + ": json: byte"));
  EXPECT_FALSE(absl::StrContains(index->warnings()[0], "N-1"));
  EXPECT_FALSE(absl::StrContains(index->warnings()[0], "b.json"));  // A name may be a patient's.
}

TEST_F(RecordIndexTest, BrokenFileThatMayBeAnybodysMakesAllPartial) {
  folder_.Write("a.json", Patient("1", "N-1"));
  folder_.Write("b.json", "{\"resourceType\":");
  Open();
  EXPECT_EQ(Ask("N-1").state, AnswerState::kPartial);
  EXPECT_EQ(Ask("N-9").state, AnswerState::kFailed);  // Not "unknown": nobody can say.
}

TEST_F(RecordIndexTest, PatientOfABrokenFileAloneFails) {
  folder_.Write("b.json", Patient("3", "N-1").substr(0, 110));
  Open();
  EXPECT_EQ(Ask("N-1").state, AnswerState::kFailed);
}

TEST_F(RecordIndexTest, BrokenLineLeavesTheOtherLines) {
  folder_.Write("a.ndjson", Patient("1", "N-1") + "\n" + Condition("c", "Patient/1") + "\n{oops\n");
  Open();
  const Answer answer = Ask("N-1");
  EXPECT_EQ(answer.state, AnswerState::kPartial);
  EXPECT_THAT(Ids(answer), ElementsAre("Patient/1", "Condition/c"));
}

TEST_F(RecordIndexTest, ResourcesOfNobodyAreLeftOutWithAWarning) {
  folder_.Write("a.json", Bundle({{"u", Patient("1", "N-1")}, {"v", Condition("c", "Patient/9")}}));
  const auto index = Open();
  EXPECT_THAT(Ids(Ask("N-1")), ElementsAre("Patient/1"));
  EXPECT_THAT(index->warnings(), ElementsAre(HasSubstr("about no patient")));
}

std::string DocumentReference(const std::string& url) {
  return absl::StrCat(
      R"({"resourceType":"DocumentReference","id":"d","masterIdentifier":{"value":"doc-1"},)"
      R"("subject":{"reference":"Patient/p"},"content":[{"attachment":{"contentType":)"
      R"("text/plain","url":")",
      url, R"("}}]})");
}

TEST_F(RecordIndexTest, DocumentContentIsFoundBesideItsReference) {
  folder_.Write("p.json", Patient("p", "N-1"));
  folder_.Write("docs/d.json", DocumentReference("files/a.txt"));
  folder_.Write("docs/files/a.txt", "hello");
  const auto index = Open();
  const SourceDocument& document = index->Find("N-1")->documents.at("doc-1");
  EXPECT_EQ(document.path, "docs/files/a.txt");
  EXPECT_EQ(document.facts.sha256, crypto::Sha256("hello"));
  EXPECT_EQ(document.facts.size_bytes, 5u);
  EXPECT_EQ(*source_->Content(document), "hello");
  folder_.Write("docs/files/a.txt", "hullo");  // Not what was announced.
  EXPECT_EQ(source_->Content(document).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(*source_->Refresh());
  EXPECT_EQ(*source_->Content(source_->index()->Find("N-1")->documents.at("doc-1")), "hullo");
}

TEST_F(RecordIndexTest, ContentOutsideTheFolderIsNeverRead) {
  folder_.Write("p.json", Patient("p", "N-1"));
  for (const char* url : {"../../etc/passwd", "/etc/passwd", "file:///etc/passwd"}) {
    folder_.Write("d.json", DocumentReference(url));
    const SourceDocument document = Open()->Find("N-1")->documents.at("doc-1");
    EXPECT_EQ(document.path, "") << url;
    EXPECT_EQ(source_->Content(document).status().code(), absl::StatusCode::kNotFound) << url;
  }
  std::filesystem::create_symlink("/etc/passwd", folder_.path() + "/link.txt");
  EXPECT_EQ(ReadSourceFile(folder_.path(), "link.txt").status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(RecordIndexTest, BinaryHoldsTheContentOfADocument) {
  folder_.Write("p.json", Patient("p", "N-1"));
  folder_.Write("d.json", DocumentReference("Binary/b"));
  folder_.Write(
      "b.json",
      R"({"resourceType":"Binary","id":"b","contentType":"text/plain","data":"aGVsbG8="})");
  const SourceDocument document = Open()->Find("N-1")->documents.at("doc-1");
  EXPECT_EQ(*source_->Content(document), "hello");
}

TEST_F(RecordIndexTest, CdaDescribesItself) {
  folder_.Write("p.json", Patient("p", "N-1"));
  folder_.Write("c.xml", Cda("N-1", "Doe", "19800305"));
  const auto index = Open();
  const SourceDocument& document = index->Find("N-1")->documents.at("urn:oid:2.999.7^T1");
  EXPECT_EQ(document.facts.type_code, "18842-5");
  EXPECT_EQ(document.facts.title, "Discharge");
  EXPECT_EQ(document.facts.created, "2014-09-17T19:04:00-05:00");
  EXPECT_THAT(document.facts.security_codes, ElementsAre("R"));
}

TEST_F(RecordIndexTest, CdaOfSomebodyElseIsNotServed) {
  folder_.Write("p.json", Patient("p", "N-1"));
  folder_.Write("other.xml", Cda("N-1", "Canary", "19700101"));
  folder_.Write("unknown.xml", Cda("N-7", "Doe", "19800305"));
  folder_.Write("married.xml", Cda("N-1", "Smith", "19800305"));
  const auto index = Open();
  EXPECT_EQ(index->Find("N-1")->documents.size(), 1u);  // Only a family name differs.
  EXPECT_EQ(index->warnings().size(), 2u);
  for (const std::string& warning : index->warnings()) {
    EXPECT_FALSE(absl::StrContains(warning, "Canary")) << warning;
  }
}

TEST_F(RecordIndexTest, ReferenceToACdaOfSomebodyElseIsNotServed) {
  folder_.Write("p.json", Bundle({{"u", Patient("p", "N-1")}, {"v", Patient("q", "N-2", "Roe")}}));
  folder_.Write("d.json", DocumentReference("c.xml"));
  folder_.Write("c.xml", Cda("N-2", "Roe", "19800305"));
  const auto index = Open();
  EXPECT_THAT(index->Find("N-1")->documents, IsEmpty());
  EXPECT_THAT(Ids(Ask("N-1")), ElementsAre("Patient/p"));
}

TEST_F(RecordIndexTest, RefreshReadsOnlyWhatChanged) {
  folder_.Write("p.json", Patient("p", "N-1"));
  Open();
  EXPECT_FALSE(*source_->Refresh());
  const auto before = source_->index();
  folder_.Write("c.json", Condition("c", "Patient/p"));
  EXPECT_TRUE(*source_->Refresh());
  EXPECT_THAT(Ids(Ask("N-1")), ElementsAre("Patient/p", "Condition/c"));
  EXPECT_EQ(before->Find("N-1")->resources.size(), 0u);  // The old index is as it was.
  folder_.Remove("c.json");
  EXPECT_TRUE(*source_->Refresh());
  EXPECT_THAT(Ids(Ask("N-1")), ElementsAre("Patient/p"));
}

TEST_F(RecordIndexTest, MissingFolderSaysSo) {
  const auto opened = FolderSource::Open(
      {.folder = "/no/such/folder", .domain = kDomain, .clock = &clock_, .log = nullptr});
  EXPECT_EQ(opened.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(opened.status().message()), HasSubstr("/no/such/folder"));
}

TEST_F(RecordIndexTest, ChunksStayBelowTheirSize) {
  std::vector<SourceResource> resources(5);
  const size_t sizes[] = {40, 40, 40, 500, 10};
  std::vector<const SourceResource*> pointers;
  for (size_t i = 0; i < 5; ++i) {
    resources[i].json = std::string(sizes[i], 'x');
    pointers.push_back(&resources[i]);
  }
  const auto chunks = Chunked(pointers, 100);
  ASSERT_EQ(chunks.size(), 4u);
  EXPECT_EQ(chunks[0].size(), 2u);
  EXPECT_EQ(chunks[2].size(), 1u);  // Larger than a chunk: alone.
  EXPECT_TRUE(Chunked({}, 100).empty());
}

}  // namespace
}  // namespace hie::agent
