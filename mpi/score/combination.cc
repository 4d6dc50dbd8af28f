#include "mpi/score/combination.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "services/common/base/status_macros.h"

namespace hie::mpi {
namespace {

constexpr absl::string_view kFirstLine = "hie-combinations 1";
constexpr absl::string_view kFuzzyMark = "~";
constexpr size_t kIdBytesMax = 64;
static_assert(kLevelsMax <= 32, "a level is a bit of LevelChoice");

using Words = std::vector<absl::string_view>;

// Levels by Field, for the fields that have a name in every model.
std::array<size_t, kNamedFieldCount> LevelsOf(const Agreement& a) {
  std::array<size_t, kNamedFieldCount> levels{};
  const auto set = [&](Field field, auto level) {
    levels[static_cast<size_t>(field)] = static_cast<size_t>(level);
  };
  set(Field::kFamily, a.family);
  set(Field::kGiven, a.given);
  set(Field::kMiddle, a.middle);
  set(Field::kSuffix, a.suffix);
  set(Field::kBirthDate, a.birth_date);
  set(Field::kSex, a.sex);
  set(Field::kSsn, a.ssn);
  set(Field::kPhone, a.phone);
  set(Field::kEmail, a.email);
  set(Field::kAddress, a.address);
  set(Field::kIdentifier, a.identifier);
  set(Field::kMotherMaiden, a.mother_maiden);
  set(Field::kBirthOrder, a.birth_order);
  return levels;
}

// Names are those of the shipped model: they are the same in every one.
const FieldRow& RowOf(Field field) { return DefaultModel().field(field); }

std::optional<Field> FieldOf(absl::string_view name) {
  for (size_t i = 0; i < kNamedFieldCount; ++i) {
    if (DefaultModel().fields[i].name == name) return static_cast<Field>(i);
  }
  return std::nullopt;
}

// The level's bit; 0 where the field has no such level, or it is the last: "missing".
uint32_t LevelBit(Field field, absl::string_view name) {
  const FieldRow& row = RowOf(field);
  for (size_t i = 0; i + 1 < row.level_count; ++i) {
    if (row.levels[i].name == name) return uint32_t{1} << i;
  }
  return 0;
}

std::string LevelNames(Field field) {
  const FieldRow& row = RowOf(field);
  std::vector<absl::string_view> names;
  for (size_t i = 0; i + 1 < row.level_count; ++i) names.push_back(row.levels[i].name);
  return absl::StrJoin(names, " ");
}

bool IsId(absl::string_view id) {
  return !id.empty() && id.size() <= kIdBytesMax && std::all_of(id.begin(), id.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return absl::ascii_isalnum(byte) || c == '.' || c == '_' || c == '-';
  });
}

// The rest of a line behind its first word.
absl::string_view RestOf(absl::string_view line, absl::string_view word) {
  return absl::StripAsciiWhitespace(absl::StripPrefix(line, word));
}

// Reads the lines of a file one after another.
class RuleReader {
 public:
  absl::Status Take(absl::string_view line, size_t number) {
    number_ = number;
    const Words words = absl::StrSplit(line, ' ', absl::SkipEmpty());
    if (words.empty() || words[0][0] == '#') return absl::OkStatus();
    if (words[0] == "rule") return TakeRule(line, words);
    if (words[0] == "need") return TakeNeed(words);
    if (!rules_.rules.empty()) return Want("rule or need; other words stand before the first rule");
    if (words[0] == "version") return TakeText(RestOf(line, words[0]), rules_.version);
    if (words[0] == "source") return TakeText(RestOf(line, words[0]), rules_.source);
    if (words[0] == "fuzzy_max") return TakeFuzzyMax(words);
    if (words[0] == "forbid") return TakeForbid(words);
    return Want("version, source, fuzzy_max, forbid, rule or need");
  }

  absl::StatusOr<CombinationRules> Finish() {
    if (rules_.version.empty()) return Want("a version line above the first rule");
    if (rules_.source.empty()) return Want("a source line above the first rule");
    if (rules_.rules.empty()) return Want("at least one rule");
    HIE_RETURN_IF_ERROR(CloseRule());
    return std::move(rules_);
  }

 private:
  absl::Status Want(absl::string_view what) const { return WantAt(number_, what); }
  static absl::Status WantAt(size_t number, absl::string_view what) {
    return absl::InvalidArgumentError(absl::StrCat("combinations: line ", number, ": want ", what));
  }

  absl::Status TakeText(absl::string_view text, std::string& target) {
    if (!target.empty()) return Want("each of version and source once");
    if (text.empty()) return Want("a text behind the word");
    target = std::string(text);
    return absl::OkStatus();
  }

  absl::Status TakeFuzzyMax(const Words& words) {
    const bool read = words.size() == 2 && !fuzzy_max_seen_ &&
                      absl::SimpleAtoi(words[1], &rules_.fuzzy_max) &&
                      rules_.fuzzy_max <= kNamedFieldCount;
    fuzzy_max_seen_ = true;
    if (read) return absl::OkStatus();
    return Want(absl::StrCat("fuzzy_max once, with a number up to ", kNamedFieldCount));
  }

  absl::Status TakeForbid(const Words& words) {
    HIE_ASSIGN_OR_RETURN(const LevelChoice choice, ReadChoice(words));
    if (choice.fuzzy != 0) return Want("no mark of approximation in forbid");
    return AddChoice(choice, rules_.forbids);
  }

  absl::Status TakeRule(absl::string_view line, const Words& words) {
    HIE_RETURN_IF_ERROR(CloseRule());
    if (words.size() < 3) return Want("rule, an id and what it says");
    if (!IsId(words[1])) return Want("an id of letters, digits, \".\", \"_\" and \"-\"");
    for (const CombinationRule& rule : rules_.rules) {
      if (rule.id == words[1]) return Want(absl::StrCat("each id once, not ", words[1], " again"));
    }
    const absl::string_view text = RestOf(RestOf(line, words[0]), words[1]);
    rules_.rules.push_back({std::string(words[1]), std::string(text), {}});
    rule_line_ = number_;
    return absl::OkStatus();
  }

  absl::Status TakeNeed(const Words& words) {
    if (rules_.rules.empty()) return Want("a rule before its needs");
    HIE_ASSIGN_OR_RETURN(const LevelChoice choice, ReadChoice(words));
    return AddChoice(choice, rules_.rules.back().needs);
  }

  // The rule above is complete.
  absl::Status CloseRule() const {
    if (rules_.rules.empty() || !rules_.rules.back().needs.empty()) return absl::OkStatus();
    return WantAt(rule_line_, absl::StrCat("at least one need of ", rules_.rules.back().id));
  }

  absl::Status AddChoice(const LevelChoice& choice, std::vector<LevelChoice>& choices) const {
    for (const LevelChoice& other : choices) {
      if (other.field == choice.field) return Want("each field once, with all its levels");
    }
    choices.push_back(choice);
    return absl::OkStatus();
  }

  // FIELD LEVEL..., behind the first word.
  absl::StatusOr<LevelChoice> ReadChoice(const Words& words) const {
    if (words.size() < 3) return Want("a field and at least one of its levels");
    const std::optional<Field> field = FieldOf(words[1]);
    if (!field) return Want("a field of the model");
    LevelChoice choice{*field, 0, 0};
    for (size_t i = 2; i < words.size(); ++i) {
      absl::string_view name = words[i];
      const bool fuzzy = absl::ConsumePrefix(&name, kFuzzyMark);
      const uint32_t bit = LevelBit(*field, name);
      if (bit == 0 || (choice.levels & bit) != 0) {
        return Want(absl::StrCat("levels of ", words[1], ", each once: ", LevelNames(*field)));
      }
      choice.levels |= bit;
      if (fuzzy) choice.fuzzy |= bit;
    }
    return choice;
  }

  CombinationRules rules_;
  size_t number_ = 0;
  size_t rule_line_ = 0;
  bool fuzzy_max_seen_ = false;
};

}  // namespace

CombinationRules NoCombinations() { return {"none", "", 0, {}, {}}; }

absl::StatusOr<CombinationRules> ReadCombinations(absl::string_view text) {
  RuleReader reader;
  size_t number = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    line = absl::StripAsciiWhitespace(line);
    if (++number == 1) {
      if (line == kFirstLine) continue;
      return absl::InvalidArgumentError(
          absl::StrCat("combinations: line 1: want \"", kFirstLine, "\""));
    }
    HIE_RETURN_IF_ERROR(reader.Take(line, number));
  }
  return reader.Finish();
}

std::vector<std::string> FindCombinations(const Agreement& agreement,
                                          const CombinationRules& rules) {
  const auto levels = LevelsOf(agreement);
  const auto bit_of = [&](const LevelChoice& choice) {
    return uint32_t{1} << levels[static_cast<size_t>(choice.field)];
  };
  std::vector<std::string> found;
  for (const LevelChoice& forbid : rules.forbids) {
    if ((bit_of(forbid) & forbid.levels) != 0) return found;
  }
  for (const CombinationRule& rule : rules.rules) {
    uint32_t fuzzy = 0;
    const bool holds =
        std::all_of(rule.needs.begin(), rule.needs.end(), [&](const LevelChoice& need) {
          if ((bit_of(need) & need.fuzzy) != 0) ++fuzzy;
          return (bit_of(need) & need.levels) != 0;
        });
    // A rule of nothing is no evidence; files have none, but rules may be made by hand.
    if (holds && !rule.needs.empty() && fuzzy <= rules.fuzzy_max) found.push_back(rule.id);
  }
  return found;
}

}  // namespace hie::mpi
