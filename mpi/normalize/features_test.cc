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

TEST(NormalizeRecordTest, AddsTheRecordsOwnKey) {
  const Features f = NormalizeRecord({"2.999.1", Phi<std::string>("MRN-7"), 1}, Sample());
  EXPECT_EQ(f.identifiers.back().kind, IdentifierKind::kRecordKey);
  EXPECT_EQ(f.identifiers.back().value, "mrn7");
}

}  // namespace
}  // namespace hie::mpi
