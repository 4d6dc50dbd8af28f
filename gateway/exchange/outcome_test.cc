#include "gateway/exchange/outcome.h"

#include <gtest/gtest.h>

namespace hie::exchange {
namespace {

TEST(JudgeCompletenessTest, SaysCompleteOrNoneOnlyWhereNothingCanBeMissing) {
  struct Case {
    Coverage coverage;
    Completeness want;
  };
  const Case cases[] = {
      {{.expected = 0}, Completeness::kNoKnownSource},
      {{.expected = 0, .index_entries = 1}, Completeness::kIndexOnly},
      {{.expected = 0, .sources_moved = true}, Completeness::kPartial},
      {{.expected = 2, .answered = 2}, Completeness::kCompleteAsPermitted},
      {{.expected = 2, .answered = 2, .sources_moved = true}, Completeness::kPartial},
      {{.expected = 2, .answered = 1, .items = 1}, Completeness::kPartial},
      {{.expected = 2, .answered = 0, .index_entries = 1}, Completeness::kIndexOnly},
      {{.expected = 2, .answered = 0}, Completeness::kPartial},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(JudgeCompleteness(c.coverage), c.want)
        << c.coverage.expected << " expected, " << c.coverage.answered << " answered, moved "
        << c.coverage.sources_moved;
  }
}

}  // namespace
}  // namespace hie::exchange
