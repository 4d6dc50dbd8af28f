#include "services/hiectl/matching/pair_truth.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

namespace hie::ctl::matching {
namespace {

constexpr std::array<absl::string_view, 10> kLinkWords = {
    "match", "link", "1", "true", "t", "yes", "y", "same", "duplicate", "m"};
constexpr std::array<absl::string_view, 9> kReviewWords = {
    "possible match", "not sure", "review",    "possible",       "possible link",
    "maybe",          "unsure",   "uncertain", "potential match"};
constexpr std::array<absl::string_view, 14> kNoWords = {
    "not a match", "no match", "non-match", "nonmatch",  "0", "false",    "f",
    "no",          "n",        "different", "not match", "u", "distinct", "unmatch"};

template <size_t N>
bool OneOf(absl::string_view word, const std::array<absl::string_view, N>& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

double Share(uint64_t part, uint64_t whole) {
  return whole == 0 ? 1.0 : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

absl::string_view VerdictName(Verdict verdict) {
  constexpr std::array<absl::string_view, kVerdictCount> kNames = {"link", "review", "no"};
  return kNames[static_cast<size_t>(verdict)];
}

std::optional<Verdict> ReadVerdict(absl::string_view value,
                                   const std::vector<std::string>& match_values) {
  const absl::string_view text = absl::StripAsciiWhitespace(value);
  if (text.empty()) return std::nullopt;
  const std::string word = absl::AsciiStrToLower(text);
  if (!match_values.empty()) {
    const bool match =
        std::any_of(match_values.begin(), match_values.end(),
                    [&](const std::string& known) { return absl::EqualsIgnoreCase(known, word); });
    if (match) return Verdict::kLink;
    return OneOf(word, kReviewWords) ? Verdict::kReview : Verdict::kNo;
  }
  if (OneOf(word, kLinkWords)) return Verdict::kLink;
  if (OneOf(word, kReviewWords)) return Verdict::kReview;
  if (OneOf(word, kNoWords)) return Verdict::kNo;
  return std::nullopt;
}

uint64_t PairTable::expected(Verdict verdict) const {
  const auto& row = counts[static_cast<size_t>(verdict)];
  return row[0] + row[1] + row[2];
}

uint64_t PairTable::outcome(Verdict verdict) const {
  const auto column = static_cast<size_t>(verdict);
  return counts[0][column] + counts[1][column] + counts[2][column];
}

uint64_t PairTable::all() const {
  return expected(Verdict::kLink) + expected(Verdict::kReview) + expected(Verdict::kNo);
}

double PairTable::precision() const {
  return Share(of(Verdict::kLink, Verdict::kLink),
               of(Verdict::kLink, Verdict::kLink) + of(Verdict::kNo, Verdict::kLink));
}

double PairTable::recall() const {
  return Share(of(Verdict::kLink, Verdict::kLink), expected(Verdict::kLink));
}

double PairTable::f1() const {
  return Share(2 * of(Verdict::kLink, Verdict::kLink), expected(Verdict::kLink) +
                                                           of(Verdict::kLink, Verdict::kLink) +
                                                           of(Verdict::kNo, Verdict::kLink));
}

double PairTable::accuracy() const {
  return Share(counts[0][0] + counts[1][1] + counts[2][2], all());
}

double PairTable::false_match_share() const {
  const uint64_t no = expected(Verdict::kNo);
  return no == 0 ? 0.0 : Share(of(Verdict::kNo, Verdict::kLink), no);
}

PairTable CountVerdicts(const std::vector<JudgedPair>& pairs) {
  PairTable table;
  for (const JudgedPair& pair : pairs) {
    ++table.counts[static_cast<size_t>(pair.expected)][static_cast<size_t>(pair.outcome)];
  }
  return table;
}

double RecallAtFalseShare(std::vector<JudgedPair> pairs, double false_share) {
  uint64_t matches = 0;
  uint64_t strangers = 0;
  for (const JudgedPair& pair : pairs) {
    matches += pair.expected == Verdict::kLink ? 1 : 0;
    strangers += pair.expected == Verdict::kNo ? 1 : 0;
  }
  pairs.erase(std::remove_if(pairs.begin(), pairs.end(),
                             [](const JudgedPair& pair) { return pair.vetoed; }),
              pairs.end());
  std::sort(pairs.begin(), pairs.end(),
            [](const JudgedPair& a, const JudgedPair& b) { return a.weight > b.weight; });
  const double allowed = false_share * static_cast<double>(strangers);
  uint64_t linked = 0;
  uint64_t wrong = 0;
  uint64_t best = 0;
  for (size_t i = 0; i < pairs.size(); ++i) {
    linked += pairs[i].expected == Verdict::kLink ? 1 : 0;
    wrong += pairs[i].expected == Verdict::kNo ? 1 : 0;
    // A threshold takes all pairs of one weight or none.
    const bool threshold = i + 1 == pairs.size() || pairs[i + 1].weight != pairs[i].weight;
    if (threshold && static_cast<double>(wrong) <= allowed) best = linked;
  }
  return Share(best, matches);
}

}  // namespace hie::ctl::matching
