#include "gateway/fhir/xml/xml_resource.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gateway/fhir/xml/element_table.h"
#include "services/common/json/reader.h"
#include "services/common/json/writer.h"

namespace hie::fhir::xml {
namespace {

using ::testing::HasSubstr;

constexpr char kOpen[] = "<Patient xmlns=\"http://hl7.org/fhir\">";

std::string InPatient(absl::string_view inside) {
  return absl::StrCat(kOpen, inside, "</Patient>");
}

std::string AsJson(absl::string_view text) {
  const ReadResult result = ReadResource(text);
  if (result.problem) {
    return absl::StrCat(result.problem->path, "|", result.problem->status.message());
  }
  return json::Write(result.resource);
}

TEST(XmlReaderTest, ElementsBecomeJsonOfTheirTypes) {
  EXPECT_EQ(
      AsJson(InPatient("<id value=\"7\"/><name><given value=\"A\"/><given value=\"B\"/></name>"
                       "<active value=\"true\"/><multipleBirthInteger value=\"2\"/>")),
      R"({"resourceType":"Patient","id":"7","active":true,"name":[{"given":["A","B"]}],)"
      R"("multipleBirthInteger":2})");
}

TEST(XmlReaderTest, PrimitivesKeepIdsAndExtensions) {
  EXPECT_EQ(AsJson(InPatient("<name><given value=\"A\"/><given><extension url=\"u\">"
                             "<valueCode value=\"x\"/></extension></given></name>"
                             "<birthDate id=\"b\" value=\"1960\"/>")),
            R"({"resourceType":"Patient","name":[{"given":["A",null],"_given":[null,{"extension":)"
            R"([{"url":"u","valueCode":"x"}]}]}],"birthDate":"1960","_birthDate":{"id":"b"}})");
}

TEST(XmlReaderTest, DecimalsKeepTheirDigitsAndNarrativeItsMarkup) {
  const std::string div =
      "<div xmlns=\"http://www.w3.org/1999/xhtml\"><p  class='a'>x &amp; <b/>y</p><!-- z --></div>";
  EXPECT_EQ(
      AsJson(absl::StrCat(
          "<Observation xmlns=\"http://hl7.org/fhir\"><text><status value=\"generated\"/>", div,
          "</text><valueQuantity><value value=\"1.50\"/></valueQuantity></Observation>")),
      absl::StrCat(R"({"resourceType":"Observation","text":{"status":"generated","div":)",
                   json::Write(json::Value::String(div)), R"(},"valueQuantity":{"value":1.50}})"));
}

TEST(XmlReaderTest, NestedResourcesAreRead) {
  EXPECT_EQ(AsJson("<?xml version=\"1.0\" encoding=\"utf-8\"?><!-- c -->\n"
                   "<Bundle xmlns=\"http://hl7.org/fhir\"><entry><resource>"
                   "<Patient xmlns=\"http://hl7.org/fhir\"><id value=\"7\"/></Patient>"
                   "</resource></entry></Bundle>"),
            R"({"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Patient",)"
            R"("id":"7"}}]})");
}

TEST(XmlReaderTest, WhatFhirDoesNotUseIsRefused) {
  const std::string bad[] = {
      "",
      "x",
      "<Patient/>",
      "<Patient xmlns=\"http://other\"/>",
      "<f:Patient xmlns:f=\"http://hl7.org/fhir\"/>",
      "<!DOCTYPE Patient [<!ENTITY a \"b\">]>" + InPatient("<id value=\"&a;\"/>"),
      InPatient("<id value=\"&nbsp;\"/>"),
      InPatient("<id value=\"&#0;\"/>"),
      InPatient("<id value=\"&#xD800;\"/>"),
      InPatient("<![CDATA[x]]>"),
      InPatient("<?pi x?>"),
      InPatient("text"),
      InPatient("<id value=\"1\"/><id value=\"2\"/>"),
      InPatient("<id value=\"1\" value=\"2\"/>"),
      InPatient("<id value=\"1\" other=\"2\"/>"),
      InPatient("<id value=\"\"/>"),
      InPatient("<id/>"),
      InPatient("<name/>"),
      InPatient("<active value=\"yes\"/>"),
      InPatient("<multipleBirthInteger value=\"01\"/>"),
      InPatient("<multipleBirthInteger value=\"1\"/><multipleBirthBoolean value=\"true\"/>"),
      InPatient("<extension><valueCode value=\"x\"/></extension>"),
      InPatient("<name xmlns=\"http://other\"><family value=\"x\"/></name>"),
      InPatient("<contained><Colour/></contained>"),
      InPatient("<text><status value=\"x\"/><div>x</div></text>"),
      InPatient("<name>"),
      InPatient("") + InPatient(""),
      InPatient("\xff"),
      "<?xml version=\"1.0\" encoding=\"latin1\"?>" + InPatient(""),
  };
  for (const std::string& text : bad) {
    const ReadResult result = ReadResource(text);
    ASSERT_TRUE(result.problem) << text;
    EXPECT_EQ(result.problem->status.code(), absl::StatusCode::kInvalidArgument) << text;
  }
}

TEST(XmlReaderTest, AnUnknownElementIsNamed) {
  EXPECT_THAT(AsJson(InPatient("<name><colour value=\"red\"/></name>")),
              ::testing::StartsWith("Patient.name.colour|"));
}

TEST(XmlReaderTest, BombsAreRefusedByTheirCap) {
  std::string deep = kOpen;
  for (int i = 0; i < kDepthMax; ++i) deep += "<extension url=\"u\">";
  EXPECT_EQ(ReadResource(deep).problem->status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ReadResource(std::string(kBytesMax + 1, ' ')).problem->status.code(),
            absl::StatusCode::kResourceExhausted);
}

TEST(XmlWriterTest, OrderIsTheTablesAndTextIsEscaped) {
  const auto resource = json::Read(
      R"({"birthDate":"1960","resourceType":"Patient","name":[{"given":["<\"&\n"],"family":"x"}],)"
      R"("id":"7"})");
  ASSERT_TRUE(resource.ok());
  const auto text = WriteResource(*resource);
  ASSERT_TRUE(text.ok());
  EXPECT_THAT(*text, HasSubstr("<id value=\"7\"/><name><family value=\"x\"/>"
                               "<given value=\"&lt;&quot;&amp;&#xA;\"/></name>"
                               "<birthDate value=\"1960\"/></Patient>"));
}

TEST(XmlWriterTest, WhatTheTablesDoNotKnowIsRefused) {
  for (const char* text : {
           R"({"resourceType":"Colour"})",
           R"({"resourceType":"Patient","colour":1})",
           R"({"resourceType":"Patient","active":"true"})",
           R"({"resourceType":"Patient","name":{}})",
           R"({"resourceType":"Patient","name":["x"]})",
           R"({"resourceType":"Patient","id":{"x":1}})",
           R"({"resourceType":"Patient","multipleBirthInteger":1,"multipleBirthBoolean":true})",
           R"({"resourceType":"Patient","text":{"div":"<div xmlns='http://www.w3.org/1999/xhtml'>)"
           R"(</div></text><active value='true'/><text>"}})",
           R"({"resourceType":"Patient","text":{"div":"<p>x</p>"}})",
       }) {
    const auto resource = json::Read(text);
    ASSERT_TRUE(resource.ok()) << text;
    EXPECT_FALSE(WriteResource(*resource).ok()) << text;
  }
}

TEST(ElementTableTest, ChoicesAreFoundByTheNameOfTheirType) {
  const TypeRow* observation = FindType("Observation");
  ASSERT_NE(observation, nullptr);
  EXPECT_EQ(FindElement(*observation, "valueQuantity").type, "Quantity");
  EXPECT_EQ(FindElement(*observation, "valueString").type, "string");
  EXPECT_EQ(FindElement(*observation, "value").row, nullptr);
  EXPECT_EQ(FindElement(*observation, "valueAddress").row, nullptr);
  EXPECT_TRUE(FindElement(*observation, "status").row->required);
  EXPECT_TRUE(FindElement(*observation, "status").row->modifier);
  EXPECT_EQ(FindType("Colour"), nullptr);
  EXPECT_NE(FindType("Bundle.entry.response"), nullptr);
}

// Every type that a row names is in the tables or a primitive.
TEST(ElementTableTest, TheTablesAreClosed) {
  std::vector<std::string> todo = {"Patient", "Bundle", "Observation", "CapabilityStatement"};
  std::vector<std::string> seen;
  while (!todo.empty()) {
    const std::string name = todo.back();
    todo.pop_back();
    if (std::find(seen.begin(), seen.end(), name) != seen.end()) continue;
    seen.push_back(name);
    if (name == "Resource" || PrimitiveKindOf(name) != PrimitiveKind::kNone) continue;
    const TypeRow* type = FindType(name);
    ASSERT_NE(type, nullptr) << name;
    for (const ElementRow& row : type->elements) {
      std::string types(row.types);
      for (size_t bar; !types.empty();
           types = bar == std::string::npos ? "" : types.substr(bar + 1)) {
        bar = types.find('|');
        todo.push_back(types.substr(0, bar));
      }
    }
  }
  EXPECT_GT(seen.size(), 50U);
}

// Public examples beside the checkout; nothing where they are absent.
std::vector<std::filesystem::path> Examples() {
  const char* named = std::getenv("HIE_SHARED_DATA");
  const char* source = std::getenv("HIE_SOURCE_DIR");
  const std::filesystem::path root =
      named ? std::filesystem::path(named)
            : std::filesystem::path(source ? source : ".") / ".." / "shared" / "data";
  std::vector<std::filesystem::path> files;
  for (const char* folder : {"fhir-r4-examples", "ihe", "us-core", "handmade"}) {
    std::error_code error;
    for (auto at = std::filesystem::recursive_directory_iterator(root / folder, error);
         !error && at != std::filesystem::recursive_directory_iterator(); at.increment(error)) {
      if (at->path().extension() == ".json") files.push_back(at->path());
    }
  }
  return files;
}

// Equal but for the order of members, which XML prescribes.
bool SameTree(const json::Value& a, const json::Value& b) {
  if (a.kind() != b.kind()) return false;
  if (a.IsObject()) {
    return a.members().size() == b.members().size() &&
           std::all_of(a.members().begin(), a.members().end(), [&](const json::Member& member) {
             const json::Value* other = b.Find(member.name);
             return other != nullptr && SameTree(member.value, *other);
           });
  }
  if (!a.IsArray()) return a == b;
  return a.items().size() == b.items().size() &&
         std::equal(a.items().begin(), a.items().end(), b.items().begin(), SameTree);
}

TEST(XmlExamplesTest, JsonToXmlAndBackIsTheSame) {
  const auto files = Examples();
  if (files.empty()) GTEST_SKIP() << "no public examples beside the checkout: nothing was compared";
  size_t compared = 0, left_out = 0;
  for (const std::filesystem::path& file : files) {
    std::ifstream in(file);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    const auto resource = json::Read(text);
    if (!resource.ok() || resource->Text("resourceType").empty()) continue;
    const auto written = WriteResource(*resource);
    if (!written.ok()) {
      ++left_out;
      std::cout << "left out: " << file.filename() << " " << written.status().message() << "\n";
      continue;
    }
    const ReadResult read = ReadResource(*written);
    ASSERT_FALSE(read.problem) << file << " " << read.problem->path;
    EXPECT_TRUE(SameTree(*resource, read.resource)) << file;
    EXPECT_EQ(*WriteResource(read.resource), *written) << file;
    ++compared;
  }
  std::cout << compared << " examples compared, " << left_out << " left out\n";
  EXPECT_GT(compared, 100U);
}

// Whatever is changed in a text, reading ends with a value or a problem, and what was read can be
// written and read again.
TEST(XmlPropertyTest, ChangedTextsAreReadOrRefused) {
  const uint32_t seed = std::random_device()();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937 random(seed);
  const std::string text = InPatient(
      "<id value=\"7\"/><text><status value=\"generated\"/>"
      "<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>a</p></div></text>"
      "<name id=\"n\"><given value=\"A\"/><given><extension url=\"u\"><valueDecimal value=\"1.0\"/>"
      "</extension></given></name><birthDate value=\"1960-01-01\"/>");
  for (int round = 0; round < 20'000; ++round) {
    std::string changed = text;
    for (int edits = 1 + static_cast<int>(random() % 4); edits > 0; --edits) {
      const size_t at = random() % changed.size();
      const char c = "<>/\"'= &;!?-a1\n\xC3"[random() % 16];
      if (random() % 2 == 0)
        changed[at] = c;
      else
        changed.erase(at, 1 + random() % 8);
      if (changed.empty()) changed = "<";
    }
    const ReadResult result = ReadResource(changed);
    if (result.problem) continue;
    const auto written = WriteResource(result.resource);
    ASSERT_TRUE(written.ok()) << changed << written.status();
    EXPECT_TRUE(ReadResource(*written).resource == result.resource) << changed;
  }
}

}  // namespace
}  // namespace hie::fhir::xml
