#pragma once

#include <string>
#include <vector>

#include "absl/time/time.h"

namespace hie::bench {

// Returns the value below which `share` (0..1) of `values` lie, nearest rank; 0 of none.
double Percentile(std::vector<double> values, double share);

// Returns the middle one; 0 of none.
double Median(std::vector<double> values);

// What a load came to.
struct Load {
  std::vector<double> micros;  // Latency of each call that ended well.
  size_t failures = 0;
  absl::Duration time;        // From the first call's start to the last one's end.
  absl::Duration server_cpu;  // That the server's process used meanwhile.

  double p50() const { return Percentile(micros, 0.50); }
  double p99() const { return Percentile(micros, 0.99); }
  double per_second() const;
  // Microseconds of the server's CPU for one call.
  double server_micros() const;
};

// Loads of one candidate, one per round.
using Rounds = std::vector<Load>;

// Returns the median over the rounds of `figure`.
double MedianOf(const Rounds& rounds, double (Load::*figure)() const);

// Returns the median over the rounds of `figure` of `a` divided by that of `b` in the same round:
// what disturbs the machine disturbs both.
double MedianRatio(const Rounds& a, const Rounds& b, double (Load::*figure)() const);

// Returns all latencies as one.
std::vector<double> Pooled(const Rounds& rounds);

size_t Calls(const Rounds& rounds);
size_t Failures(const Rounds& rounds);

// A table for people, in Markdown.
struct Report {
  std::string title;
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;
  std::vector<std::string> notes;  // Below the table, a paragraph each.
};

std::string ToMarkdown(const Report& report);

// "123", "12.3", "1.23": three figures that count; "1,234,567" above.
std::string Digits(double value);

}  // namespace hie::bench
