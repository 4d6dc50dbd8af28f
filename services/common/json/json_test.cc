#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/common/json/reader.h"
#include "services/common/json/writer.h"

namespace hie::json {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(JsonReadTest, NumbersKeepTheirLexeme) {
  for (const char* lexeme :
       {"0", "-0", "1.50", "1e400", "-12.340E-5", "123456789012345678901234"}) {
    const absl::StatusOr<Value> value = Read(absl::StrCat("[", lexeme, "]"));
    ASSERT_TRUE(value.ok()) << lexeme;
    EXPECT_EQ(value->items()[0].lexeme(), lexeme);
    EXPECT_EQ(Write(*value), absl::StrCat("[", lexeme, "]"));
  }
}

TEST(JsonReadTest, ObjectsKeepTheirOrder) {
  const absl::StatusOr<Value> value = Read(R"({"z":1,"a":[true,false,null],"m":{}})");
  ASSERT_TRUE(value.ok());
  EXPECT_EQ(Write(*value), R"({"z":1,"a":[true,false,null],"m":{}})");
}

struct Refused {
  std::string text;
  std::string says;
};
void PrintTo(const Refused& c, std::ostream* out) { *out << c.text; }

class JsonRefusalTest : public testing::TestWithParam<Refused> {};

TEST_P(JsonRefusalTest, SaysWhereAndWhy) {
  const absl::StatusOr<Value> value = Read(GetParam().text);
  ASSERT_EQ(value.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(value.status().message()), HasSubstr(GetParam().says));
}

INSTANTIATE_TEST_SUITE_P(
    Texts, JsonRefusalTest,
    testing::Values(
        Refused{"", "byte 0: want a value"}, Refused{"{} {}", "byte 3: want the end"},
        Refused{R"({"a":1,"a":2})", "byte 11: want each name once"},
        Refused{R"({"a":1,"\u0061":2})", "want each name once"},
        Refused{"[1,]", "byte 3: want a value"}, Refused{"{\"a\":1,}", "want a string"},
        Refused{"NaN", "byte 0"}, Refused{"[Infinity]", "byte 1"}, Refused{"-", "byte 0"},
        Refused{"[01]", "byte 2: want no leading zero"}, Refused{"[1.]", "after the point"},
        Refused{"[1e]", "exponent"}, Refused{"[.5]", "byte 1"}, Refused{"[+1]", "byte 1"},
        Refused{"\"a", "byte 2: want the end of a string"},
        Refused{"\"a\nb\"", "byte 2: want control characters escaped"},
        Refused{R"("\x")", "escape of JSON"}, Refused{R"("\u12g4")", "hexadecimal"},
        Refused{R"("\ud800")", "low surrogate"}, Refused{R"("\ud800\u0041")", "low surrogate"},
        Refused{R"("\udc00")", "high surrogate first"}, Refused{"\"\xC0\x80\"", "want UTF-8"},
        Refused{"\"\xED\xA0\x80\"", "want UTF-8"}, Refused{"\xEF\xBB\xBF{}", "byte 0"},
        Refused{"[1 2]", "byte 3: want , or ]"}, Refused{"{\"a\" 1}", "want :"},
        Refused{"{1:2}", "want a string"}, Refused{"tru", "byte 0"}, Refused{"[// c\n1]", "byte 1"},
        Refused{"'a'", "byte 0"}, Refused{"[", "want a value"}));

TEST(JsonReadTest, RepeatedNamesAreFoundInLargeObjects) {
  std::string text = "{";
  for (int i = 0; i < 1000; ++i) absl::StrAppend(&text, "\"k", i, "\":0,");
  EXPECT_TRUE(Read(text + "\"x\":0}").ok());
  EXPECT_FALSE(Read(text + "\"k500\":0}").ok());
}

TEST(JsonReadTest, ErrorsRepeatNothingOfTheText) {
  const absl::Status status = Read(R"({"name":"Canary Zzyzx", "Canary":1, "Canary":2})").status();
  EXPECT_THAT(std::string(status.message()), Not(HasSubstr("Canary")));
}

TEST(JsonReadTest, CapsAreEnforcedExactly) {
  const auto nested = [](int depth) {
    return std::string(static_cast<size_t>(depth), '[') +
           std::string(static_cast<size_t>(depth), ']');
  };
  EXPECT_TRUE(Read(nested(kDepthMax)).ok());
  EXPECT_EQ(Read(nested(kDepthMax + 1)).status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(Read(std::string(1 << 20, '[')).status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(Read("[1,2]", {.elements_max = 3}).ok());
  EXPECT_EQ(Read("[1,2]", {.elements_max = 2}).status().code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(Read("[1]", {.bytes_max = 3}).ok());
  EXPECT_EQ(Read("[1]", {.bytes_max = 2}).status().code(), absl::StatusCode::kResourceExhausted);
}

TEST(JsonReadTest, EscapesBecomeUtf8) {
  const absl::StatusOr<Value> value = Read(R"("\u00e9\ud83d\ude00\/\u0000\n")");
  ASSERT_TRUE(value.ok());
  EXPECT_EQ(value->text(), absl::string_view("\xC3\xA9\xF0\x9F\x98\x80/\0\n", 9));
}

TEST(JsonValueTest, AccessorsAreTotal) {
  const Value value = *Read(R"({"a":{"b":[{"c":"x"},2]},"d~/":1,"n":null,"t":true,"i":42})");
  EXPECT_EQ(value.At("/a/b/0/c")->text(), "x");
  EXPECT_EQ(value.At("/a/b/1")->integer(), 2);
  EXPECT_EQ(value.At("/d~0~1")->lexeme(), "1");
  EXPECT_EQ(value.At(""), &value);
  for (const char* absent : {"/a/b/2", "/a/b/00", "/a/b/-1", "/x", "a", "/a/b/0/c/d", "/a/b/"}) {
    EXPECT_EQ(value.At(absent), nullptr) << absent;
  }
  EXPECT_EQ(value.Find("t")->boolean(), true);
  EXPECT_EQ(value.Find("i")->boolean(), std::nullopt);
  EXPECT_EQ(value.Text("i"), "");
  EXPECT_TRUE(value.Each("i").empty());
  EXPECT_EQ(Value::String("x").Find("y"), nullptr);
  EXPECT_EQ(Value::Number("1.0").integer(), std::nullopt);
  EXPECT_EQ(Value::Number("9223372036854775808").integer(), std::nullopt);
}

TEST(JsonValueTest, SourceIsTheExtentInTheText) {
  const std::string text = R"( {"a": [ 1, {"b" : "x"} ]} )";
  const Value value = *Read(text);
  const Value* inner = value.At("/a/1");
  EXPECT_EQ(text.substr(inner->source_begin(), inner->source_end() - inner->source_begin()),
            R"({"b" : "x"})");
  EXPECT_EQ(value.source_begin(), 1u);
}

TEST(JsonValueTest, BuildersReplaceAndKeepOrder) {
  Value value;
  value.Set("b", Value::Integer(1));
  value.Set("a", Value::String("x"));
  value.Set("b", Value::Boolean(false));
  Value list;
  list.Append(Value::Null());
  value.Set("l", list);
  EXPECT_EQ(Write(value), R"({"b":false,"a":"x","l":[null]})");
}

TEST(JsonWriteTest, EscapesOnlyWhatMustBe) {
  std::string out;
  AppendString(absl::string_view("\"\\/\b\f\n\r\t\x01\x1f\x7f\xC3\xA9\0", 14), out);
  EXPECT_EQ(out, "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\xC3\xA9\\u0000\"");
}

TEST(JsonWriteTest, InvalidUtf8IsReplaced) {
  std::string out;
  AppendString("a\xFFz\xE2\x82", out);
  EXPECT_EQ(out, "\"a\xEF\xBF\xBDz\xEF\xBF\xBD\xEF\xBF\xBD\"");
  EXPECT_TRUE(Read(out).ok());
}

TEST(JsonWriteTest, WriterPlacesCommas) {
  Writer writer;
  writer.BeginObject().Key("a").BeginArray().Integer(1).Raw("{\"r\":1.50}").EndArray();
  writer.Text("empty", "").Text("t", "x").Key("o").BeginObject().EndObject().EndObject();
  EXPECT_EQ(std::move(writer).Take(), R"({"a":[1,{"r":1.50}],"t":"x","o":{}})");
}

// --- Properties -----------------------------------------------------------------------------

std::string RandomText(std::mt19937_64& random) {
  static const char* const kPieces[] = {
      "a", "\"",   "\\", "\n",   "\x01", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80",
      "/", "\x7f", "{",  "u0041"};
  std::string text;
  for (size_t n = random() % 6; n > 0; --n) text += kPieces[random() % std::size(kPieces)];
  return text;
}

Value RandomValue(std::mt19937_64& random, int depth) {
  static const char* const kNumbers[] = {"0", "-1", "1.50", "6.02e23", "1E-7", "120.0"};
  Value out;
  switch (random() % (depth == 0 ? 4 : 6)) {
    case 0:
      return Value::Null();
    case 1:
      return Value::Boolean(random() % 2 == 0);
    case 2:
      return Value::Number(kNumbers[random() % std::size(kNumbers)]);
    case 3:
      return Value::String(RandomText(random));
    case 4:
      out = Value::Array();
      for (size_t n = random() % 5; n > 0; --n) out.Append(RandomValue(random, depth - 1));
      return out;
    default:
      out = Value::Object();
      for (size_t n = random() % 20; n > 0; --n) {
        out.Set(RandomText(random), RandomValue(random, depth - 1));
      }
      return out;
  }
}

constexpr uint64_t kSeed = 20260112;

TEST(JsonPropertyTest, WhatIsWrittenIsReadBackEqual) {
  std::mt19937_64 random(kSeed);
  for (int i = 0; i < 3000; ++i) {
    const Value value = RandomValue(random, 4);
    const std::string text = Write(value);
    const absl::StatusOr<Value> read = Read(text);
    ASSERT_TRUE(read.ok()) << "seed " << kSeed << " case " << i << ": " << text;
    ASSERT_EQ(*read, value) << "seed " << kSeed << " case " << i << ": " << text;
    ASSERT_EQ(Write(*read), text);
  }
}

// simdjson's DOM is the oracle for what is JSON.  It differs by design in two points: it takes
// names twice, and refuses numbers beyond 64 bits; both are left out of the comparison.
bool OracleAccepts(simdjson::dom::parser& parser, const std::string& text) {
  simdjson::dom::element element;
  return parser.parse(text).get(element) == simdjson::SUCCESS;
}

TEST(JsonPropertyTest, AcceptsExactlyWhatTheOracleAccepts) {
  std::mt19937_64 random(kSeed + 1);
  simdjson::dom::parser oracle;
  static const std::string kBytes = "{}[]\",:0123456789.eE+-truefalsn \\u\n\x01\x80\xC3\xA9";
  int accepted = 0;
  int refused = 0;
  for (int i = 0; i < 30000; ++i) {
    std::string text = Write(RandomValue(random, 3));
    for (size_t n = random() % 3; n > 0 && !text.empty(); --n) {
      const size_t at = random() % text.size();
      if (random() % 2 == 0) {
        text[at] = kBytes[random() % kBytes.size()];
      } else {
        text.erase(at, 1 + random() % 2);
      }
    }
    const absl::Status status = Read(text).status();
    if (absl::StrContains(status.message(), "each name once")) continue;
    const bool oracle_accepts = OracleAccepts(oracle, text);
    ASSERT_EQ(status.ok(), oracle_accepts)
        << "seed " << kSeed + 1 << " case " << i << ": " << text << "\n"
        << status.message();
    (status.ok() ? accepted : refused)++;
  }
  EXPECT_GT(accepted, 5000);
  EXPECT_GT(refused, 5000);
}

TEST(JsonCorpusTest, PublicFhirSamplesRoundTrip) {
  const char* source = std::getenv("HIE_SOURCE_DIR");
  const std::filesystem::path folder =
      std::filesystem::path(source == nullptr ? "." : source) / "../shared/data";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no public samples at " << folder;
  int files = 0;
  simdjson::dom::parser oracle;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.path().extension() != ".json") continue;
    std::ifstream in(entry.path(), std::ios::binary);
    std::stringstream bytes;
    bytes << in.rdbuf();
    const absl::StatusOr<Value> value = Read(bytes.str());
    ASSERT_EQ(value.ok(), OracleAccepts(oracle, bytes.str()))
        << entry.path() << ": " << value.status().message();
    if (!value.ok()) continue;
    const absl::StatusOr<Value> again = Read(Write(*value));
    ASSERT_TRUE(again.ok()) << entry.path();
    ASSERT_EQ(*again, *value) << entry.path();
    ++files;
  }
  RecordProperty("files", files);
  EXPECT_GT(files, 100);
}

}  // namespace
}  // namespace hie::json
