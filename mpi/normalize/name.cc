#include "mpi/normalize/name.h"

#include <algorithm>
#include <array>

#include "absl/strings/str_join.h"
#include "mpi/normalize/non_values.h"
#include "mpi/normalize/text.h"

namespace hie::mpi {
namespace {

constexpr std::array<absl::string_view, 9> kTitles = {"mr", "mrs", "ms", "miss", "dr",
                                                      "md", "phd", "rn", "prof"};

bool IsTitle(absl::string_view token) {
  return std::find(kTitles.begin(), kTitles.end(), token) != kTitles.end();
}

// Removes titles, and generation suffixes from the second token on, which it returns.
Generation TakeGeneration(std::vector<std::string>& tokens) {
  Generation found = Generation::kNone;
  std::vector<std::string> kept;
  for (std::string& token : tokens) {
    if (IsTitle(token)) continue;
    const Generation generation = ParseGeneration(token);
    if (generation != Generation::kNone && !kept.empty()) {
      found = generation;
    } else {
      kept.push_back(std::move(token));
    }
  }
  tokens = std::move(kept);
  return found;
}

void DropNonValues(std::vector<std::string>& tokens) {
  tokens.erase(std::remove_if(tokens.begin(), tokens.end(),
                              [](const std::string& token) { return IsNameNonValue(token); }),
               tokens.end());
}

std::vector<std::string> GivenTokens(const HumanName& name) {
  return FoldTokens(absl::StrJoin(name.given, " "));
}

}  // namespace

Generation ParseGeneration(absl::string_view text) {
  const std::string folded = FoldCompact(text);
  if (folded == "jr" || folded == "junior") return Generation::kJunior;
  if (folded == "sr" || folded == "senior") return Generation::kSenior;
  if (folded == "ii" || folded == "2nd") return Generation::kSecond;
  if (folded == "iii" || folded == "3rd") return Generation::kThird;
  if (folded == "iv" || folded == "4th") return Generation::kFourth;
  return Generation::kNone;
}

NormalizedName NormalizeName(const HumanName& name) {
  NormalizedName result;
  result.family = FoldTokens(name.family);
  std::vector<std::string> given = GivenTokens(name);
  result.unknown = IsUnknownPatientName(result.family, given);
  const Generation in_family = TakeGeneration(result.family);
  result.generation = ParseGeneration(name.suffix);
  if (result.generation == Generation::kNone) result.generation = in_family;
  result.newborn = IsNewbornPlaceholder(given);
  if (result.newborn) given.clear();
  const Generation in_given = TakeGeneration(given);
  if (result.generation == Generation::kNone) result.generation = in_given;
  DropNonValues(result.family);
  DropNonValues(given);
  if (given.empty()) return result;
  result.first = given.front();
  result.middle.assign(given.begin() + 1, given.end());
  return result;
}

std::string JoinedFamily(const NormalizedName& name) { return absl::StrJoin(name.family, ""); }

}  // namespace hie::mpi
