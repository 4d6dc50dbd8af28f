#include "mpi/query/condition.h"

#include <gtest/gtest.h>

#include "mpi/normalize/text.h"

namespace hie::mpi {
namespace {

Condition Text(QueryField field, const char* value, TextMatch match = TextMatch::kStartsWith) {
  return {.field = field, .match = match, .values = {value}, .folded = {FoldText(value)}};
}

Condition Identifier(const char* text) {
  return {.field = QueryField::kIdentifier, .identifiers = {*ParseSoughtIdentifier(text)}};
}

Condition Born(std::optional<CivilDate> from, std::optional<CivilDate> to) {
  return {.field = QueryField::kBirthDate, .days = {{from, to}}};
}

QueriedRecord Ana() {
  QueriedRecord record;
  record.patient = {"2.999.1", Phi<std::string>("N-1001"), 1};
  Demographics& d = record.demographics;
  d.names = {{"official", "Vega López", {"Ana", "Lucía"}, "JR"}, {"maiden", "O'Brien", {}, ""}};
  d.birth_date = CivilDate{1961, 4, 2};
  d.sex = AdministrativeSex::kFemale;
  d.addresses = {{{"12 Quarry Rd"}, "Northfield", "MN", "40217-1234", "USA"}};
  d.phones = {"(906) 389-8576"};
  d.emails = {"Ana@Example.org"};
  d.identifiers = {{"http://hl7.org/fhir/sid/us-ssn", "657-68-0344"}, {"urn:oid:2.999.77", "X1"}};
  d.mother_maiden_name = "Muñoz";
  return record;
}

struct Case {
  const char* name;
  Condition condition;
  bool meets;
};
void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

class ConditionTest : public ::testing::TestWithParam<Case> {};

TEST_P(ConditionTest, HoldsAsTheContractSays) {
  const QueriedPerson person{"eid-1", {"eid-0"}, 50};
  EXPECT_EQ(MeetsAll(Ana(), person, {GetParam().condition}), GetParam().meets);
}

using F = QueryField;
constexpr auto kExact = TextMatch::kExact;
constexpr auto kContains = TextMatch::kContains;

INSTANTIATE_TEST_SUITE_P(
    Fields, ConditionTest,
    ::testing::Values(
        Case{"FamilyStart", Text(F::kFamily, "vega"), true},
        Case{"FamilyStartOfAWord", Text(F::kFamily, "LOP"), true},
        Case{"FamilyOverWords", Text(F::kFamily, "vega lo"), true},
        Case{"FamilyWithinAWord", Text(F::kFamily, "ega"), false},
        Case{"FamilyOfAnotherName", Text(F::kFamily, "obrien"), true},
        Case{"FamilyMarksOnly", Text(F::kFamily, "--"), false},
        Case{"FamilyExact", Text(F::kFamily, "Vega López", kExact), true},
        Case{"FamilyExactCase", Text(F::kFamily, "vega lópez", kExact), false},
        Case{"FamilyExactPart", Text(F::kFamily, "Vega", kExact), false},
        Case{"FamilyContains", Text(F::kFamily, "ega lop", kContains), true},
        Case{"GivenSecond", Text(F::kGiven, "luci"), true},
        Case{"GivenIsNotFamily", Text(F::kGiven, "vega"), false},
        Case{"NameAnyPart", Text(F::kName, "lucia"), true},
        Case{"NameSuffix", Text(F::kName, "jr"), true},
        Case{"BornThatDay", Born(CivilDate{1961, 4, 2}, CivilDate{1961, 4, 3}), true},
        Case{"BornBefore", Born(std::nullopt, CivilDate{1961, 4, 2}), false},
        Case{"BornSince", Born(CivilDate{1961, 4, 2}, std::nullopt), true},
        Case{"SexFits", {.field = F::kSex, .sexes = {AdministrativeSex::kFemale}}, true},
        Case{"SexDiffers", {.field = F::kSex, .sexes = {AdministrativeSex::kMale}}, false},
        Case{"AddressLine", Text(F::kAddress, "quarry"), true},
        Case{"AddressCountry", Text(F::kAddress, "usa"), true},
        Case{"City", Text(F::kCity, "north"), true},
        Case{"CityIsNotState", Text(F::kState, "north"), false},
        Case{"Postal", Text(F::kPostalCode, "40217"), true},
        Case{"PostalSecondPart", Text(F::kPostalCode, "1234"), true},
        Case{"Country", Text(F::kCountry, "USA", kExact), true},
        Case{"PhoneDigits", Text(F::kTelecom, "906.389.8576"), true},
        Case{"PhoneInternational", Text(F::kTelecom, "+1 906 389 8576"), true},
        Case{"PhoneOther", Text(F::kTelecom, "9063898577"), false},
        Case{"Email", Text(F::kTelecom, "ana@example.org"), true},
        Case{"EmailPart", Text(F::kTelecom, "ana@example"), false},
        Case{"Mother", Text(F::kMotherMaidenName, "munoz"), true},
        Case{"OwnKey", Identifier("2.999.1|N-1001"), true},
        Case{"OwnKeyAsUrn", Identifier("urn:oid:2.999.1|N-1001"), true},
        Case{"OwnKeyOtherCase", Identifier("2.999.1|n-1001"), false},
        Case{"OwnKeyOtherDomain", Identifier("2.999.2|N-1001"), false},
        Case{"OwnDomain", Identifier("2.999.1|"), true},
        Case{"OtherDomain", Identifier("2.999.2|"), false},
        Case{"AnySystem", Identifier("N-1001"), true},
        Case{"Ssn", Identifier("http://hl7.org/fhir/sid/us-ssn|657680344"), true},
        Case{"OtherIdentifier", Identifier("2.999.77|x1"), true},
        Case{"Eid", Text(F::kEid, "eid-1"), true}, Case{"Alias", Text(F::kEid, "eid-0"), true},
        Case{"OtherEid", Text(F::kEid, "eid-2"), false},
        Case{"ChangedWithin", {.field = F::kChanged, .instants = {{50, 51}}}, true},
        Case{"ChangedBefore", {.field = F::kChanged, .instants = {{51, std::nullopt}}}, false}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(ConditionsTest, AllMustHold) {
  const auto family = Text(F::kFamily, "vega");
  EXPECT_TRUE(MeetsAll(Ana(), {}, {family, Text(F::kGiven, "ana")}));
  EXPECT_FALSE(MeetsAll(Ana(), {}, {family, Text(F::kGiven, "eva")}));
}

TEST(ConditionsTest, APartialBirthDateLiesWithinIfAllOfItDoes) {
  QueriedRecord record = Ana();
  record.demographics.birth_date = CivilDate{1961, 4, 0};
  EXPECT_TRUE(MeetsAll(record, {}, {Born(CivilDate{1961, 4, 1}, CivilDate{1961, 5, 1})}));
  EXPECT_FALSE(MeetsAll(record, {}, {Born(CivilDate{1961, 4, 2}, CivilDate{1961, 5, 1})}));
  EXPECT_FALSE(MeetsAll(record, {}, {Born(CivilDate{1961, 4, 1}, CivilDate{1961, 4, 30})}));
  record.demographics.birth_date = CivilDate{1961, 0, 0};
  EXPECT_TRUE(MeetsAll(record, {}, {Born(CivilDate{1961, 1, 1}, CivilDate{1962, 1, 1})}));
  EXPECT_FALSE(MeetsAll(record, {}, {Born(CivilDate{1961, 1, 1}, CivilDate{1961, 12, 31})}));
  record.demographics.birth_date.reset();
  EXPECT_FALSE(MeetsAll(record, {}, {Born(std::nullopt, std::nullopt)}));
}

TEST(ConditionsTest, TombstonesAnswerToTheirIdentityOnly) {
  QueriedRecord record = Ana();
  record.state = RecordState::kMergedAway;
  EXPECT_TRUE(MeetsAll(record, {}, {Identifier("2.999.1|N-1001")}));
  EXPECT_TRUE(MeetsAll(record, {}, {Identifier("2.999.77|X1")}));
  EXPECT_FALSE(MeetsAll(record, {}, {Text(F::kFamily, "vega")}));
  EXPECT_FALSE(MeetsAll(record, {}, {Identifier("2.999.1|N-1001"), Text(F::kFamily, "vega")}));
  record.state = RecordState::kRemoved;
  EXPECT_TRUE(MeetsAll(record, {}, {Identifier("2.999.1|N-1001")}));
  EXPECT_FALSE(MeetsAll(record, {}, {Identifier("2.999.77|X1")}));
}

TEST(ConditionsTest, AReusedIdDoesNotNameItsFormerHolder) {
  QueriedRecord record = Ana();
  record.former_holder = true;
  EXPECT_FALSE(MeetsAll(record, {}, {Identifier("2.999.1|N-1001")}));
  EXPECT_TRUE(MeetsAll(record, {}, {Identifier("2.999.1|")}));
  EXPECT_TRUE(MeetsAll(record, {}, {Identifier("2.999.77|X1")}));
}

TEST(ConditionsTest, OnlyAnIdentityNamesThePerson) {
  EXPECT_TRUE(NamesThePerson({Identifier("2.999.1|N-1001")}));
  EXPECT_TRUE(NamesThePerson({Text(F::kFamily, "v"), Text(F::kEid, "eid-1")}));
  EXPECT_FALSE(NamesThePerson({Identifier("2.999.1|")}));
  EXPECT_FALSE(NamesThePerson({Text(F::kFamily, "vega")}));
}

TEST(ConditionsTest, AnIdentifierNeedsAPart) {
  EXPECT_FALSE(ParseSoughtIdentifier("").has_value());
  EXPECT_FALSE(ParseSoughtIdentifier("|").has_value());
  EXPECT_EQ(ParseSoughtIdentifier("|7")->system, "");
  EXPECT_EQ(ParseSoughtIdentifier("a|b|c")->value, "b|c");
}

}  // namespace
}  // namespace hie::mpi
