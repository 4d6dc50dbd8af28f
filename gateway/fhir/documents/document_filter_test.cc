#include "gateway/fhir/documents/document_filter.h"

#include "gateway/fhir/documents/document_codes.h"
#include "gateway/fhir/documents/documents_world.h"
#include "gateway/fhir/search_reader.h"
#include "gateway/fhir/url_form.h"
#include "gtest/gtest.h"
#include "services/registry/document_entry.h"

namespace hie::fhir {
namespace {

constexpr char kBase[] = "https://gw.hie.example/fhir";

constexpr char kDocument[] = R"({"resourceType":"DocumentReference","id":"d-88",
 "meta":{"lastUpdated":"2026-01-12T10:00:01.120Z"},
 "contained":[{"resourceType":"Practitioner","id":"a","name":[{"family":"Curie","given":["Marie"]}]}],
 "masterIdentifier":{"system":"urn:ietf:rfc:3986","value":"urn:oid:2.999.1.10.9.501"},
 "identifier":[{"system":"urn:ietf:rfc:3986","value":"urn:uuid:7"}],
 "status":"current","type":{"coding":[{"system":"http://loinc.org","code":"18842-5"}]},
 "category":[{"coding":[{"system":"http://loinc.org","code":"11488-4"}]}],
 "date":"2026-01-12T09:58:00Z","author":[{"reference":"#a"},{"display":"Niels Bohr"}],
 "securityLabel":[{"coding":[{"code":"N"}]}],
 "relatesTo":[{"code":"replaces","target":{"reference":"DocumentReference/d-1"}}],
 "custodian":{"identifier":{"system":"urn:ietf:rfc:3986","value":"urn:oid:2.999.1.10"},
  "display":"North Hospital"},
 "content":[{"attachment":{"contentType":"text/plain","creation":"2026-01-12T09:55:00Z"},
  "format":{"system":"http://f","code":"urn:ihe:x"}}],
 "context":{"event":[{"coding":[{"code":"E1"}]}],"facilityType":{"coding":[{"code":"F1"}]},
  "practiceSetting":{"coding":[{"code":"P1"}]},
  "period":{"start":"2026-01-08T07:10:00Z","end":"2026-01-12"},
  "related":[{"reference":"Observation/o-1"},
   {"identifier":{"system":"urn:oid:2.999.4","value":"ACC-1"}}]}})";

constexpr char kList[] = R"({"resourceType":"List","id":"s-1","status":"current",
 "meta":{"lastUpdated":"2026-01-12T10:00:01.120Z"},
 "contained":[{"resourceType":"Practitioner","id":"a","name":[{"family":"Curie","given":["Marie"]}]}],
 "extension":[{"url":"u","valueIdentifier":{"value":"urn:oid:2.999.7"}},
  {"url":"d","valueCodeableConcept":{"coding":[{"system":"http://loinc.org","code":"18842-5"}]}}],
 "identifier":[{"system":"urn:ietf:rfc:3986","value":"urn:oid:2.999.1"}],
 "code":{"coding":[{"system":"https://profiles.ihe.net/ITI/MHD/CodeSystem/MHDlistTypes",
  "code":"submissionset"}]},"date":"2026-01-12T10:00:00Z","source":{"reference":"#a"}})";

Interaction Row(const std::vector<SearchParameter>& parameters) {
  Interaction row;
  row.kind = InteractionKind::kSearch;
  row.path = "/X";
  row.resource = "X";
  row.parameters = parameters;
  row.run = [](std::shared_ptr<Call>) {};
  return row;
}

// "match", "no match", or the detail code of the refusal.
std::string Judge(const std::string& query, bool list) {
  const Interaction row = Row(list ? ListParameters() : DocumentParameters());
  const Reading<SearchQuery> search = ReadSearch(query, "", row, Handling::kStrict);
  if (!search.ok()) return "unreadable";
  const Reading<ResourceFilter> filter =
      list ? ReadListFilter(search.value, kBase) : ReadDocumentFilter(search.value, kBase);
  if (!filter.ok()) return std::string(filter.failure->issues[0].detail_code);
  return filter.value(testing::Json(list ? kList : kDocument)) ? "match" : "no match";
}

TEST(DocumentFilterTest, EveryParameterJudgesItsElement) {
  const struct {
    const char* query;
    const char* verdict;
  } kCases[] = {
      {"", "match"},
      {"status=superseded", "no match"},
      {"author.family=cur", "match"},
      {"author.family=bohr", "match"},
      {"author.family=Einstein", "no match"},
      {"author.given=marie", "match"},
      {"author.given:exact=marie", "no match"},
      {"category=http://loinc.org%7C11488-4", "match"},
      {"category=http://other%7C11488-4", "no match"},
      {"type=18842-5", "match"},
      {"type=http://loinc.org%7C", "match"},
      {"type=%7C18842-5", "no match"},
      {"type=1,18842-5", "match"},
      {"type=18842-5&type=1", "no match"},
      {"event=E1", "match"},
      {"event=E2", "no match"},
      {"facility=F1", "match"},
      {"facility=F2", "no match"},
      {"setting=P1", "match"},
      {"setting=P2", "no match"},
      {"format=http://f%7Curn:ihe:x", "match"},
      {"format=urn:ihe:y", "no match"},
      {"security-label=N", "match"},
      {"security-label=R", "no match"},
      {"creation=2026-01-12", "match"},
      {"creation=gt2026-01-12", "no match"},
      {"creation=lt2026-01-12T10:00:00Z", "match"},
      {"date=ge2026-01-01", "match"},
      {"date=lt2026-01-01", "no match"},
      {"period=ge2026-01-12", "match"},
      {"period=gt2026-01-12", "no match"},
      {"period=le2026-01-08", "match"},
      {"period=lt2026-01-08", "no match"},
      {"identifier=urn:ietf:rfc:3986%7Curn:oid:2.999.1.10.9.501", "match"},
      {"identifier=urn:uuid:7", "match"},
      {"identifier=urn:uuid:8", "no match"},
      {"related=Observation/o-1", "match"},
      {"related=Observation/o-2", "no match"},
      {"related:identifier=urn:oid:2.999.4%7CACC-1", "match"},
      {"related:identifier=urn:oid:2.999.4%7CACC-2", "no match"},
      {"_id=d-88", "match"},
      {"_id=d-89", "no match"},
      {"_lastUpdated=ge2026-01-12", "match"},
      {"_lastUpdated=lt2026-01-12", "no match"},
      {"contenttype=text/plain", "match"},
      {"contenttype=application/pdf", "no match"},
      {"relatesto=DocumentReference/d-1", "match"},
      {"relatesto=DocumentReference/d-2", "no match"},
      {"custodian:identifier=urn:oid:2.999.1.10", "match"},
      {"custodian:identifier=urn:oid:2.999.1.20", "no match"},
      {"targetCommunityIdList=urn:oid:2.999.9", "match"},
      {"date=soon", "XDSRegistryMetadataError"},
      {"status=http://x%7Ccurrent", "XDSRegistryMetadataError"},
  };
  for (const auto& c : kCases) {
    const std::string query = absl::StrCat("status=current&", c.query);
    EXPECT_EQ(Judge(query, false), c.verdict) << c.query;
  }
  EXPECT_EQ(Judge("type=18842-5", false), "XDSStoredQueryMissingParam");
  EXPECT_EQ(Judge("status=superseded,current", false), "match");
}

TEST(ListFilterTest, EveryParameterJudgesItsElement) {
  const struct {
    const char* query;
    const char* verdict;
  } kCases[] = {
      {"code=folder", "no match"},
      {"code=https://profiles.ihe.net/ITI/MHD/CodeSystem/MHDlistTypes%7Csubmissionset", "match"},
      {"date=ge2026-01-01", "match"},
      {"date=lt2026-01-01", "no match"},
      {"designationType=http://loinc.org%7C18842-5", "match"},
      {"designationType=1", "no match"},
      {"identifier=urn:ietf:rfc:3986%7Curn:oid:2.999.1", "match"},
      {"identifier=urn:oid:2.999.2", "no match"},
      {"source.family=curie", "match"},
      {"source.given=pierre", "no match"},
      {"sourceId=urn:oid:2.999.7", "match"},
      {"sourceId=urn:oid:2.999.8", "no match"},
      {"_id=s-1", "match"},
      {"_lastUpdated=lt2026-01-12", "no match"},
  };
  for (const auto& c : kCases) {
    const std::string query = absl::StrCat("status=current&code=submissionset&", c.query);
    EXPECT_EQ(Judge(query, true), c.verdict) << c.query;
  }
  EXPECT_EQ(Judge("status=current", true), "XDSStoredQueryMissingParam");
  EXPECT_EQ(Judge("code=folder", true), "XDSStoredQueryMissingParam");
}

TEST(DocumentIdTest, IsTheOneThatTheRegistryGives) {
  for (const char* unique_id : {"urn:oid:2.999.1", "", "x^y"}) {
    EXPECT_EQ(DocumentIdOf("north", unique_id), registry::EntryId(MemberId("north"), unique_id));
  }
}

}  // namespace
}  // namespace hie::fhir
