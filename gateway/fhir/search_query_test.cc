#include "gateway/fhir/search_query.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "gateway/fhir/search_reader.h"

namespace hie::fhir {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct TokenCase {
  const char* token;
  const char* system;
  const char* code;
  bool matches;
};

TEST(TokenTest, SystemAndCodeAreComparedAsTheSpecificationSays) {
  const TokenCase cases[] = {
      {"a", "", "a", true},
      {"a", "s", "a", true},
      {"a", "s", "A", false},
      {"s|a", "s", "a", true},
      {"s|a", "t", "a", false},
      {"|a", "", "a", true},
      {"|a", "s", "a", false},
      {"s|", "s", "anything", true},
      {"s|", "t", "anything", false},
      {"", "", "", false},
      {R"(s\|t|a\,b)", "s|t", "a,b", true},
  };
  for (const TokenCase& c : cases) {
    EXPECT_EQ(TokenMatches(ReadToken(c.token), c.system, c.code), c.matches) << c.token;
  }
}

absl::Time At(const char* text) {
  absl::Time time;
  std::string error;
  EXPECT_TRUE(absl::ParseTime(absl::RFC3339_full, text, &time, &error)) << error;
  return time;
}

TEST(DateTest, APartialDateIsTheWholeOfWhatItNames) {
  const auto year = ReadDate("ge2020");
  ASSERT_TRUE(year.ok());
  EXPECT_EQ(year->prefix, DatePrefix::kGe);
  EXPECT_EQ(year->from, At("2020-01-01T00:00:00Z"));
  EXPECT_EQ(year->to, At("2021-01-01T00:00:00Z"));
  const auto day = ReadDate("2024-02-29");
  ASSERT_TRUE(day.ok());
  EXPECT_EQ(day->to - day->from, absl::Hours(24));
  const auto minute = ReadDate("2020-05-01T10:30+02:00");
  ASSERT_TRUE(minute.ok());
  EXPECT_EQ(minute->from, At("2020-05-01T08:30:00Z"));
  EXPECT_EQ(minute->to, At("2020-05-01T08:31:00Z"));
  const auto tenth = ReadDate("2020-05-01T10:30:00.5Z");
  ASSERT_TRUE(tenth.ok());
  EXPECT_EQ(tenth->to - tenth->from, absl::Milliseconds(100));
}

TEST(DateTest, APlusSignThatWasNotEncodedIsUnderstood) {
  const auto date = ReadDate("2020-05-01T10:30:00 02:00");
  ASSERT_TRUE(date.ok());
  EXPECT_EQ(date->from, At("2020-05-01T08:30:00Z"));
}

TEST(DateTest, WhatIsNoDateIsRefused) {
  for (const char* text : {"", "x", "ge", "20", "2020-13", "2020-02-30", "2020-1-1", "2020-01-01T",
                           "2020-01-01T10", "2020-01-01T25:00Z", "2020-01-01T10:00+1", "ap2020",
                           "2020-01-01T10:00:00.Z", "2020 ", "0000", "2020-01-01T10:00:00+15:00"}) {
    EXPECT_EQ(ReadDate(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
}

struct DateCase {
  const char* term;
  const char* from;
  const char* to;
  bool matches;
  bool period_matches;
};

TEST(DateTest, PrefixesCompareRangesAsTheSpecificationSays) {
  const char* first = "2020-01-01T00:00:00Z";
  const char* second = "2020-01-02T00:00:00Z";
  const char* third = "2020-01-03T00:00:00Z";
  const DateCase cases[] = {
      {"2020-01-01", first, second, true, true},     {"2020-01-01", first, third, false, true},
      {"ne2020-01-01", first, third, true, false},   {"lt2020-01-02", first, second, true, true},
      {"lt2020-01-01", first, second, false, false}, {"gt2020-01-01", first, second, false, false},
      {"gt2020-01-01", first, third, true, true},    {"le2020-01-01", first, third, false, true},
      {"le2020-01-01", first, second, true, true},   {"ge2020-01-01", first, second, true, true},
      {"ge2020-01-02", first, second, false, false}, {"sa2020-01-01", second, third, true, true},
      {"sa2020-01-01", first, third, false, false},  {"eb2020-01-02", first, second, true, true},
      {"eb2020-01-01", first, second, false, false},
  };
  for (const DateCase& c : cases) {
    const auto term = ReadDate(c.term);
    ASSERT_TRUE(term.ok()) << c.term;
    EXPECT_EQ(DateMatches(*term, At(c.from), At(c.to)), c.matches) << c.term << " " << c.to;
    EXPECT_EQ(PeriodMatches(*term, At(c.from), At(c.to)), c.period_matches) << c.term << c.to;
  }
}

TEST(StringTest, StartsWithIgnoringCaseAndAccents) {
  EXPECT_TRUE(StringMatches("", "šár", "Sarka"));
  EXPECT_TRUE(StringMatches("", "SARKA", "šárka nová"));
  EXPECT_FALSE(StringMatches("", "ark", "Sarka"));
  EXPECT_TRUE(StringMatches("contains", "ark", "Sarka"));
  EXPECT_TRUE(StringMatches("exact", "Sarka", "Sarka"));
  EXPECT_FALSE(StringMatches("exact", "sarka", "Sarka"));
  EXPECT_TRUE(StringMatches("", R"(O\,Neil)", "o,neil"));
  EXPECT_FALSE(StringMatches("", "", "Sarka"));
}

TEST(ReferenceTest, OwnReferencesGiveTheirId) {
  const char* base = "https://gw/fhir";
  EXPECT_EQ(ReadReference("Patient/p-7", "Patient", base), "p-7");
  EXPECT_EQ(ReadReference("p-7", "Patient", base), "p-7");
  EXPECT_EQ(ReadReference("https://gw/fhir/Patient/p-7", "Patient", base), "p-7");
  EXPECT_EQ(ReadReference("Patient/p-7/_history/3", "Patient", base), "p-7");
  EXPECT_EQ(ReadReference("https://other/fhir/Patient/p-7", "Patient", base), std::nullopt);
  EXPECT_EQ(ReadReference("https://gw/fhirPatient/p-7", "Patient", base), std::nullopt);
  EXPECT_EQ(ReadReference("Group/p-7", "Patient", base), std::nullopt);
  EXPECT_EQ(ReadReference("", "Patient", base), std::nullopt);
}

TEST(OidTest, OnlyOidUrnsAreOids) {
  EXPECT_EQ(OidOf("urn:oid:2.999.1"), "2.999.1");
  EXPECT_EQ(OidOf(OidUrn("1.2.0.3")), "1.2.0.3");
  for (const char* text : {"2.999.1", "urn:oid:", "urn:oid:3.1", "urn:oid:2", "urn:oid:2.",
                           "urn:oid:2.01", "urn:oid:2..1", "urn:uuid:1", "urn:oid:2.x"}) {
    EXPECT_EQ(OidOf(text), std::nullopt) << text;
  }
}

Interaction SearchRow(InteractionKind kind = InteractionKind::kSearch) {
  Interaction row;
  row.kind = kind;
  row.path = "/Patient";
  row.resource = "Patient";
  row.parameters = {{"family", ParameterType::kString},
                    {"identifier", ParameterType::kToken},
                    {"patient", ParameterType::kReference},
                    {"patient.identifier", ParameterType::kToken}};
  return row;
}

TEST(SearchReaderTest, UrlAndFormAreOneListOfDecodedTerms) {
  const auto reading = ReadSearch("family%3Aexact=van+der%20Berg&identifier=s%7C1,s%7C2\\,3",
                                  "family=x", SearchRow(), Handling::kLenient);
  ASSERT_TRUE(reading.ok());
  const SearchQuery& query = reading.value;
  ASSERT_EQ(query.terms.size(), 3U);
  EXPECT_EQ(query.terms[0].name, "family");
  EXPECT_EQ(query.terms[0].modifier, "exact");
  EXPECT_EQ(query.terms[0].text, "van der Berg");
  EXPECT_THAT(query.First("identifier")->values, ElementsAre("s|1", "s|2\\,3"));
  EXPECT_EQ(query.All("family").size(), 2U);
}

TEST(SearchReaderTest, ATypedChainIsTheChain) {
  const auto reading =
      ReadSearch("patient:Patient.identifier=a", "", SearchRow(), Handling::kStrict);
  ASSERT_TRUE(reading.ok());
  EXPECT_NE(reading.value.First("patient.identifier"), nullptr);
}

TEST(SearchReaderTest, CommonParametersAreRead) {
  const auto reading = ReadSearch(
      "_count=9999&_sort=-family,_id&_total=none&_elements=name,active&_summary=count&_page=abc",
      "", SearchRow(), Handling::kStrict);
  ASSERT_TRUE(reading.ok());
  const SearchQuery& query = reading.value;
  EXPECT_EQ(query.count, kCountMax);
  EXPECT_TRUE(query.count_only);
  EXPECT_FALSE(query.total_wanted);
  EXPECT_EQ(query.page, "abc");
  EXPECT_THAT(query.elements, ElementsAre("name", "active"));
  EXPECT_THAT(query.sort, ElementsAre(std::pair<std::string, bool>{"family", true},
                                      std::pair<std::string, bool>{"_id", false}));
}

TEST(SearchReaderTest, UnknownParametersAreNamedOrRefused) {
  const auto lenient = ReadSearch("colour=red", "", SearchRow(), Handling::kLenient);
  ASSERT_TRUE(lenient.ok());
  EXPECT_THAT(lenient.value.unknown, ElementsAre("colour"));
  EXPECT_THAT(lenient.value.terms, IsEmpty());
  const auto strict = ReadSearch("colour=red", "", SearchRow(), Handling::kStrict);
  ASSERT_FALSE(strict.ok());
  EXPECT_EQ(strict.failure->http_status, 400);
  EXPECT_EQ(strict.failure->issues[0].detail_code, "UnknownParameter");
  EXPECT_THAT(strict.failure->issues[0].expression, ElementsAre("http.colour"));
}

TEST(SearchReaderTest, WhatSelectsAChangeIsNeverIgnored) {
  for (const InteractionKind kind : {InteractionKind::kUpdate, InteractionKind::kDelete}) {
    EXPECT_FALSE(ReadSearch("colour=red", "", SearchRow(kind), Handling::kLenient).ok());
  }
}

TEST(SearchReaderTest, NamesThatAreNoWordsAreNotRepeated) {
  const auto reading = ReadSearch("Moreau%20Ana=1", "", SearchRow(), Handling::kStrict);
  ASSERT_FALSE(reading.ok());
  EXPECT_THAT(reading.failure->issues[0].expression, ElementsAre("http"));
}

TEST(SearchReaderTest, BadRequestsAreRefused) {
  const std::string many_terms = [] {
    std::string text;
    for (size_t i = 0; i <= kTermsMax; ++i) absl::StrAppend(&text, "family=a&");
    return text;
  }();
  const std::string many_values = "identifier=a" + [] {
    std::string text;
    for (size_t i = 0; i < kValuesMax; ++i) absl::StrAppend(&text, ",a");
    return text;
  }();
  for (const std::string& text :
       {std::string("family=%4"), std::string("family=%ff"), std::string("family=%00"),
        std::string("_count=-1"), std::string("_count=x"), std::string("_total=some"),
        std::string("family:missing=true"), std::string("identifier:not=a"), many_terms,
        many_values}) {
    const auto reading = ReadSearch(text, "", SearchRow(), Handling::kLenient);
    ASSERT_FALSE(reading.ok()) << text.substr(0, 40);
    EXPECT_EQ(reading.failure->http_status, 400);
  }
}

TEST(SearchReaderTest, AnEmptyValueIsNoParameter) {
  const auto reading = ReadSearch("family=&colour=", "", SearchRow(), Handling::kStrict);
  ASSERT_TRUE(reading.ok());
  EXPECT_THAT(reading.value.terms, IsEmpty());
}

}  // namespace
}  // namespace hie::fhir
