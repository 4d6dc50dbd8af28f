#include "mpi/score/model_file.h"

#include <algorithm>
#include <array>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "services/common/base/status_macros.h"
#include "services/common/crypto/hash.h"

namespace hie::mpi {
namespace {

constexpr absl::string_view kFirstLine = "hie-match-model 1\n";
constexpr absl::string_view kHashWord = "sha256 ";
constexpr size_t kHashDigitsOfAName = 12;
constexpr uint32_t kBillion = 1'000'000'000;
constexpr uint64_t kRecordsMax = uint64_t{1} << 40;
constexpr uint32_t kPerRecordMax = 100'000;  // Thousandths: a hundred records of one person.
constexpr Millibits kThresholdMax = 100'000;

// The thresholds by their names in the file.
std::vector<std::pair<absl::string_view, Millibits*>> NamedThresholds(Thresholds& t) {
  return {{"link", &t.link},           {"kin", &t.kin},       {"support", &t.support},
          {"household", &t.household}, {"review", &t.review}, {"merge", &t.merge},
          {"margin", &t.margin},       {"unlink", &t.unlink}};
}

// "family", ..., and "extra0" to "extra7", which bear a name of their own.
std::string FieldKey(size_t field) {
  if (field < kNamedFieldCount) return DefaultModel().fields[field].name;
  return absl::StrCat("extra", field - kNamedFieldCount);
}

void AppendFields(const Model& model, std::string& out) {
  for (size_t i = 0; i < kFieldCount; ++i) {
    const FieldRow& row = model.fields[i];
    if (i >= kNamedFieldCount && !row.name.empty()) {
      absl::StrAppend(&out, "name ", FieldKey(i), " ", row.name, "\n");
    }
    for (size_t l = 0; l + 1 < row.level_count; ++l) {
      const Level& level = row.levels[l];
      absl::StrAppend(&out, "level ", FieldKey(i), " ", level.name, " ", level.m, " ", level.u, " ",
                      level.h, "\n");
    }
  }
}

void AppendFrequencies(const Model& model, std::string& out) {
  for (size_t i = 0; i < kFrequencySlots; ++i) {
    absl::StrAppend(&out, "slot ", i, " ", model.slots[i].mean_chance, " ",
                    model.slots[i].rare_gain_max, "\n");
  }
  if (!model.frequencies) return;
  for (size_t i = 0; i < kFrequencySlots; ++i) {
    absl::StrAppend(&out, "holders ", i, " ", model.frequencies->holders(i), "\n");
  }
  for (const ValueFrequencies::Entry& entry : model.frequencies->entries()) {
    absl::StrAppend(&out, "value ", absl::Hex(entry.key, absl::kZeroPad16), " ", entry.count, "\n");
  }
}

// Reads the lines of a model's body one after another.
class ModelReader {
 public:
  ModelReader() : model_(DefaultModel()) {
    model_.frequencies.reset();
    for (size_t i = kNamedFieldCount; i < kFieldCount; ++i) model_.fields[i].name.clear();
  }

  absl::Status Take(absl::string_view line, size_t number) {
    const std::vector<absl::string_view> words = absl::StrSplit(line, ' ');
    const bool known = TakeNumber(words) || TakeLevel(words) || TakeName(words) ||
                       TakeSlot(words) || TakeValue(words);
    if (known) return absl::OkStatus();
    return absl::InvalidArgumentError(
        absl::StrCat("model: line ", number, ": want a fact of a model with numbers in range"));
  }

  // The facts of one number that every model states.
  absl::Status CheckNumbers() {
    std::vector<std::string> wanted = {"matches_per_record", "household_per_record", "calibrated",
                                       "population"};
    for (const auto& [name, value] : NamedThresholds(model_.thresholds)) {
      wanted.push_back(absl::StrCat("threshold_", name));
    }
    for (const std::string& name : wanted) {
      if (numbers_seen_.count(name) != 0) continue;
      return absl::InvalidArgumentError(absl::StrCat("model: ", name, ": want a line"));
    }
    const Thresholds& t = model_.thresholds;
    if (t.review > t.link || t.link > t.merge || t.kin < t.review || t.margin < 0) {
      return absl::InvalidArgumentError(
          "model: thresholds: want review <= link <= merge, review <= kin, margin >= 0");
    }
    return absl::OkStatus();
  }

  absl::StatusOr<Model> Finish() {
    HIE_RETURN_IF_ERROR(CheckNumbers());
    for (size_t i = 0; i < kFieldCount; ++i) {
      for (size_t l = 0; l + 1 < model_.fields[i].level_count; ++l) {
        if (levels_seen_[i][l]) continue;
        return absl::InvalidArgumentError(absl::StrCat(
            "model: level ", FieldKey(i), " ", model_.fields[i].levels[l].name, ": want a line"));
      }
    }
    if (!values_.empty() || has_holders_) {
      model_.frequencies =
          std::make_shared<ValueFrequencies>(std::move(values_), std::move(holders_));
    }
    SetWeights(model_);
    return std::move(model_);
  }

 private:
  using Words = std::vector<absl::string_view>;

  bool TakeNumber(const Words& words) {
    if (words.size() != 2) return false;
    numbers_seen_.insert(std::string(words[0]));
    if (words[0] == "matches_per_record") {
      return absl::SimpleAtoi(words[1], &model_.matches_per_record) &&
             model_.matches_per_record > 0 && model_.matches_per_record <= kPerRecordMax;
    }
    if (words[0] == "household_per_record") {
      return absl::SimpleAtoi(words[1], &model_.household_per_record) &&
             model_.household_per_record > 0 && model_.household_per_record <= kPerRecordMax;
    }
    if (words[0] == "calibrated") {
      model_.calibrated = words[1] == "1";
      return words[1] == "1" || words[1] == "0";
    }
    if (words[0] == "population") {
      return absl::SimpleAtoi(words[1], &model_.population) && model_.population > 0 &&
             model_.population <= kRecordsMax;
    }
    for (const auto& [name, value] : NamedThresholds(model_.thresholds)) {
      if (words[0] != absl::StrCat("threshold_", name)) continue;
      return absl::SimpleAtoi(words[1], value) && *value >= -kThresholdMax &&
             *value <= kThresholdMax;
    }
    return false;
  }

  bool TakeLevel(const Words& words) {
    if (words.size() != 6 || words[0] != "level") return false;
    for (size_t i = 0; i < kFieldCount; ++i) {
      if (FieldKey(i) != words[1]) continue;
      FieldRow& row = model_.fields[i];
      for (size_t l = 0; l + 1 < row.level_count; ++l) {
        Level& level = row.levels[l];
        if (level.name != words[2] || levels_seen_[i][l]) continue;
        levels_seen_[i][l] = true;
        const bool read = absl::SimpleAtoi(words[3], &level.m) &&
                          absl::SimpleAtoi(words[4], &level.u) &&
                          absl::SimpleAtoi(words[5], &level.h);
        const auto chance = [](uint32_t value) { return value > 0 && value <= kBillion; };
        return read && chance(level.m) && chance(level.u) && chance(level.h);
      }
    }
    return false;
  }

  bool TakeName(const Words& words) {
    if (words.size() < 3 || words[0] != "name" || words[2].empty()) return false;
    for (size_t i = kNamedFieldCount; i < kFieldCount; ++i) {
      if (FieldKey(i) != words[1]) continue;
      model_.fields[i].name = absl::StrJoin(words.begin() + 2, words.end(), " ");
      return true;
    }
    return false;
  }

  bool TakeSlot(const Words& words) {
    size_t slot = 0;
    if (words.size() == 3 && words[0] == "holders") {
      holders_.resize(kFrequencySlots);
      has_holders_ = true;
      return absl::SimpleAtoi(words[1], &slot) && slot < kFrequencySlots &&
             absl::SimpleAtoi(words[2], &holders_[slot]) && holders_[slot] <= kRecordsMax;
    }
    if (words.size() != 4 || words[0] != "slot") return false;
    if (!absl::SimpleAtoi(words[1], &slot) || slot >= kFrequencySlots) return false;
    ValueSlot& facts = model_.slots[slot];
    return absl::SimpleAtoi(words[2], &facts.mean_chance) && facts.mean_chance <= kBillion &&
           absl::SimpleAtoi(words[3], &facts.rare_gain_max) && facts.rare_gain_max >= 0 &&
           facts.rare_gain_max <= kThresholdMax;
  }

  bool TakeValue(const Words& words) {
    if (words.size() != 3 || words[0] != "value") return false;
    ValueFrequencies::Entry entry;
    const bool read = absl::SimpleHexAtoi(words[1], &entry.key) &&
                      absl::SimpleAtoi(words[2], &entry.count) && entry.count > 0;
    if (read) values_.push_back(entry);
    return read;
  }

  Model model_;
  std::array<std::array<bool, kLevelsMax>, kFieldCount> levels_seen_ = {};
  std::vector<ValueFrequencies::Entry> values_;
  std::vector<uint64_t> holders_;
  bool has_holders_ = false;
  std::set<std::string> numbers_seen_;
};

}  // namespace

std::string WriteModel(const Model& model) {
  std::string body = std::string(kFirstLine);
  absl::StrAppend(&body, "matches_per_record ", model.matches_per_record, "\n");
  absl::StrAppend(&body, "household_per_record ", model.household_per_record, "\n");
  absl::StrAppend(&body, "calibrated ", model.calibrated ? 1 : 0, "\n");
  absl::StrAppend(&body, "population ", model.population, "\n");
  Thresholds thresholds = model.thresholds;
  for (const auto& [name, value] : NamedThresholds(thresholds)) {
    absl::StrAppend(&body, "threshold_", name, " ", *value, "\n");
  }
  AppendFields(model, body);
  AppendFrequencies(model, body);
  return absl::StrCat(body, kHashWord, crypto::Sha256Hex(body), "\n");
}

absl::StatusOr<Model> ReadModel(absl::string_view text) {
  const size_t last = text.rfind(kHashWord);
  if (!absl::StartsWith(text, kFirstLine) || last == absl::string_view::npos) {
    return absl::InvalidArgumentError(
        "model: want a file that begins with \"hie-match-model 1\" and ends with its hash");
  }
  const absl::string_view body = text.substr(0, last);
  const std::string hash = crypto::Sha256Hex(body);
  if (absl::StripSuffix(text.substr(last + kHashWord.size()), "\n") != hash) {
    return absl::DataLossError("model: the file is not what was written: its hash differs");
  }
  ModelReader reader;
  size_t number = 0;
  for (const absl::string_view line : absl::StrSplit(body, '\n')) {
    if (++number == 1 || line.empty()) continue;
    HIE_RETURN_IF_ERROR(reader.Take(line, number));
  }
  HIE_ASSIGN_OR_RETURN(Model model, reader.Finish());
  model.name = absl::StrCat("model-", hash.substr(0, kHashDigitsOfAName));
  return model;
}

}  // namespace hie::mpi
