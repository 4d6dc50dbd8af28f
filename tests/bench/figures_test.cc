#include "tests/bench/figures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hie::bench {
namespace {

using ::testing::DoubleEq;
using ::testing::Eq;
using ::testing::HasSubstr;

Load Of(std::vector<double> micros, absl::Duration time, absl::Duration cpu) {
  Load load;
  load.micros = std::move(micros);
  load.time = time;
  load.server_cpu = cpu;
  return load;
}

TEST(FiguresTest, PercentileIsTheNearestRank) {
  const std::vector<double> hundred = [] {
    std::vector<double> values;
    for (int i = 100; i >= 1; --i) values.push_back(i);
    return values;
  }();
  EXPECT_THAT(Percentile(hundred, 0.50), DoubleEq(50));
  EXPECT_THAT(Percentile(hundred, 0.99), DoubleEq(99));
  EXPECT_THAT(Percentile(hundred, 1.0), DoubleEq(100));
  EXPECT_THAT(Percentile(hundred, 0.0), DoubleEq(1));
  EXPECT_THAT(Percentile({7}, 0.99), DoubleEq(7));
  EXPECT_THAT(Percentile({}, 0.5), DoubleEq(0));
}

TEST(FiguresTest, LoadKnowsItsRateAndWhatACallCosts) {
  const Load load = Of({10, 20, 30, 40}, absl::Seconds(2), absl::Microseconds(100));
  EXPECT_THAT(load.per_second(), DoubleEq(2));
  EXPECT_THAT(load.server_micros(), DoubleEq(25));
  EXPECT_THAT(Load().per_second(), DoubleEq(0));
  EXPECT_THAT(Load().server_micros(), DoubleEq(0));
}

TEST(FiguresTest, RatioIsTakenWithinARoundSoThatADisturbanceCancels) {
  const Rounds base = {Of({10}, absl::Seconds(1), absl::ZeroDuration()),
                       Of({100}, absl::Seconds(1), absl::ZeroDuration()),
                       Of({10}, absl::Seconds(1), absl::ZeroDuration())};
  const Rounds measured = {Of({20}, absl::Seconds(1), absl::ZeroDuration()),
                           Of({200}, absl::Seconds(1), absl::ZeroDuration()),
                           Of({20}, absl::Seconds(1), absl::ZeroDuration())};
  EXPECT_THAT(MedianRatio(measured, base, &Load::p50), DoubleEq(2));
  EXPECT_THAT(MedianRatio(measured, {}, &Load::p50), DoubleEq(0));
  EXPECT_THAT(MedianOf(measured, &Load::p50), DoubleEq(20));
  EXPECT_THAT(Pooled(measured).size(), Eq(3u));
}

TEST(FiguresTest, NumbersShowThreeFigures) {
  EXPECT_THAT(Digits(0.126), Eq("0.13"));
  EXPECT_THAT(Digits(12.34), Eq("12.3"));
  EXPECT_THAT(Digits(999.6), Eq("1,000"));
  EXPECT_THAT(Digits(1234567), Eq("1,234,567"));
}

TEST(FiguresTest, ReportIsAMarkdownTable) {
  const Report report = {"Title", {"a", "b"}, {{"1", "2"}}, {"A note."}};
  const std::string text = ToMarkdown(report);
  EXPECT_THAT(text, HasSubstr("### Title\n\n| a | b |\n| --- | --- |\n| 1 | 2 |\n"));
  EXPECT_THAT(text, HasSubstr("\nA note.\n"));
}

}  // namespace
}  // namespace hie::bench
