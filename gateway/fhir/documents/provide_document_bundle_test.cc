#include "gateway/fhir/documents/provide_document_bundle.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "gateway/fhir/documents/documents_world.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/crypto/sha1.h"
#include "services/common/json/writer.h"

namespace hie::fhir {
namespace {

using testing::DetailOf;
using testing::DocumentsWorld;
using testing::Edited;
using ::testing::ElementsAre;
using testing::ExchangeMethods;
using testing::Json;

using Path = std::vector<std::string>;

constexpr char kSet[] = R"({"fullUrl":"urn:uuid:1","request":{"method":"POST","url":"List"},
 "resource":{"resourceType":"List","extension":[
  {"url":"https://profiles.ihe.net/ITI/MHD/StructureDefinition/ihe-sourceId",
   "valueIdentifier":{"value":"urn:oid:2.999.1.10.7"}},
  {"url":"https://profiles.ihe.net/ITI/MHD/StructureDefinition/ihe-designationType",
   "valueCodeableConcept":{"coding":[{"system":"http://loinc.org","code":"18842-5"}]}}],
  "identifier":[{"use":"usual","system":"urn:ietf:rfc:3986","value":"urn:oid:2.999.1.10.9.500"}],
  "status":"current","mode":"working","code":{"coding":[
   {"system":"https://profiles.ihe.net/ITI/MHD/CodeSystem/MHDlistTypes","code":"submissionset"}]},
  "subject":{"reference":"Patient/p-7"},"date":"2026-01-12T10:00:00Z",
  "entry":[{"item":{"reference":"urn:uuid:2"}}]}})";

constexpr char kDocument[] = R"({"fullUrl":"urn:uuid:2",
 "request":{"method":"POST","url":"DocumentReference"},
 "resource":{"resourceType":"DocumentReference",
  "contained":[{"resourceType":"Patient","id":"src",
   "identifier":[{"system":"urn:oid:2.999.1.10.1","value":"N-1001"}],
   "name":[{"family":"Moreau","given":["Ana"]}]}],
  "masterIdentifier":{"system":"urn:ietf:rfc:3986","value":"urn:oid:2.999.1.10.9.501"},
  "status":"current","type":{"coding":[{"system":"http://loinc.org","code":"18842-5"}]},
  "category":[{"coding":[{"system":"http://loinc.org","code":"11488-4"}]}],
  "subject":{"reference":"Patient/p-7"},"date":"2026-01-12T09:58:00Z",
  "securityLabel":[{"coding":[{"code":"N"}]}],
  "content":[{"attachment":{"contentType":"text/plain","language":"en-US","url":"urn:uuid:3",
    "creation":"2026-01-12T09:55:00Z"},"format":{"code":"urn:ihe:iti:xds-sd:text:2008"}}],
  "context":{"facilityType":{"coding":[{"code":"22232009"}]},
   "practiceSetting":{"coding":[{"code":"408443003"}]},"sourcePatientInfo":{"reference":"#src"}}}})";

json::Value Binary(absl::string_view content) {
  return Edited(Json(R"({"fullUrl":"urn:uuid:3","request":{"method":"POST","url":"Binary"},
   "resource":{"resourceType":"Binary","contentType":"text/plain"}})"),
                {"resource", "data"}, json::Value::String(absl::Base64Escape(content)));
}

json::Value Bundle(absl::string_view content = "stable\n") {
  json::Value bundle = Json(
      R"({"resourceType":"Bundle","type":"transaction","meta":{"profile":[)"
      R"("https://profiles.ihe.net/ITI/MHD/StructureDefinition/IHE.MHD.Comprehensive.ProvideBundle"]}})");
  json::Value entries = json::Value::Array();
  entries.Append(Json(kSet));
  entries.Append(Json(kDocument));
  entries.Append(Binary(content));
  bundle.Set("entry", std::move(entries));
  return bundle;
}

json::Value With(const json::Value& bundle, const Path& path, const char* value) {
  return Edited(bundle, path, Json(value));
}
json::Value AddEntry(const json::Value& bundle, const char* entry) {
  json::Value entries = *bundle.Find("entry");
  entries.Append(Json(entry));
  return Edited(bundle, {"entry"}, entries);
}

Path Attachment(const char* name) {
  return {"entry", "1", "resource", "content", "0", "attachment", name};
}

TEST(ProvideDocumentBundleTest, OneSubmissionFilesEverythingAtOnce) {
  DocumentsWorld world;
  const auto call = world.Post("", json::Write(Bundle()));
  ASSERT_EQ(call->status(), 200) << json::Write(call->resource());
  const auto requests = world.exchange().Requests<ExchangeMethods::SubmitDocuments>();
  ASSERT_EQ(requests.size(), 1u);
  EXPECT_EQ(world.exchange().calls(), 1u);  // Nobody is asked where nothing has to be.
  const auto& request = requests[0];
  EXPECT_EQ(request.subject().eid(), "p-7");
  const auto& entry = request.documents(0).entry();
  EXPECT_EQ(entry.unique_id(), "urn:oid:2.999.1.10.9.501");
  EXPECT_EQ(entry.patient().assigning_authority(), "2.999.1.10.1");
  EXPECT_EQ(entry.patient().id(), "N-1001");
  EXPECT_EQ(entry.type_code(), "18842-5");
  EXPECT_EQ(entry.size_bytes(), 7u);
  EXPECT_EQ(entry.sha1(), crypto::Sha1("stable\n"));
  EXPECT_EQ(request.documents(0).content(), "stable\n");
  EXPECT_THAT(request.documents(0).security_codes(), ElementsAre("N"));
  EXPECT_EQ(request.submission_set().unique_id(), "urn:oid:2.999.1.10.9.500");
  EXPECT_EQ(request.submission_set().source_id(), "urn:oid:2.999.1.10.7");
}

TEST(ProvideDocumentBundleTest, TheAnswerHasOneEntryPerEntryInTheirOrder) {
  DocumentsWorld world;
  const json::Value answer = world.Post("", json::Write(Bundle()))->resource();
  EXPECT_EQ(answer.Text("type"), "transaction-response");
  ASSERT_EQ(answer.Each("entry").size(), 3u);
  const char* kLocations[] = {"https://gw.hie.example/fhir/List/s-1/_history/1",
                              "https://gw.hie.example/fhir/DocumentReference/d-88/_history/1",
                              "https://gw.hie.example/fhir/Binary/d-88"};
  for (size_t i = 0; i < 3; ++i) {
    const json::Value& response = *answer.Each("entry")[i].Find("response");
    EXPECT_EQ(response.Text("status"), "201 Created");
    EXPECT_EQ(response.Text("location"), kLocations[i]);
    EXPECT_EQ(response.Text("etag"), "W/\"1\"");
    EXPECT_EQ(response.Text("lastModified"), "2026-01-12T10:00:01.120Z");
  }
}

TEST(ProvideDocumentBundleTest, ARetryIsTheSameRequestAndToldAsSuch) {
  DocumentsWorld world;
  world.exchange().On<ExchangeMethods::SubmitDocuments>(
      [](const exchange::v1::SubmitDocumentsRequest&) {
        exchange::v1::SubmitDocumentsResponse response;
        response.add_document_ids("d-88");
        response.add_existed(true);
        response.set_submission_set_id("s-1");
        return response;
      });
  const std::string body = json::Write(Bundle(std::string((1 << 20) + 1, 'x')));
  EXPECT_EQ(world.Post("", body)->status(), 200);
  const auto again = world.Post("", body);
  const auto requests = world.exchange().Requests<ExchangeMethods::SubmitDocuments>();
  ASSERT_EQ(requests.size(), 2u);
  EXPECT_EQ(requests[0].SerializeAsString(), requests[1].SerializeAsString());
  EXPECT_EQ(again->resource().At("/entry/1/response/status")->text(), "200 OK");
}

TEST(ProvideDocumentBundleTest, LargeContentIsStagedInParts) {
  DocumentsWorld world;
  const std::string content((2 << 20) + 5, 'x');
  ASSERT_EQ(world.Post("", json::Write(Bundle(content)))->status(), 200);
  const auto parts = world.exchange().Requests<ExchangeMethods::PutDocumentContent>();
  ASSERT_EQ(parts.size(), 3u);
  std::string staged;
  for (const auto& part : parts) {
    EXPECT_EQ(part.offset(), staged.size());
    EXPECT_EQ(part.patient().id(), "N-1001");
    staged += part.data();
  }
  EXPECT_TRUE(parts[2].last());
  EXPECT_TRUE(staged == content);
  const auto request = world.exchange().Requests<ExchangeMethods::SubmitDocuments>()[0];
  EXPECT_TRUE(request.documents(0).content().empty());
  EXPECT_EQ(request.documents(0).entry().content_id(), parts[0].content_id());
}

struct Refused {
  const char* name;
  json::Value bundle;
  int status;
  const char* detail;
  const char* expression;
};

std::vector<Refused> RefusedBundles() {
  const json::Value good = Bundle();
  return {
      {"hash", With(good, Attachment("hash"), "\"AAAA\""), 400, "XDSNonIdenticalHash",
       "Bundle.entry[1].resource.content[0].attachment.hash"},
      {"size", With(good, Attachment("size"), "8"), 400, "XDSNonIdenticalSize",
       "Bundle.entry[1].resource.content[0].attachment.size"},
      {"data in the attachment", With(good, Attachment("data"), "\"AAAA\""), 400,
       "XDSRegistryMetadataError", "Bundle.entry[1].resource.content[0].attachment.data"},
      {"url to nothing", With(good, Attachment("url"), "\"urn:uuid:9\""), 400, "XDSMissingDocument",
       "Bundle.entry[1].resource.content[0].attachment.url"},
      {"url of a member without endpoint",
       Edited(With(good, Attachment("url"), "\"https://north.example/1\""), {"entry", "2"},
              std::nullopt),
       400, "XDSMissingDocument", "Bundle.entry[1].resource.content[0].attachment.url"},
      {"two contents",
       With(good, {"entry", "1", "resource", "content"},
            R"([{"attachment":{"contentType":"a/b","url":"urn:uuid:3"}},{"attachment":{}}])"),
       400, "XDSRegistryMetadataError", "Bundle.entry[1].resource.content[1]"},
      {"label", Edited(good, {"entry", "1", "resource", "securityLabel"}, std::nullopt), 400,
       "XDSMissingDocumentMetadata", "Bundle.entry[1].resource.securityLabel"},
      {"type without a code",
       With(good, {"entry", "1", "resource", "type"}, R"({"text":"summary"})"), 400,
       "XDSMissingDocumentMetadata", "Bundle.entry[1].resource.type"},
      {"status", With(good, {"entry", "1", "resource", "status"}, "\"entered-in-error\""), 400,
       "XDSRegistryMetadataError", "Bundle.entry[1].resource.status"},
      {"docStatus", With(good, {"entry", "1", "resource", "docStatus"}, "\"final\""), 400,
       "XDSRegistryMetadataError", "Bundle.entry[1].resource.docStatus"},
      {"date", With(good, {"entry", "1", "resource", "date"}, "\"soon\""), 400,
       "XDSRegistryMetadataError", "Bundle.entry[1].resource.date"},
      {"other patient",
       With(good, {"entry", "1", "resource", "subject", "reference"}, "\"Patient/p-8\""), 400,
       "XDSPatientIdDoesNotMatch", "Bundle.entry[1].resource.subject"},
      {"a group as patient",
       With(good, {"entry", "1", "resource", "subject", "reference"}, "\"Group/p-7\""), 400,
       "XDSUnknownPatientId", "Bundle.entry[1].resource.subject"},
      {"document not in the set", With(good, {"entry", "0", "resource", "entry"}, "[]"), 400,
       "XDSRegistryMetadataError", "Bundle.entry[1]"},
      {"two sets", AddEntry(good, kSet), 400, "XDSRegistryMetadataError",
       "Bundle.entry[3].fullUrl"},
      {"orderedBy", With(good, {"entry", "0", "resource", "orderedBy"}, R"({"text":"x"})"), 400,
       "XDSRegistryMetadataError", "Bundle.entry[0].resource.orderedBy"},
      {"deleted", With(good, {"entry", "0", "resource", "entry", "0", "deleted"}, "true"), 400,
       "XDSRegistryMetadataError", "Bundle.entry[0].resource.entry.deleted"},
  };
}

std::vector<Refused> RefusedEntries() {
  const json::Value good = Bundle();
  return {
      {"not base64", With(good, {"entry", "2", "resource", "data"}, "\"***\""), 400,
       "InvalidDocumentContent", "Bundle.entry[2].resource.data"},
      {"FHIR document", AddEntry(good, R"({"request":{"method":"POST","url":"Bundle"},
                          "resource":{"resourceType":"Bundle","type":"document"}})"),
       400, "FHIRDocumentNotSupported", "Bundle.entry[3].resource"},
      {"another resource", AddEntry(good, R"({"request":{"method":"POST","url":"Observation"},
                          "resource":{"resourceType":"Observation"}})"),
       400, "XDSRegistryMetadataError", "Bundle.entry[3]"},
      {"delete", AddEntry(good, R"({"request":{"method":"DELETE","url":"DocumentReference/d-1"}})"),
       400, "XDSRegistryMetadataError", "Bundle.entry[3]"},
      {"patch of something else",
       AddEntry(good, R"({"request":{"method":"PATCH","url":"DocumentReference/d-1"},
         "resource":{"resourceType":"Parameters","parameter":[{"name":"operation","part":[
          {"name":"type","valueCode":"replace"},{"name":"path","valueString":"DocumentReference.date"},
          {"name":"value","valueCode":"superseded"}]}]}})"),
       400, "XDSRegistryMetadataError", "Bundle.entry[3]"},
      {"not a transaction", With(good, {"type"}, "\"batch\""), 400, "XDSRegistryMetadataError",
       "Bundle.type"},
      {"relation of no kind",
       With(good, {"entry", "1", "resource", "relatesTo"},
            R"([{"code":"likes","target":{"reference":"DocumentReference/d-1"}}])"),
       400, "XDSRegistryMetadataError", "Bundle.entry[1].resource.relatesTo[0].code"},
      {"relation to nothing",
       With(good, {"entry", "1", "resource", "relatesTo"},
            R"([{"code":"replaces","target":{"reference":"DocumentReference/d-9"}}])"),
       400, "UnresolvedReferenceException", "Bundle.entry[1].resource.relatesTo[0].target"},
  };
}

TEST(ProvideDocumentBundleTest, WhatIsWrongIsNamedAndNothingIsFiled) {
  std::vector<Refused> all = RefusedBundles();
  for (Refused& refused : RefusedEntries()) all.push_back(std::move(refused));
  for (const Refused& refused : all) {
    SCOPED_TRACE(refused.name);
    DocumentsWorld world;
    const auto call = world.Post("", json::Write(refused.bundle));
    const json::Value outcome = call->resource();
    EXPECT_EQ(call->status(), refused.status) << json::Write(outcome);
    EXPECT_EQ(DetailOf(outcome), refused.detail);
    const json::Value* expression = outcome.At("/issue/0/expression/0");
    EXPECT_EQ(expression == nullptr ? "" : expression->text(), refused.expression);
    EXPECT_EQ(world.Submissions(), 0u);
    EXPECT_FALSE(absl::StrContains(json::Write(outcome), "N-1001"));
  }
}

TEST(ProvideDocumentBundleTest, AMemberThatCanBeAskedKeepsItsContent) {
  std::vector<Member> members = testing::TestMembers();
  members[1].endpoints.push_back({EndpointKind::kFhirR4, "https://north.example/fhir", {}, {}});
  testing::TestWorld world(DocumentInteractions(), members);
  testing::FilesEverything(world.exchange());
  const json::Value bundle =
      Edited(With(Bundle(), Attachment("url"), "\"https://north.example/1\""), {"entry", "2"},
             std::nullopt);
  const auto call = world.Post("", json::Write(bundle));
  ASSERT_EQ(call->status(), 200) << json::Write(call->resource());
  const auto request = world.exchange().Requests<ExchangeMethods::SubmitDocuments>()[0];
  EXPECT_TRUE(request.documents(0).content().empty());
  EXPECT_TRUE(request.documents(0).entry().content_id().empty());
  // A URL of ours would lead back here.
  const auto circle = world.Post(
      "", json::Write(With(bundle, Attachment("url"), "\"https://gw.hie.example/fhir/Binary/1\"")));
  EXPECT_EQ(DetailOf(circle->resource()), "XDSMissingDocument");
}

TEST(ProvideDocumentBundleTest, AReplacementNamesItsTargetByUniqueIdAndKeepsThePatch) {
  DocumentsWorld world;
  json::Value bundle =
      With(Bundle(), {"entry", "1", "resource", "relatesTo"},
           R"([{"code":"replaces","target":{"reference":"DocumentReference/d-1"}}])");
  bundle = AddEntry(bundle, R"({"fullUrl":"urn:uuid:10",
    "request":{"method":"PATCH","url":"DocumentReference/d-1"},
    "resource":{"resourceType":"Parameters","parameter":[{"name":"operation","part":[
     {"name":"type","valueCode":"replace"},{"name":"path","valueString":"DocumentReference.status"},
     {"name":"value","valueCode":"superseded"}]}]}})");
  const auto call = world.Post("", json::Write(bundle));
  ASSERT_EQ(call->status(), 200) << json::Write(call->resource());
  const auto request = world.exchange().Requests<ExchangeMethods::SubmitDocuments>()[0];
  EXPECT_EQ(request.documents(0).entry().relations(0).target_unique_id(),
            "urn:oid:2.999.1.10.9.400");
  EXPECT_EQ(request.documents(0).entry().relations(0).kind(), registry::v1::RELATION_KIND_REPLACES);
  EXPECT_THAT(request.superseded_ids(), ElementsAre("d-1"));
  EXPECT_EQ(call->resource().At("/entry/3/response/status")->text(), "200 OK");
}

TEST(ProvideDocumentBundleTest, AFolderIsAWarning) {
  DocumentsWorld world;
  const auto call = world.Post("", json::Write(AddEntry(Bundle(), R"({"fullUrl":"urn:uuid:11",
    "request":{"method":"POST","url":"List"},"resource":{"resourceType":"List","code":{"coding":[
    {"system":"https://profiles.ihe.net/ITI/MHD/CodeSystem/MHDlistTypes","code":"folder"}]}}})")));
  ASSERT_EQ(call->status(), 200) << json::Write(call->resource());
  const json::Value* outcome = call->resource().At("/entry/3/response/outcome");
  const json::Value resource = call->resource();
  outcome = resource.At("/entry/3/response/outcome");
  ASSERT_NE(outcome, nullptr);
  EXPECT_EQ(DetailOf(*outcome), "PartialFolderContentNotProcessed");
}

TEST(ProvideDocumentBundleTest, RefusalsOfTheRegistryAreWordsOfTheCatalogue) {
  const struct {
    absl::Status status;
    int http_status;
    const char* detail;
  } kCases[] = {
      {absl::AlreadyExistsError("XDSNonIdenticalHash: documents[0].sha1: want the same"), 409,
       "XDSNonIdenticalHash"},
      {absl::InvalidArgumentError("XDSNonIdenticalHash: documents[0].sha1: want the content's"),
       400, "XDSNonIdenticalHash"},
      {absl::AlreadyExistsError("XDSDuplicateUniqueIdInRegistry: submission_set: want another"),
       409, "XDSDuplicateUniqueIdInRegistry"},
      {absl::FailedPreconditionError(
           "XDSRegistryDeprecatedDocumentError: documents[0].relations: want a current target"),
       409, "XDSRegistryDeprecatedDocumentError"},
      {absl::FailedPreconditionError("XDSPatientIdDoesNotMatch: documents[0]: want one patient"),
       400, "XDSPatientIdDoesNotMatch"},
      {absl::NotFoundError("UnresolvedReferenceException: documents[0].relations: want it filed"),
       400, "UnresolvedReferenceException"},
      {absl::NotFoundError("subject: unknown"), 400, "XDSUnknownPatientId"},
      {absl::InvalidArgumentError("documents[0].unique_id: want at most 256 bytes"), 400,
       "XDSRegistryMetadataError"},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.status.ToString());
    DocumentsWorld world;
    world.exchange().On<ExchangeMethods::SubmitDocuments>(
        [&](const auto&) -> absl::StatusOr<exchange::v1::SubmitDocumentsResponse> {
          return c.status;
        });
    const auto call = world.Post("", json::Write(Bundle()));
    EXPECT_EQ(call->status(), c.http_status);
    EXPECT_EQ(DetailOf(call->resource()), c.detail);
  }
}

// --- Whose a document says that it is ----------------------------------------------------------

std::string Cda(const char* mrn, const char* given, const char* birth) {
  return absl::StrCat(
      "<ClinicalDocument xmlns=\"urn:hl7-org:v3\"><id root=\"2.999.7\"/>"
      "<confidentialityCode code=\"R\"/><recordTarget><patientRole>"
      "<id root=\"2.999.1.10.1\" extension=\"",
      mrn, "\"/><patient><name><given>", given,
      "</given><family>Moreau</family></name><birthTime value=\"", birth,
      "\"/></patient></patientRole></recordTarget></ClinicalDocument>");
}

TEST(RecordTargetOfSubmissionTest, ADocumentAboutSomebodyElseIsRefused) {
  const struct {
    std::string content;
    int status;
  } kCases[] = {
      {Cda("N-1001", "Ana", "19800305"), 200},
      {Cda("N-1002", "Ana", "19800305"), 400},
      {Cda("N-1001", "Bruno", "19800305"), 400},
      {Cda("N-1001", "Ana", "19551121"), 400},
  };
  for (const auto& c : kCases) {
    DocumentsWorld world;
    const auto call = world.Post("", json::Write(Bundle(c.content)));
    EXPECT_EQ(call->status(), c.status) << json::Write(call->resource());
    EXPECT_EQ(world.Submissions(), c.status == 200 ? 1u : 0u);
    if (c.status != 200) {
      EXPECT_EQ(DetailOf(call->resource()), "XDSPatientIdDoesNotMatch");
    }
  }
}

TEST(RecordTargetOfSubmissionTest, AFeedThatMayNotSearchIsHeldToItsOwnClaim) {
  for (const char* given : {"Ana", "Bruno"}) {
    DocumentsWorld world;
    world.exchange().On<ExchangeMethods::SearchPatients>(
        [](const auto&) -> absl::StatusOr<exchange::v1::SearchPatientsResponse> {
          return absl::PermissionDeniedError("no");
        });
    const auto call = world.Post("", json::Write(Bundle(Cda("N-1001", given, "19800305"))));
    EXPECT_EQ(call->status(), absl::string_view(given) == "Ana" ? 200 : 400);
  }
}

TEST(RecordTargetOfSubmissionTest, AFeedThatClaimsNobodyFilesNoDocumentAboutSomebody) {
  DocumentsWorld world;
  world.exchange().On<ExchangeMethods::SearchPatients>(
      [](const auto&) -> absl::StatusOr<exchange::v1::SearchPatientsResponse> {
        return absl::PermissionDeniedError("no");
      });
  json::Value bundle = Bundle(Cda("N-1002", "Bruno", "19551121"));
  bundle = With(bundle, {"entry", "1", "resource", "context", "sourcePatientInfo"},
                R"({"reference":"Patient/p-7"})");
  const auto call = world.Post("", json::Write(bundle));
  EXPECT_EQ(call->status(), 400) << json::Write(call->resource());
  EXPECT_EQ(world.Submissions(), 0u);
}

TEST(ProvideDocumentBundleTest, TheSourcesIdMustNotContradictTheSubjects) {
  DocumentsWorld world;
  json::Value bundle = Bundle();
  bundle = With(bundle, {"entry", "1", "resource", "subject"},
                R"({"identifier":{"system":"urn:oid:2.999.1.10.1","value":"N-1002"}})");
  bundle = With(bundle, {"entry", "1", "resource", "context", "sourcePatientInfo"},
                R"({"identifier":{"system":"urn:oid:2.999.1.10.1","value":"N-1001"}})");
  const auto call = world.Post("", json::Write(bundle));
  EXPECT_EQ(call->status(), 400) << json::Write(call->resource());
  EXPECT_EQ(DetailOf(call->resource()), "XDSPatientIdDoesNotMatch");
  EXPECT_EQ(world.Submissions(), 0u);
}

TEST(RecordTargetOfSubmissionTest, AnUnreadableClinicalDocumentIsRefused) {
  DocumentsWorld world;
  const std::string bomb =
      "<!DOCTYPE x [<!ENTITY a \"ha\">]><ClinicalDocument>&a;</ClinicalDocument>";
  const auto call =
      world.Post("", json::Write(With(Bundle(bomb), Attachment("contentType"), "\"text/xml\"")));
  EXPECT_EQ(call->status(), 400);
  EXPECT_EQ(DetailOf(call->resource()), "InvalidDocumentContent");
  EXPECT_EQ(world.Submissions(), 0u);
}

TEST(RecordTargetOfSubmissionTest, TheHeadersLabelIsAddedToTheMetadatas) {
  DocumentsWorld world;
  ASSERT_EQ(world.Post("", json::Write(Bundle(Cda("N-1001", "Ana", "19800305"))))->status(), 200);
  const auto request = world.exchange().Requests<ExchangeMethods::SubmitDocuments>()[0];
  EXPECT_THAT(request.documents(0).security_codes(), ElementsAre("N", "R"));
}

TEST(RecordTargetOfSubmissionTest, APatientWhoWasMergedAwayTakesNoDocuments) {
  DocumentsWorld world;
  world.exchange().On<ExchangeMethods::SearchPatients>([](const auto&) {
    exchange::v1::SearchPatientsResponse response;
    response.add_patients()->set_active(true);
    response.mutable_patients(0)->set_replaced_by_eid("p-1");
    return response;
  });
  const auto call = world.Post("", json::Write(Bundle(Cda("N-1001", "Ana", "19800305"))));
  EXPECT_EQ(DetailOf(call->resource()), "XDSUnknownPatientId");
}

// --- The published sample -----------------------------------------------------------------------

std::string Sample(const char* file) {
  const char* source = std::getenv("HIE_SOURCE_DIR");
  std::ifstream in(
      std::filesystem::path(source == nullptr ? "." : source) / "../shared/data/handmade" / file,
      std::ios::binary);
  std::stringstream bytes;
  bytes << in.rdbuf();
  return bytes.str();
}

// Names and kinds, without values: what a client's reader depends on.
std::string Shape(const json::Value& value) {
  if (value.IsArray()) return value.items().empty() ? "[]" : "[" + Shape(value.items()[0]) + "]";
  if (!value.IsObject()) return value.IsString() ? "s" : "v";
  std::set<std::string> names;
  for (const json::Member& member : value.members()) {
    names.insert(absl::StrCat(member.name, ":", Shape(member.value)));
  }
  return absl::StrCat("{", absl::StrJoin(names, ","), "}");
}

TEST(Iti65SampleTest, TheRequestGivesTheResponse) {
  const std::string request = Sample("iti65-request.json");
  if (request.empty()) GTEST_SKIP() << "no samples";
  DocumentsWorld world;
  const auto call = world.Post("", request);
  ASSERT_EQ(call->status(), 200) << json::Write(call->resource());
  EXPECT_EQ(Shape(call->resource()), Shape(Json(Sample("iti65-response.json"))));
  EXPECT_EQ(call->resource().Each("entry").size(), 3u);
}

TEST(Iti65SampleTest, ErrorsHaveTheSamplesShapes) {
  if (Sample("iti65-request.json").empty()) GTEST_SKIP() << "no samples";
  DocumentsWorld world;
  const json::Value bundle = Json(Sample("iti65-request.json"));
  const json::Value metadata =
      world
          .Post("", json::Write(
                        Edited(bundle, {"entry", "1", "resource", "securityLabel"}, std::nullopt)))
          ->resource();
  const json::Value expected = Json(Sample("iti65-error-metadata.json"));
  for (const char* pointer :
       {"/issue/0/severity", "/issue/0/code", "/issue/0/details/coding/0/system",
        "/issue/0/details/coding/0/code", "/issue/0/details/text", "/issue/0/expression/0"}) {
    ASSERT_NE(metadata.At(pointer), nullptr) << pointer;
    EXPECT_EQ(metadata.At(pointer)->text(), expected.At(pointer)->text());
  }
}

}  // namespace
}  // namespace hie::fhir
