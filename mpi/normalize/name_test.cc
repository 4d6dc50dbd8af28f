#include "mpi/normalize/name.h"

#include <gtest/gtest.h>

#include "mpi/normalize/nicknames.h"

namespace hie::mpi {
namespace {

HumanName Name(std::string family, std::vector<std::string> given, std::string suffix = "") {
  return {"official", std::move(family), std::move(given), std::move(suffix)};
}

TEST(NormalizeNameTest, KeepsSuffixApartWhereverItStands) {
  EXPECT_EQ(NormalizeName(Name("Hill", {"Sam"}, "Jr.")).generation, Generation::kJunior);
  EXPECT_EQ(NormalizeName(Name("Hill SR", {"Sam"})).generation, Generation::kSenior);
  EXPECT_EQ(NormalizeName(Name("Hill", {"Sam III"})).generation, Generation::kThird);
  EXPECT_EQ(NormalizeName(Name("Hill Jr", {"Sam"})).family, std::vector<std::string>{"hill"});
}

TEST(NormalizeNameTest, NewbornPlaceholdersAreMissing) {
  for (const char* given :
       {"BABY BOY", "BabyGirl", "Twin A", "BOY B", "Newborn", "Infant Female", "BB", "Baby"}) {
    const NormalizedName name = NormalizeName(Name("Hill", {given}));
    EXPECT_TRUE(name.newborn) << given;
    EXPECT_EQ(name.first, "") << given;
  }
  EXPECT_FALSE(NormalizeName(Name("Hill", {"Barry"})).newborn);
  EXPECT_FALSE(NormalizeName(Name("Hill", {})).newborn);
}

TEST(NormalizeNameTest, NonValuesAreMissing) {
  const NormalizedName name = NormalizeName(Name("DOE", {"Unknown"}));
  EXPECT_TRUE(name.family.empty());
  EXPECT_EQ(name.first, "");
}

TEST(NormalizeNameTest, SplitsGivenNamesAndHyphens) {
  const NormalizedName name = NormalizeName(Name("Smith-Jones", {"Mary Ann", "Q."}));
  EXPECT_EQ(name.family, (std::vector<std::string>{"smith", "jones"}));
  EXPECT_EQ(name.first, "mary");
  EXPECT_EQ(name.middle, (std::vector<std::string>{"ann", "q"}));
}

TEST(NicknamesTest, GroupsAreSymmetricAndKeepOthersApart) {
  EXPECT_TRUE(ShareNicknameGroup("bill", "william"));
  EXPECT_TRUE(ShareNicknameGroup("william", "bill"));
  EXPECT_TRUE(ShareNicknameGroup("alex", "alexandra"));
  EXPECT_FALSE(ShareNicknameGroup("alexander", "alexandra"));
  EXPECT_FALSE(ShareNicknameGroup("ill", "william"));
  EXPECT_FALSE(ShareNicknameGroup("", "william"));
  EXPECT_EQ(NicknameRoot("bill"), "william");
  EXPECT_EQ(NicknameRoot("fyodor"), "fyodor");
  EXPECT_TRUE(IsCommonGivenName("mia"));
  EXPECT_FALSE(IsCommonGivenName("fyodor"));
  EXPECT_TRUE(IsCommonFamilyName("smith"));
  EXPECT_FALSE(IsCommonFamilyName("larssen"));
}

}  // namespace
}  // namespace hie::mpi
