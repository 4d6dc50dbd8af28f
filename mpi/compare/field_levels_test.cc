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

// The comparisons take packed records: these pack one field.
template <typename Set>
auto Compared(const Features& a, const Features& b, Set compare) {
  const std::string x = Pack(a);
  const std::string y = Pack(b);
  return compare(PackedView(x.data()), PackedView(y.data()));
}

FamilyLevel Families(std::vector<NormalizedName> a, std::vector<NormalizedName> b) {
  Features x, y;
  x.names = std::move(a);
  y.names = std::move(b);
  return Compared(x, y, CompareFamilyNames).level;
}

GivenLevel Givens(const NormalizedName& a, const NormalizedName& b) {
  Features x, y;
  x.names = {a};
  y.names = {b};
  return Compared(x, y, CompareGivenNames).level;
}

SsnLevel Ssns(std::vector<std::string> a, std::vector<std::string> b) {
  Features x, y;
  x.ssns = std::move(a);
  y.ssns = std::move(b);
  return Compared(x, y, CompareSsns).level;
}

PhoneLevel Phones(std::vector<std::string> a, std::vector<std::string> b) {
  Features x, y;
  x.phones = std::move(a);
  y.phones = std::move(b);
  return Compared(x, y, ComparePhones).level;
}

EmailLevel Emails(std::vector<std::string> a, std::vector<std::string> b) {
  Features x, y;
  x.emails = std::move(a);
  y.emails = std::move(b);
  return Compared(x, y, CompareEmails).level;
}

IdentifierLevel Identifiers(std::vector<NormalizedIdentifier> a,
                            std::vector<NormalizedIdentifier> b) {
  Features x, y;
  x.identifiers = std::move(a);
  y.identifiers = std::move(b);
  return Compared(x, y, CompareIdentifiers).level;
}

TEST(CompareFamilyNamesTest, FindsTheStrongestLevel) {
  const struct {
    NormalizedName a, b;
    FamilyLevel level;
  } cases[] = {
      {Name({"larssen"}, ""), Name({"larssen"}, ""), FamilyLevel::kExact},
      {Name({"smith"}, ""), Name({"smith"}, ""), FamilyLevel::kExact},
      {Name({"de", "la", "cruz"}, ""), Name({"delacruz"}, ""), FamilyLevel::kExact},
      {Name({"larssen"}, ""), Name({"larsen"}, ""), FamilyLevel::kOneEdit},
      {Name({"williamson"}, ""), Name({"williamsonne"}, ""), FamilyLevel::kSimilar},
      {Name({"smith", "jones"}, ""), Name({"jones"}, ""), FamilyLevel::kTokenShared},
      {Name({"fyodor"}, "larssen"), Name({"larssen"}, "fyodor"), FamilyLevel::kSwapped},
      {Name({"fyodor"}, "larssen"), Name({"laznger"}, "fyodor"), FamilyLevel::kDiffers},
      {Name({"langer"}, "gabrielle"), Name({"gabrielle"}, "laznger"), FamilyLevel::kSwapped},
      {Name({"li"}, ""), Name({"lu"}, ""), FamilyLevel::kDiffers},
      {Name({"larssen"}, ""), Name({"quimby"}, ""), FamilyLevel::kDiffers},
      {Name({}, ""), Name({"quimby"}, ""), FamilyLevel::kMissing},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(Families({c.a}, {c.b}), c.level);
    EXPECT_EQ(Families({c.b}, {c.a}), c.level);
  }
}

TEST(CompareFamilyNamesTest, AMaidenNameInTheHistoryAgrees) {
  EXPECT_EQ(Families({Name({"larssen"}, ""), Name({"quimby"}, "")}, {Name({"quimby"}, "")}),
            FamilyLevel::kExact);
}

TEST(CompareGivenNamesTest, FindsTheStrongestLevel) {
  const struct {
    NormalizedName a, b;
    GivenLevel level;
  } cases[] = {
      {Name({"x"}, "fyodor"), Name({"x"}, "fyodor"), GivenLevel::kExact},
      {Name({"x"}, "john"), Name({"x"}, "john"), GivenLevel::kExact},
      {Name({"x"}, "pen", {"ilope"}), Name({"x"}, "penilope"), GivenLevel::kOneEdit},
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
    EXPECT_EQ(Givens(c.a, c.b), c.level) << c.a.first << " " << c.b.first;
    EXPECT_EQ(Givens(c.b, c.a), c.level) << c.a.first << " " << c.b.first;
  }
}

TEST(CompareMiddleNamesTest, InitialsAgreeWithNames) {
  const auto middle = [](std::vector<std::string> a, std::vector<std::string> b) {
    Features x, y;
    x.names = {Name({"x"}, "y", std::move(a))};
    y.names = {Name({"x"}, "y", std::move(b))};
    return Compared(x, y, CompareMiddleNames);
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
               {"1980-03-05", "1957-03-05", BirthDateLevel::kTwoParts},
               {"1980-03-05", "1980-03-27", BirthDateLevel::kTwoParts},
               {"1980-01-01", "1983-01-01", BirthDateLevel::kDifferent},
               {"1980-03-05", "1980-11-23", BirthDateLevel::kSameYear},
               {"1980-03-05", "1957-11-23", BirthDateLevel::kDifferent},
               {"", "1957-11-23", BirthDateLevel::kMissing}};
  for (const auto& c : cases) {
    EXPECT_EQ(CompareBirthDates(Date(c.a), Date(c.b)), c.level) << c.a << " " << c.b;
    EXPECT_EQ(CompareBirthDates(Date(c.b), Date(c.a)), c.level) << c.a << " " << c.b;
  }
}

TEST(CompareSsnsTest, FindsTheStrongestLevel) {
  EXPECT_EQ(Ssns({"657680344"}, {"657680344"}), SsnLevel::kExact);
  EXPECT_EQ(Ssns({"657680344"}, {"0344"}), SsnLevel::kLastFour);
  EXPECT_EQ(Ssns({"657680344"}, {"657680434"}), SsnLevel::kOneEdit);
  EXPECT_EQ(Ssns({"657680344"}, {"239322152"}), SsnLevel::kDiffersFull);
  EXPECT_EQ(Ssns({"657680344"}, {"2152"}), SsnLevel::kDiffers);
  EXPECT_EQ(Ssns({}, {"2152"}), SsnLevel::kMissing);
}

TEST(ComparePhonesTest, FindsTheStrongestLevel) {
  EXPECT_EQ(Phones({"+19063898576"}, {"+19063898576"}), PhoneLevel::kExact);
  EXPECT_EQ(Phones({"+19063898576"}, {"+15173898576"}), PhoneLevel::kSubscriber);
  EXPECT_EQ(Phones({"+19063898576"}, {"3898576"}), PhoneLevel::kSubscriber);
  EXPECT_EQ(Phones({"+19063898576"}, {"+19063898577"}), PhoneLevel::kOneEdit);
  EXPECT_EQ(Phones({"+19063898576"}, {"+15172223333"}), PhoneLevel::kDiffers);
  EXPECT_EQ(Phones({}, {"+15172223333"}), PhoneLevel::kMissing);
}

TEST(CompareEmailsTest, FindsTheStrongestLevel) {
  EXPECT_EQ(Emails({"a@b"}, {"c@d", "a@b"}), EmailLevel::kExact);
  EXPECT_EQ(Emails({"fyodor@home.example"}, {"fyodor@work.example"}), EmailLevel::kLocalPart);
  EXPECT_EQ(Emails({"fyodor@home.example"}, {"fyodr@home.example"}), EmailLevel::kOneEdit);
  EXPECT_EQ(Emails({"abc@home.example"}, {"abc@work.example"}), EmailLevel::kDiffers);
  EXPECT_EQ(Emails({}, {"abc@work.example"}), EmailLevel::kMissing);
}

TEST(CompareAddressesTest, FindsTheStrongestLevel) {
  const NormalizedAddress home{"52", "williamson", "", "48909", "lansing"};
  const auto compare = [&](NormalizedAddress other) {
    Features x, y;
    x.addresses = {home};
    y.addresses = {std::move(other)};
    return Compared(x, y, CompareAddresses).level;
  };
  EXPECT_EQ(compare(home), AddressLevel::kExact);
  EXPECT_EQ(compare({"52", "williamson", "", "", "lansing"}), AddressLevel::kExact);
  EXPECT_EQ(compare({"52", "williamson", "", "49934", ""}), AddressLevel::kNumberStreet);
  EXPECT_EQ(compare({"52", "wiliamson", "", "48909", ""}), AddressLevel::kSimilar);
  EXPECT_EQ(compare({"9", "williamson", "", "48909", ""}), AddressLevel::kStreetZip);
  EXPECT_EQ(compare({"52", "pierce", "", "48909", ""}), AddressLevel::kNumberZip);
  EXPECT_EQ(compare({"9", "williamson", "", "", ""}), AddressLevel::kStreet);
  EXPECT_EQ(compare({"9", "williamson", "", "49934", ""}), AddressLevel::kDiffers);
  EXPECT_EQ(compare({"369", "pierce", "", "48909", ""}), AddressLevel::kZip);
  EXPECT_EQ(compare({"369", "pierce", "", "49934", "lansing"}), AddressLevel::kCity);
  EXPECT_EQ(compare({"369", "pierce", "", "49934", ""}), AddressLevel::kDiffers);
  EXPECT_EQ(compare({"", "", "", "", "lansing"}), AddressLevel::kCity);
  EXPECT_EQ(compare({"52", "", "", "", ""}), AddressLevel::kMissing);
}

TEST(CompareIdentifiersTest, BindsValuesToTheirAssigner) {
  const NormalizedIdentifier licence{"2.999.3", "d123456", IdentifierKind::kPersonal};
  const NormalizedIdentifier typo{"2.999.3", "d123465", IdentifierKind::kPersonal};
  const NormalizedIdentifier insurance{"2.999.4", "d123456", IdentifierKind::kShared};
  const NormalizedIdentifier key{"2.999.5", "7", IdentifierKind::kRecordKey};
  const NormalizedIdentifier other_key{"2.999.5", "8", IdentifierKind::kRecordKey};
  EXPECT_EQ(Identifiers({licence}, {licence}), IdentifierLevel::kPersonalExact);
  EXPECT_EQ(Identifiers({licence}, {typo}), IdentifierLevel::kPersonalOneEdit);
  EXPECT_EQ(Identifiers({licence}, {insurance}), IdentifierLevel::kMissing);
  EXPECT_EQ(Identifiers({insurance}, {insurance}), IdentifierLevel::kSharedExact);
  const NormalizedIdentifier passport{"2.999.6", "x1", IdentifierKind::kPersonal};
  EXPECT_EQ(Identifiers({licence, passport}, {passport, licence}),
            IdentifierLevel::kSeveralPersonal);
  EXPECT_EQ(Identifiers({licence, licence}, {licence}), IdentifierLevel::kPersonalExact);
  EXPECT_EQ(Identifiers({key}, {key}), IdentifierLevel::kPersonalExact);
  EXPECT_EQ(Identifiers({key}, {other_key}), IdentifierLevel::kMissing);
}

TEST(CompareExtraTest, FindsTheStrongestLevel) {
  const auto compare = [](const char* a, const char* b) {
    Features x, y;
    x.extras[2] = a;
    y.extras[2] = b;
    return Compared(x, y,
                    [](const PackedView& s, const PackedView& t) { return CompareExtra(s, t, 2); });
  };
  EXPECT_EQ(compare("lansing", "lansing"), ExtraLevel::kExact);
  EXPECT_EQ(compare("lansing", "lansin"), ExtraLevel::kSimilar);
  EXPECT_EQ(compare("london", "londonengland"), ExtraLevel::kAlike);
  EXPECT_EQ(compare("ox", "ax"), ExtraLevel::kDiffers);
  EXPECT_EQ(compare("", "lansing"), ExtraLevel::kMissing);
}

TEST(PackTest, MutedWordsAreMissing) {
  Features a;
  a.phones = {"+19063898576"};
  std::string x = Pack(a);
  const std::string y = x;
  auto* const words = reinterpret_cast<PackedWord*>(x.data() + sizeof(PackedHeader));
  words[PackedView(x.data()).header().phone_begin].muted = 1;
  EXPECT_EQ(ComparePhones(PackedView(x.data()), PackedView(y.data())).level, PhoneLevel::kMissing);
}

TEST(CompareGenerationsTest, JuniorAgainstSeniorConflicts) {
  EXPECT_EQ(CompareGenerations(Generation::kJunior, Generation::kSenior), SuffixLevel::kConflict);
  EXPECT_EQ(CompareGenerations(Generation::kJunior, Generation::kSecond), SuffixLevel::kSame);
  EXPECT_EQ(CompareGenerations(Generation::kJunior, Generation::kNone), SuffixLevel::kMissing);
}

}  // namespace
}  // namespace hie::mpi
