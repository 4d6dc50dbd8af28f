#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace hie::ctl::matching {

// What is said of a pair, by us or by its truth.
enum class Verdict { kLink, kReview, kNo };
inline constexpr size_t kVerdictCount = 3;

// link, review, no.
absl::string_view VerdictName(Verdict verdict);

// What a truth's value means.  `match_values`: the values that mean link, all others that are not
// known to mean review meaning no; empty: Match, 1, true, link, ... ; Possible Match, Not Sure,
// review, ...; Not a Match, 0, false, no, ....  Nothing: an empty or unknown value.
std::optional<Verdict> ReadVerdict(absl::string_view value,
                                   const std::vector<std::string>& match_values);

// A pair with its truth.
struct JudgedPair {
  Verdict expected = Verdict::kNo;
  Verdict outcome = Verdict::kNo;
  int32_t weight = 0;   // Millibits.
  bool vetoed = false;  // A veto held, so that no weight would have linked it.
};

// How outcomes agree with a truth.
struct PairTable {
  // Pairs by expected verdict and outcome, both in the order of Verdict.
  std::array<std::array<uint64_t, kVerdictCount>, kVerdictCount> counts = {};

  uint64_t of(Verdict expected, Verdict outcome) const {
    return counts[static_cast<size_t>(expected)][static_cast<size_t>(outcome)];
  }
  uint64_t expected(Verdict verdict) const;
  uint64_t outcome(Verdict verdict) const;
  uint64_t all() const;
  // Links that are matches, of the links of pairs that the truth decides: where it says review
  // itself, a link is neither right nor wrong here, and costs accuracy().
  double precision() const;
  double recall() const;  // Matches that are linked.
  double f1() const;
  double accuracy() const;           // Three-way: pairs on the diagonal.
  double false_match_share() const;  // Pairs that are no match and yet linked.
};

PairTable CountVerdicts(const std::vector<JudgedPair>& pairs);

// The recall that is reached where the threshold of the weight is set so low that at most
// `false_share` of the pairs that are no match are linked; pairs with a veto are never linked.
double RecallAtFalseShare(std::vector<JudgedPair> pairs, double false_share);

}  // namespace hie::ctl::matching
