#include "mpi/normalize/full_name.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"
#include "mpi/normalize/name.h"
#include "mpi/normalize/text.h"
#include "mpi/normalize/word_set.h"

namespace hie::mpi {
namespace {

// Ranks that nobody bears as a first name, and those that are names too: "Johnson, Earl".
constexpr WordSet kRanks({"baronet", "bt", "baroness", "viscount", "viscountess", "countess",
                          "duchess", "marquess", "marchioness", "archduke", "archduchess",
                          "esquire", "dowager", "princess", "baron", "empress", "emperor"});
constexpr WordSet kRanksThatAreNames({"earl", "duke", "king", "prince", "marquis", "count",
                                      "bishop", "dean", "queen", "lord", "lady", "pope", "abbot"});
constexpr WordSet kMaidenMarks({"nee", "geb", "geborene", "formerly"});
// Particles that begin a name only as a first name does.
constexpr WordSet kParticlesThatAreNames({"van", "al", "el", "ben", "la",  "lo",  "le",  "do",
                                          "d",   "o",  "e",  "y",   "te",  "the", "of",  "den",
                                          "av",  "af", "op", "ten", "ter", "das", "los", "las"});

// A word as written and as compared.
struct Word {
  absl::string_view text;
  std::string folded;
};

using Words = std::vector<Word>;

Words WordsOf(absl::string_view text) {
  Words words;
  constexpr absl::string_view kBlanks = " \t\r\n\v\f";
  constexpr size_t kUsualWords = 4;
  words.reserve(kUsualWords);
  for (size_t at = text.find_first_not_of(kBlanks); at != absl::string_view::npos;) {
    const size_t end = std::min(text.find_first_of(kBlanks, at), text.size());
    const absl::string_view part = text.substr(at, end - at);
    std::string folded = FoldCompact(part);
    if (!folded.empty()) words.push_back({part, std::move(folded)});
    at = text.find_first_not_of(kBlanks, end);
  }
  return words;
}

bool IsOrdinal(absl::string_view folded) {
  const size_t digits = folded.find_first_not_of("0123456789");
  if (digits == 0 || digits == absl::string_view::npos) return false;
  const absl::string_view end = folded.substr(digits);
  return end == "st" || end == "nd" || end == "rd" || end == "th";
}

bool IsGeneration(const Word& word) {
  return word.folded != "v" && ParseGeneration(word.folded) != Generation::kNone;
}

// "Jr.", "III, MD", "Esq": belongs behind a name.
bool IsSuffixPart(const Words& words) {
  return std::all_of(words.begin(), words.end(), [](const Word& word) {
    return IsTitle(word.folded) || ParseGeneration(word.folded) != Generation::kNone;
  });
}

// "2nd Baronet", "Countess of Pembroke", "the younger": is no name of the person's.
bool IsRankPart(const Words& words) {
  const std::string& first = words.front().folded;
  if (first == "of" || first == "the" || kRanks.Contains(first)) return true;
  if (words.size() == 1) return IsLeadingTitle(first) && first != "major";
  const std::string& second = words[1].folded;
  const bool ranked = kRanks.Contains(second) || kRanksThatAreNames.Contains(second);
  if (IsOrdinal(first)) return true;
  return second == "of" || (ranked && IsLeadingTitle(first));
}

void Drop(Words& words, size_t begin, size_t end) {
  words.erase(words.begin() + static_cast<std::ptrdiff_t>(begin),
              words.begin() + static_cast<std::ptrdiff_t>(end));
}

// Takes titles and generation off both ends; the last word stays.
void TakeOffTitles(Words& words, std::string& suffix) {
  size_t begin = 0;
  while (begin + 1 < words.size() &&
         (IsTitle(words[begin].folded) || IsLeadingTitle(words[begin].folded))) {
    ++begin;
  }
  Drop(words, 0, begin);
  while (words.size() > 1) {
    const Word& last = words.back();
    const bool fifth = last.folded == "v" && words.size() > 2;
    if (IsGeneration(last) || fifth) {
      suffix = std::string(last.text);
    } else if (!IsTitle(last.folded)) {
      return;
    }
    words.pop_back();
  }
}

void DropMaidenName(Words& words) {
  for (size_t i = 1; i < words.size(); ++i) {
    if (kMaidenMarks.Contains(words[i].folded)) return Drop(words, i, words.size());
  }
}

// Where the family name begins in "First Middle Last".
size_t FamilyBegin(const Words& words) {
  const auto particle = [&](size_t i) { return IsFamilyParticle(words[i].folded); };
  if (particle(0) && words.size() > 1 &&
      (particle(1) || !kParticlesThatAreNames.Contains(words[0].folded))) {
    return 0;  // "de la Cruz", "van der Berg"
  }
  size_t begin = words.size() - 1;
  if (begin > 2 && (words[begin - 1].folded == "y" || words[begin - 1].folded == "e")) begin -= 2;
  const auto joins = [&](size_t i) {
    const std::string& word = words[i].folded;
    return particle(i) && word != "ben" && word != "y" && word != "e";
  };
  while (begin > 1 && joins(begin - 1)) --begin;
  return begin;
}

std::string JoinTexts(Words::const_iterator begin, Words::const_iterator end) {
  std::string joined;
  for (; begin != end; ++begin) {
    if (!joined.empty()) joined += ' ';
    joined.append(begin->text.data(), begin->text.size());
  }
  return joined;
}

void AddGiven(Words::const_iterator begin, Words::const_iterator end, HumanName& name) {
  for (; begin != end; ++begin) name.given.emplace_back(begin->text);
}

// "First Middle Last".
void SplitGivenFirst(Words words, HumanName& name) {
  TakeOffTitles(words, name.suffix);
  DropMaidenName(words);
  const auto family = words.begin() + static_cast<std::ptrdiff_t>(FamilyBegin(words));
  AddGiven(words.begin(), family, name);
  name.family = JoinTexts(family, words.end());
}

// "Last" and "First Middle".
void SplitFamilyFirst(Words family, Words given, HumanName& name) {
  TakeOffTitles(family, name.suffix);
  TakeOffTitles(given, name.suffix);
  DropMaidenName(family);
  name.family = JoinTexts(family.begin(), family.end());
  AddGiven(given.begin(), given.end(), name);
}

}  // namespace

HumanName SplitFullName(absl::string_view text) {
  HumanName name;
  std::vector<Words> parts;
  for (const absl::string_view part : absl::StrSplit(text, ',')) {
    Words words = WordsOf(part);
    if (words.empty()) continue;
    if (!parts.empty() && IsSuffixPart(words)) {
      for (const Word& word : words) {
        if (!IsTitle(word.folded)) name.suffix = std::string(word.text);
      }
    } else if (parts.empty() || !IsRankPart(words)) {
      parts.push_back(std::move(words));
    }
  }
  if (parts.empty()) return name;
  if (parts.size() == 1) {
    SplitGivenFirst(std::move(parts[0]), name);
  } else {
    SplitFamilyFirst(std::move(parts[0]), std::move(parts[1]), name);
  }
  return name;
}

}  // namespace hie::mpi
