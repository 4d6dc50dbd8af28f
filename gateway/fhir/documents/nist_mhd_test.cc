#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <pugixml.hpp>
#include <set>
#include <sstream>

#include "absl/strings/match.h"
#include "absl/strings/str_replace.h"
#include "gateway/fhir/documents/documents_world.h"
#include "gtest/gtest.h"
#include "services/common/json/writer.h"

// The public MHD document recipient tests of NIST.  Their folders hold what differs from a shared
// base (SubmissionSet, profile); what a test takes away from the DocumentReference is said in its
// description and is done here; its script says whether that shall be refused. ${patientResourceId}
// is a Patient that was loaded before.
namespace hie::fhir {
namespace {

using testing::Edited;

constexpr char kPatient[] = "https://gw.hie.example/fhir/Patient/p-7";
constexpr char kElsewhere[] = "http://example.com/fhir/Patient/1";
constexpr char kOldDocument[] = "DocumentReference/d-1";

std::filesystem::path Samples() {
  const char* source = std::getenv("HIE_SOURCE_DIR");
  return std::filesystem::path(source == nullptr ? "." : source) / "../shared/data/nist-mhd-tests";
}

std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream bytes;
  bytes << in.rdbuf();
  return bytes.str();
}

// FHIR XML as JSON, as far as these files need it.
json::Value FromXml(const pugi::xml_node& node, bool resource) {
  static const std::set<std::string> kArrays = {
      "extension", "identifier", "coding", "entry", "category", "securityLabel", "content",
      "contained", "profile",    "name",   "given", "event",    "relatesTo",     "related"};
  json::Value out = json::Value::Object();
  if (resource) out.Set("resourceType", json::Value::String(node.name()));
  if (const auto url = node.attribute("url")) out.Set("url", json::Value::String(url.value()));
  for (const pugi::xml_node& child : node.children()) {
    const std::string name = child.name();
    if (name.empty() || name == "text") continue;
    const bool holds_resource = name == "resource" || name == "contained";
    json::Value value = child.attribute("value")
                            ? json::Value::String(child.attribute("value").value())
                            : FromXml(holds_resource ? child.first_child() : child, holds_resource);
    if (!kArrays.contains(name)) {
      out.Set(name, std::move(value));
      continue;
    }
    json::Value items = out.Find(name) != nullptr ? *out.Find(name) : json::Value::Array();
    items.Append(std::move(value));
    out.Set(name, std::move(items));
  }
  return out;
}

using Path = std::vector<std::string>;
using Change = std::function<json::Value(const json::Value&)>;

Path Document(Path path) {
  Path full = {"entry", "0", "resource"};
  full.insert(full.end(), path.begin(), path.end());
  return full;
}

Change Nothing() {
  return [](const json::Value& bundle) { return bundle; };
}
Change Without(Path path) {
  return [path](const json::Value& bundle) { return Edited(bundle, path, std::nullopt); };
}
Change With(Path path, json::Value value) {
  return [path, value](const json::Value& bundle) { return Edited(bundle, path, value); };
}
Change WithText(Path path, const char* text) { return With(path, json::Value::String(text)); }
Change Both(Change first, Change second) {
  return [first, second](const json::Value& bundle) { return second(first(bundle)); };
}
Change Relates(const char* code) {
  return With(Document({"relatesTo"}),
              testing::Json(absl::StrCat(R"([{"code":")", code, R"(","target":{"reference":")",
                                         kOldDocument, R"("}}])")));
}

// A second DocumentReference with a Binary; the full URLs are those that the List names.
json::Value TwoDocuments(const json::Value& bundle) {
  const absl::Span<const json::Value> items = bundle.At("/entry/1/resource/entry")->items();
  json::Value entries = json::Value::Array();
  for (size_t i = 0; i < items.size(); ++i) {
    const std::string binary = absl::StrCat("urn:uuid:0000000a-000b-000c-000d-00000000010", i);
    json::Value document = Edited(bundle.Each("entry")[0], {"fullUrl"},
                                  json::Value::String(items[i].At("/item/reference")->text()));
    document = Edited(document, {"resource", "masterIdentifier", "value"},
                      json::Value::String(absl::StrCat("urn:oid:1.2.129.6.58.92.88337.9", i)));
    document = Edited(document, {"resource", "content", "0", "attachment", "url"},
                      json::Value::String(binary));
    entries.Append(std::move(document));
    entries.Append(Edited(bundle.Each("entry")[2], {"fullUrl"}, json::Value::String(binary)));
  }
  entries.Append(bundle.Each("entry")[1]);
  return Edited(bundle, {"entry"}, entries);
}

struct NistCase {
  const char* name;
  Change change;
  const char* detail;  // Empty: accepted.
};

void PrintTo(const NistCase& c, std::ostream* out) { *out << c.name; }

constexpr char kMissing[] = "XDSMissingDocumentMetadata";
constexpr char kBad[] = "XDSRegistryMetadataError";
constexpr char kUnknown[] = "XDSUnknownPatientId";
constexpr char kUnresolved[] = "UnresolvedReferenceException";

// The base as one of the two collections fills it in.
json::Value BaseBundle(const std::string& collection, const std::string& test) {
  const std::filesystem::path folder = Samples() / collection;
  const bool minimal = absl::EndsWith(collection, "minimal");
  const std::string level = minimal ? "Minimal" : "Comprehensive";
  std::filesystem::path set = folder / test / "Bundle/SubmissionSetResourceElement.xml";
  if (!std::filesystem::exists(set)) set = folder / "Common/SubmissionSetResourceElement.xml";
  const std::string text = absl::StrReplaceAll(
      ReadFile(Samples() / "MHDv420_DocumentRecipient_comprehensive/Missing_UniqueId_Reference"
                           "/Bundle/pdb.xml"),
      {{"<!--@{BundleMetaComprehensiveProfileElement}-->",
        ReadFile(folder / absl::StrCat("Common/BundleMeta", level, "ProfileElement.xml"))},
       {"<!--@{DocumentReferenceMetaComprehensiveProfileElement}-->",
        ReadFile(folder /
                 absl::StrCat("Common/DocumentReferenceMeta", level, "ProfileElement.xml"))},
       {"<!--@{SubmissionSetResourceElement}-->", ReadFile(set)},
       {"<!--@{SubmissionSetRequestUrlElement}-->",
        ReadFile(folder / "Common/SubmissionSetRequestUrlElement.xml")}});
  pugi::xml_document xml;
  EXPECT_TRUE(xml.load_string(absl::StrReplaceAll(text, {{"${patientResourceId}", kPatient},
                                                         {"@{RandomUUID}", "0-0-0-0-1"}})
                                  .c_str()));
  return Edited(
      FromXml(xml.document_element(), true), Document({"masterIdentifier"}),
      testing::Json(R"({"system":"urn:ietf:rfc:3986","value":"urn:oid:1.2.129.6.58.9"})"));
}

class NistTest : public ::testing::TestWithParam<std::pair<const char*, NistCase>> {};

TEST_P(NistTest, IsAnsweredAsItsScriptWantsAndARefusalFilesNothing) {
  if (!std::filesystem::exists(Samples())) GTEST_SKIP() << "no public samples at " << Samples();
  const auto& [collection, test] = GetParam();
  // The script decides: the description of one test (Missing_PatientID) says the contrary of it.
  const std::string script = ReadFile(Samples() / collection / test.name / "TestScript.xml");
  ASSERT_FALSE(script.empty());
  const bool refused = absl::StrContains(script, "MHDPDBFails.xml");
  EXPECT_EQ(refused, test.detail[0] != '\0');

  testing::DocumentsWorld world;
  const auto call = world.Post("", json::Write(test.change(BaseBundle(collection, test.name))));
  EXPECT_EQ(call->status(), refused ? 400 : 200) << json::Write(call->resource());
  EXPECT_EQ(world.Submissions(), refused ? 0u : 1u);
  if (refused) {
    EXPECT_EQ(testing::DetailOf(call->resource()), test.detail);
    return;
  }
  EXPECT_EQ(call->resource().Text("type"), "transaction-response");
}

const Path kSubject = {"subject", "reference"};
const Path kAttachment = {"content", "0", "attachment"};

std::vector<NistCase> Comprehensive() {
  return {
      {"1_Prerequisite_Single_Document_with_Binary", Nothing(), ""},
      {"Bad_Patient_Link", WithText(Document(kSubject), kElsewhere), kUnknown},
      {"Bad_Patient_Link_SubmissionSetTypeList", Nothing(), kUnknown},
      {"Bad_Profile", WithText({"meta", "profile", "0"}, "https://example.com/Other"), kBad},
      {"Bad_SourcePatientInfo_Link",
       WithText(Document({"context", "sourcePatientInfo", "reference"}), "#nobody"), kUnresolved},
      {"Document_Addendum", Relates("appends"), ""},
      {"Document_Replace", Relates("replaces"), ""},
      {"Document_Transforms", Relates("transforms"), ""},
      {"Missing_ContentTypeCode", Nothing(), kMissing},
      {"Missing_Document", Without(Document({"content", "0", "attachment", "url"})), kMissing},
      {"Missing_Format_Code", Without(Document({"content", "0", "format"})), kMissing},
      {"Missing_HealthcareFacilityTypeCode", Without(Document({"context", "facilityType"})),
       kMissing},
      {"Missing_LanguageCode", Without(Document({"content", "0", "attachment", "language"})),
       kMissing},
      {"Missing_MimeType", Without(Document({"content", "0", "attachment", "contentType"})),
       kMissing},
      {"Missing_PatientID",
       Both(Without(Document({"subject"})), Without({"entry", "1", "resource", "subject"})),
       kMissing},
      {"Missing_PatientID_Reference", Without(Document({"subject"})), kMissing},
      {"Missing_PatientID_SubmissionSetTypeList", Nothing(), kMissing},
      {"Missing_PracticeSettingCode", Without(Document({"context", "practiceSetting"})), kMissing},
      {"Missing_Profile", Without({"meta", "profile"}), kBad},
      {"Missing_SourceId", Nothing(), kMissing},
      {"Missing_SourcePatientId", Without(Document({"contained", "0", "identifier"})), kMissing},
      {"Missing_SubmissionTime", Nothing(), kMissing},
      {"Missing_TypeCode", Without(Document({"type"})), kMissing},
      {"Missing_UniqueId_Reference", Without(Document({"masterIdentifier"})), kMissing},
      {"Missing_UniqueId_SubmissionSetTypeList", Nothing(), kMissing},
      {"Two_Documents_Submit", TwoDocuments, ""},
  };
}

std::vector<NistCase> Minimal() {
  return {
      {"1_Prerequisite_Single_Document_with_Binary", Nothing(), ""},
      {"Bad_Patient_Link", WithText(Document(kSubject), kElsewhere), kUnknown},
      {"Bad_Patient_Link_List", Nothing(), kUnknown},
      {"Bad_Profile", WithText({"meta", "profile", "0"}, "https://example.com/Other"), kBad},
      {"DocumentAddendum", Relates("appends"), ""},
      {"DocumentReplace", Relates("replaces"), ""},
      {"DocumentTransforms", Relates("transforms"), ""},
      {"Missing_DocumentReference_with_reference", Without({"entry", "0"}), kUnresolved},
      {"Missing_DocumentReference_without_reference",
       Both(Without({"entry", "0"}), Without({"entry", "0", "resource", "entry"})), kMissing},
      {"Missing_MimeType", Without(Document({"content", "0", "attachment", "contentType"})),
       kMissing},
      {"Missing_Profile", Without({"meta", "profile"}), kBad},
      {"Missing_SourceId", Nothing(), kMissing},
      {"Missing_SubmissionSetTypeList", Without({"entry", "1"}), kMissing},
      {"Missing_SubmissionTime", Nothing(), kMissing},
      {"Missing_UniqueId_Reference", Without(Document({"masterIdentifier"})), kMissing},
      {"Missing_UniqueId_SubmissionSetTypeList", Nothing(), kMissing},
      {"Two_Documents_Submit", TwoDocuments, ""},
  };
}

std::vector<std::pair<const char*, NistCase>> All() {
  std::vector<std::pair<const char*, NistCase>> all;
  for (NistCase& test : Comprehensive()) {
    all.emplace_back("MHDv420_DocumentRecipient_comprehensive", std::move(test));
  }
  for (NistCase& test : Minimal()) {
    all.emplace_back("MHDv420_DocumentRecipient_minimal", std::move(test));
  }
  return all;
}

INSTANTIATE_TEST_SUITE_P(Public, NistTest, ::testing::ValuesIn(All()));

TEST(NistCollectionTest, NoTestOfTheCollectionsIsLeftOut) {
  if (!std::filesystem::exists(Samples())) GTEST_SKIP() << "no public samples at " << Samples();
  std::set<std::string> listed;
  for (const auto& [collection, test] : All())
    listed.insert(absl::StrCat(collection, "/", test.name));
  for (const char* collection :
       {"MHDv420_DocumentRecipient_comprehensive", "MHDv420_DocumentRecipient_minimal"}) {
    for (const auto& entry : std::filesystem::directory_iterator(Samples() / collection)) {
      if (!std::filesystem::exists(entry.path() / "TestScript.xml")) continue;
      EXPECT_TRUE(listed.contains(absl::StrCat(collection, "/", entry.path().filename().string())))
          << entry.path();
    }
  }
}

}  // namespace
}  // namespace hie::fhir
