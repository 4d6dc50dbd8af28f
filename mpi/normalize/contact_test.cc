#include <gtest/gtest.h>

#include "mpi/normalize/address.h"
#include "mpi/normalize/phone.h"
#include "mpi/normalize/ssn.h"

namespace hie::mpi {
namespace {

TEST(NormalizeSsnTest, TakesNineDigitsOrTheLastFour) {
  EXPECT_EQ(NormalizeSsn("657-68-0344"), "657680344");
  EXPECT_EQ(NormalizeSsn("xxx-xx-0344"), "0344");
  EXPECT_EQ(NormalizeSsn("0344"), "0344");
  EXPECT_EQ(NormalizeSsn("***-**-0344"), "0344");
  EXPECT_EQ(NormalizeSsn("XXXXX0344"), "0344");
  EXPECT_EQ(NormalizeSsn("#####0344"), "0344");
  EXPECT_EQ(NormalizeSsn("657 68 0344"), "657680344");
}

TEST(NormalizeSsnTest, RefusesWhatWasNeverIssued) {
  for (const char* ssn : {"000-00-0000",
                          "999-99-9999",
                          "666-12-3456",
                          "900-12-3456",
                          "123-45-6789",
                          "123-00-4567",
                          "123-45-0000",
                          "078-05-1120",
                          "219-09-9999",
                          "111-22-3333",
                          "123-12-3123",
                          "987-65-4321",
                          "457-55-5462",
                          "***-**-0000",
                          "xxx-xx-9999",
                          "xxx-xx-xxxx",
                          "\xff",
                          "12345",
                          "",
                          "unknown",
                          "0000",
                          "111-11-1111",
                          "A57680344"}) {
    EXPECT_EQ(NormalizeSsn(ssn), std::nullopt) << ssn;
  }
}

TEST(NormalizePhoneTest, IsNorthAmericanUnlessItSaysOtherwise) {
  EXPECT_EQ(NormalizePhone("(906)389-8576"), "+19063898576");
  EXPECT_EQ(NormalizePhone("1-906-389-8576"), "+19063898576");
  EXPECT_EQ(NormalizePhone("+1 906 389 8576 x12"), "+19063898576");
  EXPECT_EQ(NormalizePhone("+49 30 1234567"), "+49301234567");
  EXPECT_EQ(NormalizePhone("389-8576"), "3898576");
  EXPECT_EQ(NormalizePhone("(000) 000-0000"), std::nullopt);
  EXPECT_EQ(NormalizePhone("123-456-7890"), std::nullopt);
  EXPECT_EQ(NormalizePhone("none"), std::nullopt);
}

TEST(NormalizePhoneTest, FollowsTheCountry) {
  const struct {
    const char* text;
    const char* country;
    const char* number;  // Empty for nothing.
  } cases[] = {{"030 1234568", "49", "+49301234568"},
               {"+49 (0)30 1234568", "49", "+49301234568"},
               {"0049 30 1234568", "49", "+49301234568"},
               {"493012345689", "49", "+493012345689"},
               {"+1 906 389 8576", "49", "+19063898576"},
               {"001 906 389 8576", "49", "+19063898576"},
               {"0712 300633", "256", "+256712300633"},
               {"712 300633", "256", "+256712300633"},
               {"256712300633", "256", "+256712300633"},
               {"011 49 30 1234568", "1", "+49301234568"},
               {"011 1 906 389 8576", "1", "+19063898576"},
               {"+1 1 906 389 8576", "1", "+19063898576"},
               {"+10015652891810", "1", "+15652891810"},
               {"001-565-289-1810", "1", "+15652891810"},
               {"0712 300633", "1", "712300633"},
               {"712 300633", "1", "712300633"},
               {"906.389.8576 ext. 12", "1", "+19063898576"},
               {"906-389-8576#12", "1", "+19063898576"},
               {"tel:+19063898576;ext=3", "1", "+19063898576"},
               {"Phone: 906-389-8576", "1", "+19063898576"},
               {"12345", "49", ""},
               {"+49", "49", ""},
               {"12", "1", ""}};
  for (const auto& c : cases) {
    EXPECT_EQ(NormalizePhone(c.text, c.country).value_or(""), c.number) << c.text;
  }
}

TEST(NormalizePhoneTest, NumbersThatNobodyAnswersAreMissing) {
  for (const char* text :
       {"000-000-0000", "999-999-9999", "000-123-4568", "999-389-8576", "906-555-0100",
        "906-555-0199", "906-555-1212", "906-000-0000", "906-999-9999", "1234567890",
        "123-456-7890", "5555555555", "+1 000 000 0000", "555-0123", "", "x12", "\xff"}) {
    EXPECT_EQ(NormalizePhone(text), std::nullopt) << text;
  }
  EXPECT_TRUE(NormalizePhone("906-555-0200").has_value());
}

TEST(NormalizeEmailTest, AddressesThatNobodyReadsAreMissing) {
  for (const char* text :
       {"none@none.com", "NOEMAIL@NOEMAIL.COM", "no-reply@clinic.example", "test@test.com",
        "test1@gmail.com", "no.email@clinic.example", "na@na.com", "declined@gmail.com",
        "donotreply@x.org", "a@a.com", "unknown@clinic.example", "jo@noemail.com"}) {
    EXPECT_EQ(NormalizeEmail(text), std::nullopt) << text;
  }
  for (const char* text :
       {"nona@none.example", "tess@test.example", "a@b.example", "12@x.example"}) {
    EXPECT_EQ(NormalizeEmail(text), text);
  }
}

TEST(NormalizeEmailTest, WantsOneAt) {
  EXPECT_EQ(NormalizeEmail(" A.B@Example.org "), "a.b@example.org");
  EXPECT_EQ(NormalizeEmail("nobody"), std::nullopt);
  EXPECT_EQ(NormalizeEmail("a@b@c"), std::nullopt);
}

TEST(NormalizeAddressTest, FindsNumberCoreUnitAndZip) {
  const NormalizedAddress a =
      NormalizeAddress({{"52 N. Williamson Cir.", "Apt 4B"}, "Lansing", "MI", "48909-1234"});
  EXPECT_EQ(a.number, "52");
  EXPECT_EQ(a.street, "williamson");
  EXPECT_EQ(a.unit, "4b");
  EXPECT_EQ(a.zip5, "48909");
  EXPECT_EQ(a.city, "lansing");
}

struct AddressCase {
  std::vector<std::string> lines;
  const char* number;
  const char* street;
  const char* unit;
};

void ExpectAddresses(const std::vector<AddressCase>& cases) {
  for (const AddressCase& c : cases) {
    const NormalizedAddress a = NormalizeAddress({c.lines, "", "", ""});
    const std::string line = c.lines.empty() ? "" : c.lines.front();
    EXPECT_EQ(a.number, c.number) << line;
    EXPECT_EQ(a.street, c.street) << line;
    EXPECT_EQ(a.unit, c.unit) << line;
  }
}

TEST(NormalizeAddressTest, FindsNumberUnitAndBox) {
  ExpectAddresses({
      {{"12 North Court"}, "12", "n", ""},
      {{"12 N Court"}, "12", "n", ""},
      {{"12 High St #4"}, "12", "high", "4"},
      {{"12 High St # 4"}, "12", "high", "4"},
      {{"12 High St Apt. 965"}, "12", "high", "965"},
      {{"12 High St", "Unit 3B"}, "12", "high", "3b"},
      {{"PO Box 12"}, "12", "pobox", ""},
      {{"P.O. Box 12"}, "12", "pobox", ""},
      {{"POBOX 12"}, "12", "pobox", ""},
      {{"Post Office Box 12A"}, "12a", "pobox", ""},
      {{"12 High St", "PO Box 99"}, "12", "high", ""},
      {{"RR 2 Box 14"}, "14", "rr2", ""},
      {{"12-14 High St"}, "12", "high", ""},
      {{"84-23 Manton St"}, "8423", "manton", ""},
      {{"12-B High St"}, "12b", "high", ""},
      {{"12 1/2 High St"}, "12", "high", ""},
      {{"2/12 High St"}, "12", "high", "2"},
      {{"Flat 2, 12 High St"}, "12", "high", "2"},
      {{"12 Flat Rock Rd"}, "12", "flatrock", ""},
  });
}

TEST(NormalizeAddressTest, FindsTheCoreOfTheStreet) {
  ExpectAddresses({
      {{"Hauptstr. 12"}, "12", "hauptstr", ""},
      {{"Hauptstrasse 12"}, "12", "hauptstr", ""},
      {{"Hauptstraße 12"}, "12", "hauptstr", ""},
      {{"Haupt Straße 12"}, "12", "haupt", ""},
      {{"9 Eaglemont Retreat"}, "9", "eaglemont", ""},
      {{"12 5th Ave"}, "12", "5", ""},
      {{"12 Fifth Avenue"}, "12", "5", ""},
      {{"5th Ave"}, "", "5", ""},
      {{"12 34 Street"}, "12", "34", ""},
      {{"12 High St 2nd Floor"}, "12", "high", "2"},
      {{"12 High St Fl 2 Apt 7"}, "12", "high", "7"},
      {{"12 Lot Ave"}, "12", "lot", ""},
      {{"9535 Suzanne CRST"}, "9535", "suzanne", ""},
      {{"17 Amy ISS Suite 9"}, "17", "amy", "9"},
      {{"4 Brown CLB"}, "4", "brown", ""},
      {{"4 Jones Landing"}, "4", "jones", ""},
      {{"4 Jones Pass NW"}, "4", "jones", ""},
      {{"12 Saint James St"}, "12", "stjames", ""},
      {{"12 St. James Street"}, "12", "stjames", ""},
      {{"12 Park Ave"}, "12", "park", ""},
      {{"12 Lake Shore Dr"}, "12", "lakeshore", ""},
      {{"12 Mill Creek Rd"}, "12", "millcreek", ""},
      {{"12 Avenue B"}, "12", "b", ""},
      {{"12 Calle Luna"}, "12", "luna", ""},
      {{"1200 Highway 12"}, "1200", "hwy12", ""},
      {{"Highway 12"}, "", "hwy12", ""},
      {{"County Road 5"}, "", "cord5", ""},
      {{"c/o Mary Jones", "12 High St"}, "12", "high", ""},
      {{"c/o Mary Jones 12 High St"}, "12", "high", ""},
      {{"Williamson Tower", "12 High St"}, "12", "high", ""},
      {{"12", "High St"}, "12", "high", ""},
      {{"12"}, "12", "", ""},
      {{""}, "", "", ""},
      {{}, "", "", ""},
      {{"#"}, "", "", ""},
      {{"\xff\xfe"}, "", "", ""},
  });
}

TEST(NormalizeAddressTest, FillersAreMissing) {
  for (const char* line :
       {"UNKNOWN", "Homeless", "General Delivery", "Same as above", "c/o", "PO Box", "P.O. BOX",
        "N/A", "none", "No known address", "123 Any Street", "c/o Mary Jones"}) {
    const NormalizedAddress a = NormalizeAddress({{line}, "unknown", "", ""});
    EXPECT_EQ(a.street, "") << line;
    EXPECT_EQ(a.number, "") << line;
    EXPECT_EQ(a.city, "") << line;
  }
  for (const char* zip : {"99999", "00000-0000", "99999-9999", "12345", ""}) {
    EXPECT_EQ(NormalizeAddress({{}, "", "", zip}).zip5, "") << zip;
  }
  EXPECT_EQ(NormalizeAddress({{}, "", "", "SW1A 1AA"}).zip5, "sw1a1aa");
  EXPECT_EQ(NormalizeAddress({{}, "", "", "4011"}).zip5, "4011");
  EXPECT_EQ(NormalizeAddress({{}, "Saint Louis", "", ""}).city,
            NormalizeAddress({{}, "St. Louis", "", ""}).city);
}

TEST(NormalizeAddressTest, LongLinesAreRead) {
  const std::string word(10'000, 'a');
  EXPECT_EQ(NormalizeAddress({{"12 " + word + " St"}, word, "", word}).street, word);
  std::string words;
  for (int i = 0; i < 5'000; ++i) words += "1-2/ # ";
  (void)NormalizeAddress({{words, words}, words, "", words});
}

TEST(NormalizeAddressTest, NowhereIsMissing) {
  const NormalizedAddress a = NormalizeAddress({{"HOMELESS"}, "Lansing", "MI", "00000"});
  EXPECT_EQ(a.street, "");
  EXPECT_EQ(a.zip5, "");
}

}  // namespace
}  // namespace hie::mpi
