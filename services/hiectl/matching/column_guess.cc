#include "services/hiectl/matching/column_guess.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "mpi/normalize/text.h"
#include "services/hiectl/matching/cell_text.h"
#include "services/hiectl/matching/column_file.h"
#include "services/hiectl/matching/column_synonyms.h"

namespace hie::ctl::matching {
namespace {

constexpr size_t kSampleRows = 1000;

std::string Quoted(absl::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') quoted += '\\';
    if (byte < 0x20 || c == 0x7f) {
      absl::StrAppend(&quoted, "\\u00", absl::Hex(byte, absl::kZeroPad2));
    } else {
      quoted += c;
    }
  }
  return quoted + "\"";
}

// Names in one line of a comment; columns without a name are left out.
std::string Listed(const std::vector<std::string>& names) {
  std::vector<std::string> shown;
  for (const std::string& name : names) {
    std::string text;
    for (const char c : name) text += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
    if (!text.empty()) shown.push_back(std::move(text));
  }
  return absl::StrJoin(shown, ", ");
}

std::string Value(const std::vector<std::string>& columns) {
  std::vector<std::string> quoted;
  for (const std::string& column : columns) quoted.push_back(Quoted(column));
  return quoted.size() == 1 ? quoted[0] : absl::StrCat("[", absl::StrJoin(quoted, ", "), "]");
}

// How the two sides of pairs are told apart; both empty: no pairs.
struct Affixes {
  std::string left, right;

  bool pairs() const { return !left.empty(); }
  // The name without the left side's affix; empty: of the right side, or of neither.
  absl::string_view Base(absl::string_view name) const {
    if (!pairs()) return name;
    const bool cut = absl::StartsWith(left, "_") ? absl::ConsumeSuffix(&name, left)
                                                 : absl::ConsumePrefix(&name, left);
    return cut ? name : absl::string_view();
  }
};

Affixes FindAffixes(const std::vector<std::string>& header) {
  const std::pair<const char*, const char*> known[] = {
      {"a_", "b_"}, {"left_", "right_"}, {"l_", "r_"}, {"1_", "2_"},
      {"_l", "_r"}, {"_a", "_b"},        {"_1", "_2"}, {"_x", "_y"}};
  constexpr size_t kPairedMin = 3;
  for (const auto& [left, right] : known) {
    const Affixes affixes{left, right};
    size_t paired = 0;
    for (const std::string& name : header) {
      const absl::string_view base = affixes.Base(name);
      if (base.empty()) continue;
      const std::string other =
          absl::StartsWith(right, "_") ? absl::StrCat(base, right) : absl::StrCat(right, base);
      paired += std::count(header.begin(), header.end(), other) > 0 ? 1 : 0;
    }
    // address_1 and address_2 are one pair of names, not two sides.
    if (paired >= kPairedMin) return affixes;
  }
  return {};
}

class Proposal {
 public:
  explicit Proposal(const CsvFile& file)
      : header_(file.header()), rows_(file.Sample(kSampleRows)), affixes_(FindAffixes(header_)) {}

  std::string Write() {
    for (size_t column = 0; column < header_.size(); ++column) Place(column);
    Settle();
    std::string text = "# Which column holds what; proposed from the columns' names. Check it.\n";
    for (size_t key = 0; key < kFieldKeyCount; ++key) {
      if (fields_[key].empty()) continue;
      absl::StrAppend(&text, FieldKeyName(static_cast<FieldKey>(key)), " = ", Value(fields_[key]),
                      "\n");
    }
    WriteTables(text);
    if (const std::string unused = Listed(unused_); !unused.empty()) {
      absl::StrAppend(&text, "\n# Not used: ", unused, "\n");
    }
    return text;
  }

 private:
  std::vector<std::string>& field(FieldKey key) { return fields_[static_cast<size_t>(key)]; }

  std::vector<std::string> Values(const std::string& name) const {
    const std::string whole =
        absl::StartsWith(affixes_.left, "_") ? name + affixes_.left : affixes_.left + name;
    const auto column =
        static_cast<size_t>(std::find(header_.begin(), header_.end(), whole) - header_.begin());
    std::vector<std::string> values;
    for (const auto& row : rows_) {
      if (column < row.size() && !row[column].empty()) values.push_back(row[column]);
    }
    return values;
  }

  void Place(size_t column) {
    const std::string& name = header_[column];
    if (std::count(header_.begin(), header_.end(), name) > 1) return unused_.push_back(name);
    const absl::string_view base = affixes_.Base(name);
    if (affixes_.pairs() && base.empty()) return PlaceOfPair(name);
    const auto meaning = MeaningOfColumn(base);
    if (!meaning) return unused_.push_back(name);
    if (meaning->kind == ColumnMeaning::Kind::kField) {
      // Ids and truths of a side say nothing of the pair.
      const bool of_row = meaning->field == FieldKey::kId || meaning->field == FieldKey::kTruth;
      if (of_row && affixes_.pairs()) return unused_.push_back(name);
      field(meaning->field).emplace_back(base);
    } else if (meaning->kind == ColumnMeaning::Kind::kExtra) {
      if (extras_.size() < mpi::kExtraFieldsMax) extras_[meaning->name].emplace_back(base);
    } else {
      identifiers_[meaning->name].first.emplace_back(base);
      identifiers_[meaning->name].second = std::string(meaning->identifier_kind);
    }
  }

  void PlaceOfPair(const std::string& name) {
    const bool right = absl::StartsWith(affixes_.right, "_")
                           ? absl::EndsWith(name, affixes_.right)
                           : absl::StartsWith(name, affixes_.right);
    if (right) return;
    const auto meaning = MeaningOfColumn(name);
    const bool known =
        meaning && (meaning->field == FieldKey::kId || meaning->field == FieldKey::kTruth);
    if (known && field(meaning->field).empty()) {
      field(meaning->field).push_back(name);
    } else {
      unused_.push_back(name);
    }
  }

  // Decides what names alone leave open.
  void Settle() {
    if (field(FieldKey::kBirthDay).empty() && !field(FieldKey::kBirthYear).empty() &&
        !field(FieldKey::kBirthMonth).empty()) {
      std::swap(field(FieldKey::kBirthDay), field(FieldKey::kBirthDate));  // "birthday".
    }
    // Beside a family name, "name" is the first.
    if (!field(FieldKey::kFamily).empty() && field(FieldKey::kGiven).empty()) {
      std::swap(field(FieldKey::kGiven), field(FieldKey::kFullName));
    }
    // Beside a city, "address" is the street.
    if (!field(FieldKey::kCity).empty() && field(FieldKey::kStreet).empty()) {
      std::swap(field(FieldKey::kStreet), field(FieldKey::kAddress));
    }
    SettleSsn();
    for (const FieldKey key :
         {FieldKey::kId, FieldKey::kBirthDate, FieldKey::kBirthYear, FieldKey::kBirthMonth,
          FieldKey::kBirthDay, FieldKey::kSex, FieldKey::kMultipleBirth, FieldKey::kBirthOrder}) {
      while (field(key).size() > 1) {
        unused_.push_back(field(key).back());
        field(key).pop_back();
      }
    }
  }

  // A number that is called an SSN and has no nine digits is another country's.
  void SettleSsn() {
    std::vector<std::string>& ssn = field(FieldKey::kSsn);
    if (ssn.empty()) return;
    const std::vector<std::string> values = Values(ssn[0]);
    const auto fits = std::count_if(values.begin(), values.end(), [](const std::string& value) {
      const size_t digits = mpi::DigitsOf(value).size();
      return digits == 9 || digits == 4;
    });
    if (static_cast<size_t>(fits) * 2 >= values.size()) return;
    identifiers_["social_security"] = {std::move(ssn), "personal"};
    ssn.clear();
  }

  void WriteTables(std::string& text) {
    if (!identifiers_.empty()) absl::StrAppend(&text, "\n[identifier]\n");
    for (const auto& [name, entry] : identifiers_) {
      absl::StrAppend(&text, name, " = { column = ", Value(entry.first), ", kind = \"",
                      entry.second, "\" }\n");
    }
    if (!extras_.empty()) absl::StrAppend(&text, "\n[extra]\n");
    for (const auto& [name, columns] : extras_) {
      absl::StrAppend(&text, name, " = ", Value(columns), "\n");
    }
    WriteFormat(text);
    if (affixes_.pairs()) {
      absl::StrAppend(&text, "\n[pairs]\nleft = ", Quoted(affixes_.left),
                      "\nright = ", Quoted(affixes_.right), "\n");
    }
  }

  void WriteFormat(std::string& text) {
    std::string format;
    if (const auto& date = field(FieldKey::kBirthDate); !date.empty()) {
      constexpr std::array<absl::string_view, 5> kStyles = {"auto", "ymd", "dmy", "mdy", "excel"};
      const DateStyle style = DetectDateStyle(Values(date[0]));
      absl::StrAppend(&format, "birth_date = \"", kStyles[static_cast<size_t>(style)], "\"\n");
    }
    for (const char* separator : {"|", "^", ";"}) {
      if (!SeparatesValues(separator)) continue;
      absl::StrAppend(&format, "list_separator = \"", separator, "\"\n");
      break;
    }
    const bool na = std::any_of(rows_.begin(), rows_.end(), [](const auto& row) {
      return std::count(row.begin(), row.end(), "NA") > 1;
    });
    if (na) absl::StrAppend(&format, "missing = [\"NA\"]\n");
    const bool foreign = std::any_of(rows_.begin(), rows_.end(), [](const auto& row) {
      return std::any_of(row.begin(), row.end(), [](const auto& cell) { return !IsUtf8(cell); });
    });
    if (foreign) absl::StrAppend(&format, "encoding = \"latin-1\"\n");
    if (!format.empty()) absl::StrAppend(&text, "\n[format]\n", format);
  }

  // Tells whether a cell that may hold several values holds `separator`.
  bool SeparatesValues(absl::string_view separator) {
    std::vector<std::string> columns;
    for (const FieldKey key :
         {FieldKey::kPreviousFamily, FieldKey::kAlias, FieldKey::kPhone, FieldKey::kEmail}) {
      columns.insert(columns.end(), field(key).begin(), field(key).end());
    }
    for (const auto& [name, entry] : identifiers_) {
      columns.insert(columns.end(), entry.first.begin(), entry.first.end());
    }
    return std::any_of(columns.begin(), columns.end(), [&](const std::string& column) {
      const std::vector<std::string> values = Values(column);
      return std::any_of(values.begin(), values.end(),
                         [&](const std::string& v) { return absl::StrContains(v, separator); });
    });
  }

  const std::vector<std::string>& header_;
  const std::vector<std::vector<std::string>> rows_;
  const Affixes affixes_;
  std::array<std::vector<std::string>, kFieldKeyCount> fields_;
  std::map<std::string, std::pair<std::vector<std::string>, std::string>> identifiers_;
  std::map<std::string, std::vector<std::string>> extras_;
  std::vector<std::string> unused_;
};

}  // namespace

std::string ProposeColumns(const CsvFile& file) { return Proposal(file).Write(); }

}  // namespace hie::ctl::matching
