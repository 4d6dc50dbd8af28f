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
}

TEST(NormalizeSsnTest, RefusesWhatWasNeverIssued) {
  for (const char* ssn :
       {"000-00-0000", "999-99-9999", "666-12-3456", "900-12-3456", "123-45-6789", "123-00-4567",
        "123-45-0000", "078-05-1120", "12345", "", "unknown", "0000", "111-11-1111", "A57680344"}) {
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

TEST(NormalizeAddressTest, AStreetOfNoiseWordsKeepsThem) {
  EXPECT_EQ(NormalizeAddress({{"12 North Court"}, "", "", ""}).street, "12northcourt");
}

TEST(NormalizeAddressTest, NowhereIsMissing) {
  const NormalizedAddress a = NormalizeAddress({{"HOMELESS"}, "Lansing", "MI", "00000"});
  EXPECT_EQ(a.street, "");
  EXPECT_EQ(a.zip5, "");
}

}  // namespace
}  // namespace hie::mpi
