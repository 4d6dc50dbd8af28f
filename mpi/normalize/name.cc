#include "mpi/normalize/name.h"

#include <algorithm>
#include <utility>

#include "mpi/normalize/non_values.h"
#include "mpi/normalize/text.h"
#include "mpi/normalize/word_set.h"

namespace hie::mpi {
namespace {

constexpr WordSet kTitles({"mr",   "mrs",    "ms",      "miss",   "mx",     "dr",
                           "md",   "phd",    "rn",      "prof",   "esq",    "dds",
                           "dmd",  "dvm",    "lpn",     "cpa",    "srta",   "mme",
                           "mlle", "messrs", "esquire", "mister", "doctor", "professor"});

constexpr WordSet kLeadingTitles({"sir",       "lady",  "lord",    "dame", "hon",     "rev",
                                  "reverend",  "capt",  "captain", "col",  "colonel", "maj",
                                  "major",     "gen",   "sgt",     "lt",   "lieut",   "cpl",
                                  "pvt",       "cmdr",  "adm",     "fr",   "sra",     "honourable",
                                  "honorable", "right", "very"});

constexpr WordSet kParticles({"de",    "la",     "las",    "le",    "les", "lo",   "los",   "del",
                              "della", "delle",  "di",     "da",    "das", "do",   "dos",   "du",
                              "des",   "d",      "van",    "von",   "vom", "zu",   "zum",   "zur",
                              "der",   "den",    "ter",    "ten",   "te",  "op",   "af",    "av",
                              "al",    "el",     "ul",     "bin",   "ibn", "ben",  "bint",  "binti",
                              "y",     "e",      "o",      "of",    "the", "dela", "delos", "delas",
                              "vande", "vanden", "vander", "vonder"});

// Beginnings of what stands for a name in more than one word: "No name", "Last name".
constexpr WordSet kPhraseBeginnings({"no", "not", "last", "first", "none", "family", "test"});

// Reads a folded token.
Generation GenerationOf(absl::string_view token) {
  if (token.empty() || token.size() > 6) return Generation::kNone;
  if (token == "jr" || token == "junior" || token == "jnr") return Generation::kJunior;
  if (token == "sr" || token == "senior" || token == "snr") return Generation::kSenior;
  if (token == "ii" || token == "2nd") return Generation::kSecond;
  if (token == "iii" || token == "3rd") return Generation::kThird;
  if (token == "iv" || token == "4th") return Generation::kFourth;
  return token == "5th" ? Generation::kFifth : Generation::kNone;
}

// Takes titles and the generation out.  The first token that is no title is a name, whatever else
// it may mean.
Generation TakeGeneration(std::vector<std::string>& tokens) {
  Generation found = Generation::kNone;
  size_t kept = 0;
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (IsTitle(tokens[i])) continue;
    const Generation generation = GenerationOf(tokens[i]);
    if (generation != Generation::kNone && kept > 0) {
      found = generation;
      continue;
    }
    if (kept != i) tokens[kept] = std::move(tokens[i]);
    ++kept;
  }
  tokens.resize(kept);
  return found;
}

void DropLeadingTitles(std::vector<std::string>& given) {
  size_t titles = 0;
  while (titles + 1 < given.size() && IsLeadingTitle(given[titles])) ++titles;
  given.erase(given.begin(), given.begin() + static_cast<std::ptrdiff_t>(titles));
}

std::string Join(const std::vector<std::string>& tokens) {
  std::string joined;
  for (const std::string& token : tokens) joined += token;
  return joined;
}

void DropNonValues(std::vector<std::string>& tokens) {
  constexpr size_t kPhraseTokensMax = 3;
  if (tokens.size() > 1 && tokens.size() <= kPhraseTokensMax &&
      kPhraseBeginnings.Contains(tokens.front()) && IsNameNonValue(Join(tokens))) {
    tokens.clear();
    return;
  }
  std::erase_if(tokens, [](const std::string& token) { return IsNameNonValue(token); });
}

std::vector<std::string> GivenTokens(const HumanName& name) {
  std::vector<std::string> tokens;
  for (const std::string& given : name.given) AppendFoldedTokens(given, tokens);
  return tokens;
}

// "BABY BOY SMITH" of the Smiths: the family name says nothing of the first.
bool IsNewborn(const std::vector<std::string>& given, const std::vector<std::string>& family) {
  if (given.empty()) return false;
  if (IsNewbornPlaceholder(given)) return true;
  if (given.size() < 2 || std::find(family.begin(), family.end(), given.back()) == family.end()) {
    return false;
  }
  return IsNewbornPlaceholder({given.begin(), given.end() - 1});
}

}  // namespace

bool IsTitle(absl::string_view folded) { return kTitles.Contains(folded); }

bool IsLeadingTitle(absl::string_view folded) { return kLeadingTitles.Contains(folded); }

bool IsFamilyParticle(absl::string_view folded) { return kParticles.Contains(folded); }

Generation ParseGeneration(absl::string_view text) {
  if (text.empty()) return Generation::kNone;
  const auto suffix = [](const std::string& word) {
    if (word == "v") return Generation::kFifth;
    return word == "jun" ? Generation::kJunior : GenerationOf(word);
  };
  const std::vector<std::string> tokens = FoldTokens(text);
  const Generation whole = suffix(Join(tokens));  // "J. R."
  if (whole != Generation::kNone || tokens.size() < 2) return whole;
  const bool beside_titles = std::all_of(tokens.begin() + 1, tokens.end(), IsTitle);
  return beside_titles ? suffix(tokens.front()) : Generation::kNone;
}

NormalizedName NormalizeName(const HumanName& name) {
  NormalizedName result;
  AppendFoldedTokens(name.family, result.family);
  std::vector<std::string> given = GivenTokens(name);
  result.unknown = IsUnknownPatientName(result.family, given);
  Generation in_family = TakeGeneration(result.family);
  if (result.family.size() > 1 && result.family.back() == "v") {
    result.family.pop_back();
    in_family = Generation::kFifth;
  }
  result.generation = ParseGeneration(name.suffix);
  if (result.generation == Generation::kNone) result.generation = in_family;
  result.newborn = IsNewborn(given, result.family);
  if (result.newborn) given.clear();
  const Generation in_given = TakeGeneration(given);
  if (result.generation == Generation::kNone) result.generation = in_given;
  DropLeadingTitles(given);
  DropNonValues(result.family);
  DropNonValues(given);
  if (given.empty()) return result;
  result.first = std::move(given.front());
  given.erase(given.begin());
  result.middle = std::move(given);
  return result;
}

std::string JoinedFamily(const NormalizedName& name) { return Join(name.family); }

std::vector<std::string> FamilyCore(const NormalizedName& name) {
  std::vector<std::string> core;
  for (const std::string& token : name.family) {
    if (!IsFamilyParticle(token)) core.push_back(token);
  }
  return core.empty() ? name.family : core;
}

}  // namespace hie::mpi
