#include "services/common/member/api_scope.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace hie {
namespace {

TEST(ApiScopeTest, KnowsItsWords) {
  for (const char* scope : {"system/Patient.rs", "system/Patient.cruds", "system/*.r", "ITI-78",
                            "system/DocumentReference.c", "ITI-104"}) {
    EXPECT_TRUE(IsApiScope(scope)) << scope;
  }
  for (const char* scope :
       {"", "system/Patient", "system/Patient.", "system/Patient.sr", "system/Patient.rr",
        "system/Patient.read", "system/Patient.*", "system/patient.r", "system/Nothing.r",
        "system/.r", "system/Patient.rs?_id=1", "user/Patient.rs", "patient/Patient.rs",
        "SYSTEM/Patient.rs", "system/Patient.rs ", "ITI-1", "iti-78", "openid", "system/**.r"}) {
    EXPECT_FALSE(IsApiScope(scope)) << scope;
  }
  EXPECT_TRUE(std::is_sorted(ScopeResources().begin(), ScopeResources().end()));
}

struct Case {
  const char* asked;
  const char* registered;
  const char* granted;
};
void PrintTo(const Case& c, std::ostream* out) { *out << c.asked << " of " << c.registered; }

class IntersectScopesTest : public testing::TestWithParam<Case> {};
INSTANTIATE_TEST_SUITE_P(
    All, IntersectScopesTest,
    testing::Values(Case{"system/Patient.rs", "system/Patient.rs", "system/Patient.rs"},
                    Case{"system/Patient.cruds", "system/Patient.rs", "system/Patient.rs"},
                    Case{"system/Patient.r", "system/Patient.rs", "system/Patient.r"},
                    Case{"system/*.cruds", "system/Patient.rs system/List.r",
                         "system/Patient.rs system/List.r"},
                    Case{"system/Patient.rs", "system/*.r", "system/Patient.r"},
                    Case{"system/*.rs", "system/*.r", "system/*.r"},
                    Case{"system/Patient.u", "system/Patient.rs", ""},
                    Case{"system/List.r", "system/Patient.rs", ""},
                    Case{"ITI-78 ITI-83", "ITI-83", "ITI-83"},
                    Case{"ITI-78", "system/Patient.rs", ""},
                    Case{"system/Patient.rs", "ITI-78", ""},
                    Case{"user/*.rs system/Patient.read", "system/*.cruds", ""},
                    Case{"system/Patient.r system/Patient.r", "system/Patient.r system/*.r",
                         "system/Patient.r"},
                    Case{"made-up", "made-up", ""}));

TEST_P(IntersectScopesTest, GrantsNoMoreThanBoth) {
  const std::vector<std::string> granted = IntersectScopes(
      absl::StrSplit(GetParam().asked, ' '), absl::StrSplit(GetParam().registered, ' '));
  EXPECT_EQ(absl::StrJoin(granted, " "), GetParam().granted);
}

}  // namespace
}  // namespace hie
