#include "mpi/store/task_rank.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>

namespace hie::mpi {
namespace {

v1::TaskRow Task(Millibits weight, uint32_t exposed, int64_t opened_micros) {
  v1::TaskRow task;
  task.set_kind(v1::TASK_KIND_POSSIBLE_LINK);
  task.set_weight_millibits(weight);
  task.set_records_exposed(exposed);
  task.set_opened_micros(opened_micros);
  return task;
}

TEST(TaskRankTest, TheChanceIsThatOfTheOdds) {
  for (Millibits weight = -40'000; weight <= 40'000; weight += 37) {
    const double odds = std::exp2(weight / 1000.0);
    const double expected = 1000 * std::log2(odds / (1 + odds));
    const Millibits got = LogChanceWrong(v1::TASK_KIND_POSSIBLE_LINK, weight);
    ASSERT_LE(std::abs(got - expected), 25) << weight;
    ASSERT_LE(got, 0) << weight;
  }
}

TEST(TaskRankTest, TheChanceRisesWithTheWeight) {
  Millibits last = LogChanceWrong(v1::TASK_KIND_POSSIBLE_LINK, -40'000);
  for (Millibits weight = -39'999; weight <= 40'000; weight += 13) {
    const Millibits next = LogChanceWrong(v1::TASK_KIND_POSSIBLE_LINK, weight);
    ASSERT_GE(next, last) << weight;
    last = next;
  }
}

TEST(TaskRankTest, DemandComesFirstThenWorthThenAge) {
  constexpr int64_t kWeek = int64_t{7} * 24 * 3600 * 1'000'000;
  v1::TaskRow demanded = Task(-9'000, 2, kWeek);
  demanded.set_demand_micros(kWeek);
  v1::TaskRow demanded_later = demanded;
  demanded_later.set_demand_micros(kWeek + 1);
  const v1::TaskRow likely = Task(6'000, 2, kWeek);
  const v1::TaskRow exposed = Task(6'000, 8, kWeek);
  const v1::TaskRow unlikely = Task(-3'000, 2, kWeek);
  const std::vector<std::string> in_order = {
      TaskOrderKey(9, demanded_later), TaskOrderKey(8, demanded), TaskOrderKey(7, exposed),
      TaskOrderKey(5, likely),         TaskOrderKey(6, likely),   TaskOrderKey(1, unlikely)};
  for (size_t i = 1; i < in_order.size(); ++i) EXPECT_LT(in_order[i - 1], in_order[i]) << i;
}

TEST(TaskRankTest, AWeekIsWorthABit) {
  constexpr int64_t kWeek = int64_t{7} * 24 * 3600 * 1'000'000;
  EXPECT_EQ(RankOf(Task(0, 2, 5 * kWeek)) - RankOf(Task(0, 2, 4 * kWeek)), 1'000);
  EXPECT_EQ(RankOf(Task(0, 4, kWeek)) - RankOf(Task(0, 2, kWeek)), 1'000);
}

TEST(TaskRankTest, ATaskIsDueOneBusinessDayLater) {
  const struct {
    const char* opened;
    const char* due;
  } cases[] = {
      {"2026-03-02T09:30:00+00:00", "2026-03-03T09:30:00+00:00"},  // Monday.
      {"2026-03-05T23:59:59+00:00", "2026-03-06T23:59:59+00:00"},  // Thursday.
      {"2026-03-06T15:00:00+00:00", "2026-03-09T15:00:00+00:00"},  // Friday: Monday.
      {"2026-03-07T10:00:00+00:00", "2026-03-10T00:00:00+00:00"},  // Saturday: counts from Monday.
      {"2026-03-08T23:00:00+00:00", "2026-03-10T00:00:00+00:00"},  // Sunday.
  };
  for (const auto& c : cases) {
    absl::Time opened;
    ASSERT_TRUE(absl::ParseTime(absl::RFC3339_full, c.opened, &opened, nullptr));
    EXPECT_EQ(absl::FormatTime(absl::RFC3339_full, DueTime(opened), absl::UTCTimeZone()), c.due);
  }
}

TEST(TaskRankTest, OneTaskInTwentyIsReadTwice) {
  int twice = 0;
  for (uint64_t task = 1; task <= 20'000; ++task) twice += IsReadTwice(task);
  EXPECT_NEAR(twice, 1'000, 150);
}

TEST(TaskRankTest, TheShareOfADayGrowsWithTheIndex) {
  EXPECT_EQ(DailyShare(0), 100u);
  EXPECT_EQ(DailyShare(1'000'000), 100u);
  EXPECT_EQ(DailyShare(1'000'001), 200u);
  EXPECT_EQ(DailyShare(10'000'000), 1'000u);
}

}  // namespace
}  // namespace hie::mpi
