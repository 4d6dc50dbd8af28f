#include "mpi/normalize/features.h"

#include <gtest/gtest.h>

namespace hie::mpi {
namespace {

Demographics Sample() {
  Demographics d;
  d.names = {{"official", "Larssen", {"Fyodor", "Ridgeway"}, ""},
             {"maiden", "Williams", {"Fyodor"}, ""}};
  d.birth_date = CivilDate{2007, 12, 25};
  d.sex = AdministrativeSex::kMale;
  d.identifiers = {{"http://hl7.org/fhir/sid/us-ssn", "657-68-0344"},
                   {"urn:oid:2.16.840.1.113883.4.3.26", "D-123 456"},
                   {"2.999.7", "unknown"}};
  d.phones = {"(906)389-8576", "906 389 8576"};
  return d;
}

TEST(NormalizeTest, CollectsEachValueOnce) {
  const Features f = Normalize(Sample());
  EXPECT_EQ(f.names.size(), 2u);
  EXPECT_EQ(f.phones.size(), 1u);
  EXPECT_EQ(f.ssns, std::vector<std::string>{"657680344"});
  ASSERT_EQ(f.identifiers.size(), 1u);
  EXPECT_EQ(f.identifiers[0].value, "d123456");
  EXPECT_EQ(f.identifiers[0].kind, IdentifierKind::kPersonal);
}

TEST(NormalizeTest, FilledInBirthDatesAreMissing) {
  Demographics d = Sample();
  d.birth_date = CivilDate{1900, 1, 1};
  EXPECT_EQ(Normalize(d).birth_date, std::nullopt);
  d.birth_date = CivilDate{1980, 1, 1};
  EXPECT_TRUE(Normalize(d).birth_date.has_value());
}

TEST(NormalizeTest, OnlyFemaleAndMaleCompare) {
  Demographics d = Sample();
  d.sex = AdministrativeSex::kOther;
  EXPECT_EQ(Normalize(d).sex, AdministrativeSex::kUnspecified);
}

TEST(NormalizeTest, ANewbornIsRecognisedByItsFirstName) {
  Demographics d = Sample();
  d.names = {{"", "Larssen", {"BABY BOY"}, ""}};
  EXPECT_TRUE(Normalize(d).newborn);
}

TEST(NormalizeTest, AnUnknownPatientIsRecognised) {
  const struct {
    const char* family;
    std::vector<std::string> given;
    bool unknown;
  } cases[] = {{"DOE", {"JOHN"}, true},
               {"Doe", {"Jane", "B"}, true},
               {"DOE", {}, true},
               {"Doe", {"Patricia"}, false},
               {"UNKNOWN", {"MALE"}, true},
               {"Trauma", {"Alpha"}, true},
               {"", {"Unknown"}, true},
               {"Larssen", {"Unknown"}, false},
               {"Larssen", {"BABY BOY"}, false},
               {"", {}, false}};
  for (const auto& c : cases) {
    Demographics d = Sample();
    d.names = {{"", c.family, c.given, ""}};
    EXPECT_EQ(Normalize(d).identity_unknown, c.unknown) << c.family;
  }
  Demographics flagged = Sample();
  flagged.identity_unknown = true;
  EXPECT_TRUE(Normalize(flagged).identity_unknown);
}

TEST(NormalizeTest, APersonOfAnotherCenturyHasABirthDate) {
  Demographics d = Sample();
  for (const CivilDate& date :
       {CivilDate{1666, 9, 2}, CivilDate{1849, 1, 1}, CivilDate{1980, 0, 0}}) {
    d.birth_date = date;
    EXPECT_EQ(Normalize(d).birth_date, date);
  }
  for (const CivilDate& date :
       {CivilDate{1753, 1, 1}, CivilDate{1899, 12, 30}, CivilDate{9999, 12, 31},
        CivilDate{1111, 11, 11}, CivilDate{1901, 1, 1}, CivilDate{1900, 0, 0}}) {
    d.birth_date = date;
    EXPECT_EQ(Normalize(d).birth_date, std::nullopt) << date.year;
  }
}

TEST(NormalizeTest, PlaceholdersOnlyGiveNothing) {
  Demographics d;
  d.names = {{"", "UNKNOWN", {"UNKNOWN"}, ""}};
  d.birth_date = CivilDate{1900, 1, 1};
  d.identifiers = {{"http://hl7.org/fhir/sid/us-ssn", "999-99-9999"}, {"2.999.7", "0000"}};
  d.phones = {"000-000-0000"};
  d.emails = {"none@none.com"};
  d.addresses = {{{"GENERAL DELIVERY"}, "unknown", "", "99999"}};
  d.mother_maiden_name = "Unknown";
  Features expected;
  expected.names.emplace_back().unknown = true;
  expected.addresses = {NormalizedAddress{}};
  expected.identity_unknown = true;
  EXPECT_EQ(Normalize(d), expected);
}

TEST(NormalizeTest, IsTotalOnLongAndBrokenValues) {
  for (const std::string& text :
       {std::string(10'000, 'a'), std::string(10'000, '1'), std::string(10'000, '\xff'),
        std::string("\xc3\x28 \xe2\x82 \xf0\x90\x80"), std::string(10'000, ' ')}) {
    Demographics d;
    d.names = {{text, text, {text, text}, text}};
    d.identifiers = {{text, text}, {"SSN", text}};
    d.phones = {text};
    d.emails = {text, text + "@" + text};
    d.addresses = {{{text, text}, text, text, text}};
    d.mother_maiden_name = text;
    EXPECT_EQ(Normalize(d), Normalize(d));
  }
  EXPECT_EQ(Normalize(Demographics{}), Features{});
}

TEST(NormalizeRecordTest, AddsTheRecordsOwnKey) {
  const Features f = NormalizeRecord({"2.999.1", Phi<std::string>("MRN-7"), 1}, Sample());
  EXPECT_EQ(f.identifiers.back().kind, IdentifierKind::kRecordKey);
  EXPECT_EQ(f.identifiers.back().value, "mrn7");
}

}  // namespace
}  // namespace hie::mpi
