#include "mpi/normalize/nicknames.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"

namespace hie::mpi {
namespace {

// The groups of each name of the table, as the table has them.
std::map<std::string, std::set<int>> PlainGroups() {
  std::map<std::string, std::set<int>> groups;
  int number = 0;
  for (const absl::string_view group : NicknameTable()) {
    ++number;
    for (const absl::string_view name : absl::StrSplit(group, ' ')) {
      groups[std::string(name)].insert(number);
    }
  }
  return groups;
}

TEST(NicknameTableTest, FitsItsNumbers) {
  EXPECT_LE(NicknameTable().size(), 255u);
  std::set<absl::string_view> roots;
  for (const absl::string_view group : NicknameTable()) {
    EXPECT_TRUE(roots.insert(group.substr(0, group.find(' '))).second) << group;
  }
  for (const auto& [name, groups] : PlainGroups()) {
    EXPECT_LE(groups.size(), kNicknameGroupsMax) << name;
    EXPECT_FALSE(name.empty());
    EXPECT_EQ(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz"), std::string::npos) << name;
  }
}

TEST(NicknameGroupsTest, AreThoseOfTheTable) {
  for (const auto& [name, groups] : PlainGroups()) {
    std::set<int> numbers;
    for (const uint8_t group : NicknameGroups(name)) {
      if (group != 0) numbers.insert(group);
    }
    EXPECT_EQ(numbers, groups) << name;
  }
  EXPECT_EQ(NicknameGroups("larssen"), (std::array<uint8_t, 4>{}));
  EXPECT_EQ(NicknameGroups(""), (std::array<uint8_t, 4>{}));
  EXPECT_EQ(NicknameGroups(std::string(10'000, 'a')), (std::array<uint8_t, 4>{}));
}

TEST(ShareNicknameGroupTest, EqualsTheTableForAllPairs) {
  const auto groups = PlainGroups();
  for (const auto& [a, of_a] : groups) {
    for (const auto& [b, of_b] : groups) {
      std::vector<int> common;
      std::set_intersection(of_a.begin(), of_a.end(), of_b.begin(), of_b.end(),
                            std::back_inserter(common));
      ASSERT_EQ(ShareNicknameGroup(a, b), a == b || !common.empty()) << a << " " << b;
    }
  }
}

TEST(NicknamesTest, GroupsAreSymmetricAndKeepOthersApart) {
  EXPECT_TRUE(ShareNicknameGroup("bill", "william"));
  EXPECT_TRUE(ShareNicknameGroup("william", "bill"));
  EXPECT_TRUE(ShareNicknameGroup("alex", "alexandra"));
  EXPECT_FALSE(ShareNicknameGroup("alexander", "alexandra"));
  EXPECT_FALSE(ShareNicknameGroup("ill", "william"));
  EXPECT_FALSE(ShareNicknameGroup("", "william"));
  EXPECT_TRUE(IsCommonGivenName("mia"));
  EXPECT_FALSE(IsCommonGivenName("fyodor"));
  EXPECT_TRUE(IsCommonFamilyName("smith"));
  EXPECT_FALSE(IsCommonFamilyName("larssen"));
  EXPECT_FALSE(IsCommonFamilyName(""));
}

TEST(NicknamesTest, OldRegistersAndTransliterationsAreKnown) {
  const struct {
    const char* a;
    const char* b;
  } cases[] = {{"elisabeth", "elizabeth"},
               {"muhammad", "mohamed"},
               {"mohammed", "mohd"},
               {"catherine", "kathryn"},
               {"wm", "william"},
               {"thos", "thomas"},
               {"jno", "john"},
               {"chas", "charles"},
               {"geo", "george"},
               {"jas", "james"},
               {"saml", "samuel"},
               {"robt", "robert"},
               {"johann", "johannes"},
               {"heinrich", "henry"},
               {"guillermo", "william"},
               {"polly", "mary"},
               {"peggy", "margaret"},
               {"xpher", "christopher"},
               {"yusuf", "joseph"},
               {"sukey", "susannah"}};
  for (const auto& c : cases) EXPECT_TRUE(ShareNicknameGroup(c.a, c.b)) << c.a;
}

TEST(NicknameRootTest, IsTheNameItselfWhereItHeadsAGroup) {
  EXPECT_EQ(NicknameRoot("bill"), "william");
  EXPECT_EQ(NicknameRoot("fyodor"), "fyodor");
  for (const absl::string_view group : NicknameTable()) {
    const absl::string_view root = group.substr(0, group.find(' '));
    EXPECT_EQ(NicknameRoot(root), root);
  }
}

}  // namespace
}  // namespace hie::mpi
