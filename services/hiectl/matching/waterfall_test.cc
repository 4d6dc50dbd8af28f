#include "services/hiectl/matching/waterfall.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace hie::ctl::matching {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Waterfall Sample() {
  Waterfall w;
  w.title = "Row 3 against row 9";
  w.prior = -20000;
  w.steps = {{"family", "exact", "1 in 900", 9800},
             {"birth_date", "exact", "", 14100},
             {"ssn", "differs", "", -6100},
             {"middle", "missing", "", 0}};
  w.thresholds = {{"review", 2000}, {"link", 7000}};
  w.verdict = "no";
  return w;
}

// Tells whether every tag is closed by its like and no mark stands bare: enough of XML for what is
// drawn here.
bool IsWellFormed(absl::string_view xml) {
  std::vector<std::string> open;
  while (!xml.empty()) {
    const size_t less = xml.find('<');
    if (xml.substr(0, less).find('>') != absl::string_view::npos) return false;
    for (size_t i = xml.find('&'); i < less; i = xml.find('&', i + 1)) {
      const size_t end = xml.find(';', i);
      if (end == absl::string_view::npos || end - i > 6) return false;
    }
    if (less == absl::string_view::npos) break;
    const size_t greater = xml.find('>', less);
    if (greater == absl::string_view::npos) return false;
    const absl::string_view tag = xml.substr(less + 1, greater - less - 1);
    xml.remove_prefix(greater + 1);
    if (tag.empty() || tag.find('<') != absl::string_view::npos) return false;
    if (tag[0] == '?' || tag.back() == '/') continue;
    if (tag[0] != '/') {
      open.emplace_back(tag.substr(0, tag.find(' ')));
    } else {
      if (open.empty() || open.back() != tag.substr(1)) return false;
      open.pop_back();
    }
  }
  return open.empty();
}

TEST(WaterfallTest, TheTotalIsThePriorAndAllSteps) { EXPECT_EQ(Sample().total(), -2200); }

TEST(WaterfallTest, ThePictureIsWellFormedAndSaysEveryStep) {
  const std::string svg = DrawWaterfall(Sample());
  EXPECT_TRUE(IsWellFormed(svg));
  for (const char* text : {"birth date", "exact · 1 in 900", "+14.1", "-6.1", "-2.2 bits",
                           "review +2.0", "link +7.0", "Row 3 against row 9"}) {
    EXPECT_THAT(svg, HasSubstr(text));
  }
  EXPECT_EQ(svg, DrawWaterfall(Sample()));
}

TEST(WaterfallTest, MarksOfNamesStayText) {
  Waterfall w = Sample();
  w.title = "a <b> & \"c\"";
  w.steps[0].name = "<script>";
  const std::string svg = DrawWaterfall(w);
  EXPECT_TRUE(IsWellFormed(svg));
  EXPECT_THAT(svg, Not(HasSubstr("<script>")));
}

TEST(WaterfallTest, NothingAndExtremesAreDrawn) {
  EXPECT_TRUE(IsWellFormed(DrawWaterfall({})));
  Waterfall w;
  w.prior = -40000;
  w.steps.assign(30, {"extra", "exact", "", 30000});
  EXPECT_TRUE(IsWellFormed(DrawWaterfall(w)));
}

}  // namespace
}  // namespace hie::ctl::matching
