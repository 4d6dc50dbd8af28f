#include <gtest/gtest.h>

#include "mpi/compare/agreement.h"

namespace hie::mpi {
namespace {

NormalizedName Name(std::vector<std::string> family, std::string first,
                    std::vector<std::string> middle = {}) {
  return {std::move(family), std::move(first), std::move(middle), Generation::kNone, false};
}

std::optional<CivilDate> Date(const char* text) {
  auto date = ParseCivilDate(text);
  return date.ok() ? std::optional<CivilDate>(*date) : std::nullopt;
}

TEST(CompareFamilyNamesTest, FindsTheStrongestLevel) {
  const struct {
    NormalizedName a, b;
    FamilyLevel level;
  } cases[] = {
      {Name({"larssen"}, ""), Name({"larssen"}, ""), FamilyLevel::kExact},
      {Name({"smith"}, ""), Name({"smith"}, ""), FamilyLevel::kExactCommon},
      {Name({"de", "la", "cruz"}, ""), Name({"delacruz"}, ""), FamilyLevel::kExact},
      {Name({"larssen"}, ""), Name({"larsen"}, ""), FamilyLevel::kOneEdit},
      {Name({"williamson"}, ""), Name({"williamsonne"}, ""), FamilyLevel::kSimilar},
      {Name({"smith", "jones"}, ""), Name({"jones"}, ""), FamilyLevel::kTokenShared},
      {Name({"fyodor"}, "larssen"), Name({"larssen"}, "fyodor"), FamilyLevel::kSwapped},
      {Name({"li"}, ""), Name({"lu"}, ""), FamilyLevel::kDiffers},
      {Name({"larssen"}, ""), Name({"quimby"}, ""), FamilyLevel::kDiffers},
      {Name({}, ""), Name({"quimby"}, ""), FamilyLevel::kMissing},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(CompareFamilyNames({c.a}, {c.b}), c.level);
    EXPECT_EQ(CompareFamilyNames({c.b}, {c.a}), c.level);
  }
}

TEST(CompareFamilyNamesTest, AMaidenNameInTheHistoryAgrees) {
  EXPECT_EQ(
      CompareFamilyNames({Name({"larssen"}, ""), Name({"quimby"}, "")}, {Name({"quimby"}, "")}),
      FamilyLevel::kExact);
}

TEST(CompareGivenNamesTest, FindsTheStrongestLevel) {
  const struct {
    NormalizedName a, b;
    GivenLevel level;
  } cases[] = {
      {Name({"x"}, "fyodor"), Name({"x"}, "fyodor"), GivenLevel::kExact},
      {Name({"x"}, "john"), Name({"x"}, "john"), GivenLevel::kExactCommon},
      {Name({"x"}, "william"), Name({"x"}, "bill"), GivenLevel::kNickname},
      {Name({"x"}, "fyodor"), Name({"x"}, "fyodr"), GivenLevel::kOneEdit},
      {Name({"x"}, "jayden"), Name({"x"}, "hayden"), GivenLevel::kAlike},
      {Name({"x"}, "john"), Name({"x"}, "jane"), GivenLevel::kDiffers},
      {Name({"x"}, "fyodor"), Name({"x"}, "f"), GivenLevel::kInitial},
      {Name({"x"}, "f"), Name({"x"}, "f"), GivenLevel::kInitial},
      {Name({"x"}, "fyodor", {"ridgeway"}), Name({"x"}, "ridgeway"), GivenLevel::kMiddle},
      {Name({"x"}, "mercer"), Name({"x"}, "fyodor"), GivenLevel::kDiffers},
      {Name({"x"}, ""), Name({"x"}, "fyodor"), GivenLevel::kMissing},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(CompareGivenNames({c.a}, {c.b}), c.level) << c.a.first << " " << c.b.first;
    EXPECT_EQ(CompareGivenNames({c.b}, {c.a}), c.level) << c.a.first << " " << c.b.first;
  }
}

TEST(CompareMiddleNamesTest, InitialsAgreeWithNames) {
  const auto middle = [](std::vector<std::string> a, std::vector<std::string> b) {
    return CompareMiddleNames({Name({"x"}, "y", std::move(a))}, {Name({"x"}, "y", std::move(b))});
  };
  EXPECT_EQ(middle({"ann"}, {"ann"}), MiddleLevel::kExact);
  EXPECT_EQ(middle({"ann"}, {"a"}), MiddleLevel::kInitial);
  EXPECT_EQ(middle({"ann"}, {"beth"}), MiddleLevel::kDiffers);
  EXPECT_EQ(middle({"ann"}, {}), MiddleLevel::kMissing);
}

TEST(CompareBirthDatesTest, FindsTheStrongestLevel) {
  const struct {
    const char *a, *b;
    BirthDateLevel level;
  } cases[] = {{"1980-03-05", "1980-03-05", BirthDateLevel::kExact},
               {"1980-01-01", "1980-01-01", BirthDateLevel::kExactDefault},
               {"1980-03-05", "1980-05-03", BirthDateLevel::kDayMonthSwapped},
               {"1980-03-05", "1980-03-15", BirthDateLevel::kOneDigitOff},
               {"1980-03-05", "1908-03-05", BirthDateLevel::kOneDigitOff},
               {"1980-03-09", "1980-03-10", BirthDateLevel::kOneDayOff},
               {"1980-02-29", "1980-03-01", BirthDateLevel::kOneDayOff},
               {"1980", "1980-03-05", BirthDateLevel::kPartial},
               {"1980-03", "1980-03-05", BirthDateLevel::kPartial},
               {"1980-04", "1980-03-05", BirthDateLevel::kSameYear},
               {"1980-01-01", "1980-11-23", BirthDateLevel::kDefaultDay},
               {"1980-03-05", "1980-11-23", BirthDateLevel::kSameYear},
               {"1980-03-05", "1957-11-23", BirthDateLevel::kDifferent},
               {"", "1957-11-23", BirthDateLevel::kMissing}};
  for (const auto& c : cases) {
    EXPECT_EQ(CompareBirthDates(Date(c.a), Date(c.b)), c.level) << c.a << " " << c.b;
    EXPECT_EQ(CompareBirthDates(Date(c.b), Date(c.a)), c.level) << c.a << " " << c.b;
  }
}

TEST(CompareSsnsTest, FindsTheStrongestLevel) {
  EXPECT_EQ(CompareSsns({"657680344"}, {"657680344"}), SsnLevel::kExact);
  EXPECT_EQ(CompareSsns({"657680344"}, {"0344"}), SsnLevel::kLastFour);
  EXPECT_EQ(CompareSsns({"657680344"}, {"657680434"}), SsnLevel::kOneEdit);
  EXPECT_EQ(CompareSsns({"657680344"}, {"239322152"}), SsnLevel::kDiffersFull);
  EXPECT_EQ(CompareSsns({"657680344"}, {"2152"}), SsnLevel::kDiffers);
  EXPECT_EQ(CompareSsns({}, {"2152"}), SsnLevel::kMissing);
}

TEST(ComparePhonesTest, FindsTheStrongestLevel) {
  EXPECT_EQ(ComparePhones({"+19063898576"}, {"+19063898576"}), PhoneLevel::kExact);
  EXPECT_EQ(ComparePhones({"+19063898576"}, {"+15173898576"}), PhoneLevel::kSubscriber);
  EXPECT_EQ(ComparePhones({"+19063898576"}, {"3898576"}), PhoneLevel::kSubscriber);
  EXPECT_EQ(ComparePhones({"+19063898576"}, {"+19063898577"}), PhoneLevel::kOneEdit);
  EXPECT_EQ(ComparePhones({"+19063898576"}, {"+15172223333"}), PhoneLevel::kDiffers);
  EXPECT_EQ(ComparePhones({}, {"+15172223333"}), PhoneLevel::kMissing);
  EXPECT_EQ(CompareEmails({"a@b"}, {"c@d", "a@b"}), EmailLevel::kExact);
}

TEST(CompareAddressesTest, FindsTheStrongestLevel) {
  const NormalizedAddress home{"52", "williamson", "", "48909", "lansing"};
  const auto compare = [&](NormalizedAddress other) { return CompareAddresses({home}, {other}); };
  EXPECT_EQ(compare(home), AddressLevel::kExact);
  EXPECT_EQ(compare({"52", "williamson", "", "49934", ""}), AddressLevel::kNumberStreet);
  EXPECT_EQ(compare({"52", "wiliamson", "", "48909", ""}), AddressLevel::kSimilar);
  EXPECT_EQ(compare({"9", "williamson", "", "48909", ""}), AddressLevel::kStreetZip);
  EXPECT_EQ(compare({"369", "pierce", "", "48909", ""}), AddressLevel::kZip);
  EXPECT_EQ(compare({"369", "pierce", "", "49934", ""}), AddressLevel::kDiffers);
  EXPECT_EQ(compare({"", "", "", "", "lansing"}), AddressLevel::kMissing);
}

TEST(CompareIdentifiersTest, BindsValuesToTheirAssigner) {
  const NormalizedIdentifier licence{"2.999.3", "d123456", IdentifierKind::kPersonal};
  const NormalizedIdentifier typo{"2.999.3", "d123465", IdentifierKind::kPersonal};
  const NormalizedIdentifier insurance{"2.999.4", "d123456", IdentifierKind::kShared};
  const NormalizedIdentifier key{"2.999.5", "7", IdentifierKind::kRecordKey};
  const NormalizedIdentifier other_key{"2.999.5", "8", IdentifierKind::kRecordKey};
  EXPECT_EQ(CompareIdentifiers({licence}, {licence}), IdentifierLevel::kPersonalExact);
  EXPECT_EQ(CompareIdentifiers({licence}, {typo}), IdentifierLevel::kPersonalOneEdit);
  EXPECT_EQ(CompareIdentifiers({licence}, {insurance}), IdentifierLevel::kMissing);
  EXPECT_EQ(CompareIdentifiers({insurance}, {insurance}), IdentifierLevel::kSharedExact);
  EXPECT_EQ(CompareIdentifiers({key}, {key}), IdentifierLevel::kPersonalExact);
  EXPECT_EQ(CompareIdentifiers({key}, {other_key}), IdentifierLevel::kMissing);
}

TEST(CompareGenerationsTest, JuniorAgainstSeniorConflicts) {
  EXPECT_EQ(CompareGenerations(Generation::kJunior, Generation::kSenior), SuffixLevel::kConflict);
  EXPECT_EQ(CompareGenerations(Generation::kJunior, Generation::kSecond), SuffixLevel::kSame);
  EXPECT_EQ(CompareGenerations(Generation::kJunior, Generation::kNone), SuffixLevel::kMissing);
}

}  // namespace
}  // namespace hie::mpi
