#include "tests/bench/figures.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

namespace hie::bench {
namespace {

std::string Row(const std::vector<std::string>& cells) {
  return absl::StrCat("| ", absl::StrJoin(cells, " | "), " |\n");
}

std::string WithCommas(int64_t value) {
  const std::string digits = absl::StrCat(value);
  std::string text;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text.push_back(',');
    text.push_back(digits[i]);
  }
  return text;
}

}  // namespace

double Percentile(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  const auto rank = static_cast<size_t>(std::ceil(share * static_cast<double>(values.size())));
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(std::max<size_t>(rank, 1) - 1);
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

double Median(std::vector<double> values) { return Percentile(std::move(values), 0.5); }

double Load::per_second() const {
  return time <= absl::ZeroDuration()
             ? 0
             : static_cast<double>(micros.size()) / absl::ToDoubleSeconds(time);
}

double Load::server_micros() const {
  return micros.empty()
             ? 0
             : absl::ToDoubleMicroseconds(server_cpu) / static_cast<double>(micros.size());
}

double MedianOf(const Rounds& rounds, double (Load::*figure)() const) {
  std::vector<double> values;
  for (const Load& load : rounds) values.push_back((load.*figure)());
  return Median(std::move(values));
}

double MedianRatio(const Rounds& a, const Rounds& b, double (Load::*figure)() const) {
  std::vector<double> ratios;
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    const double base = (b[i].*figure)();
    if (base > 0) ratios.push_back((a[i].*figure)() / base);
  }
  return Median(std::move(ratios));
}

std::vector<double> Pooled(const Rounds& rounds) {
  std::vector<double> all;
  for (const Load& load : rounds) all.insert(all.end(), load.micros.begin(), load.micros.end());
  return all;
}

size_t Calls(const Rounds& rounds) {
  size_t calls = 0;
  for (const Load& load : rounds) calls += load.micros.size();
  return calls;
}

size_t Failures(const Rounds& rounds) {
  size_t failures = 0;
  for (const Load& load : rounds) failures += load.failures;
  return failures;
}

std::string ToMarkdown(const Report& report) {
  std::string text = absl::StrCat("### ", report.title, "\n\n", Row(report.columns));
  absl::StrAppend(&text, Row(std::vector<std::string>(report.columns.size(), "---")));
  for (const std::vector<std::string>& row : report.rows) absl::StrAppend(&text, Row(row));
  for (const std::string& note : report.notes) absl::StrAppend(&text, "\n", note, "\n");
  return text;
}

std::string Digits(double value) {
  if (value >= 100) return WithCommas(std::llround(value));
  if (value >= 10) return absl::StrFormat("%.1f", value);
  return absl::StrFormat("%.2f", value);
}

}  // namespace hie::bench
