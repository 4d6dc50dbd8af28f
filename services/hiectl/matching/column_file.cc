#include "services/hiectl/matching/column_file.h"

#include <toml++/toml.h>

#include <algorithm>
#include <optional>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/common/base/status_macros.h"

namespace hie::ctl::matching {
namespace {

constexpr std::array<absl::string_view, kFieldKeyCount> kKeyNames = {
    "id",         "truth",         "ignore",          "family",      "given",
    "middle",     "suffix",        "previous_family", "alias",       "full_name",
    "birth_date", "birth_year",    "birth_month",     "birth_day",   "sex",
    "ssn",        "phone",         "email",           "street",      "house_number",
    "street2",    "city",          "state",           "postal_code", "country",
    "address",    "mother_maiden", "multiple_birth",  "birth_order"};

// Keys that take one column: two dates of birth would be two answers to one question.
constexpr std::array<FieldKey, 8> kOneColumn = {
    FieldKey::kId,       FieldKey::kBirthDate, FieldKey::kBirthYear,     FieldKey::kBirthMonth,
    FieldKey::kBirthDay, FieldKey::kSex,       FieldKey::kMultipleBirth, FieldKey::kBirthOrder};

bool IsAddressKey(FieldKey key) { return key >= FieldKey::kStreet && key <= FieldKey::kAddress; }

std::optional<FieldKey> FindKey(absl::string_view name) {
  const auto found = std::find(kKeyNames.begin(), kKeyNames.end(), name);
  if (found == kKeyNames.end()) return std::nullopt;
  return static_cast<FieldKey>(found - kKeyNames.begin());
}

// A key with its value, for messages.
struct Entry {
  const std::string& source;
  std::string key;
  const toml::node& node;

  size_t line() const { return node.source().begin.line; }
  absl::Status Want(absl::string_view want) const {
    return absl::InvalidArgumentError(
        absl::StrCat(source, ":", line(), ": ", key, ": want ", want));
  }
};

// Calls `read` with each entry of a table, in the order of the file.
template <typename Read>
absl::Status EachEntry(const toml::table& table, const std::string& source,
                       const std::string& prefix, Read read) {
  std::map<std::tuple<size_t, size_t, std::string>, const toml::node*> entries;
  for (const auto& [key, node] : table) {
    const auto begin = node.source().begin;
    entries[{begin.line, begin.column, std::string(key.str())}] = &node;
  }
  for (const auto& [place, node] : entries) {
    const std::string& name = std::get<2>(place);
    HIE_RETURN_IF_ERROR(read(Entry{source, absl::StrCat(prefix, name), *node}, name));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> Text(const Entry& entry) {
  const auto text = entry.node.value_exact<std::string>();
  if (!text) return entry.Want("text in quotes");
  return *text;
}

// One text or a list of texts, at least one, none empty.
absl::StatusOr<std::vector<std::string>> Texts(const Entry& entry, absl::string_view want) {
  std::vector<std::string> texts;
  if (const toml::array* list = entry.node.as_array()) {
    for (const toml::node& item : *list) {
      const auto text = item.value_exact<std::string>();
      if (!text || text->empty()) return entry.Want(want);
      texts.push_back(*text);
    }
  } else if (const auto text = entry.node.value_exact<std::string>(); text && !text->empty()) {
    texts.push_back(*text);
  }
  if (texts.empty()) return entry.Want(want);
  return texts;
}

absl::StatusOr<NamedColumns> Columns(const Entry& entry) {
  HIE_ASSIGN_OR_RETURN(std::vector<std::string> columns,
                       Texts(entry, "a column's name, or a list of names"));
  return NamedColumns{std::move(columns), entry.line()};
}

absl::StatusOr<IdentifierEntry> Identifier(const Entry& entry, absl::string_view system) {
  IdentifierEntry result;
  result.system = std::string(system);
  const toml::table* table = entry.node.as_table();
  if (table == nullptr) {
    HIE_ASSIGN_OR_RETURN(result.from, Columns(entry));
    return result;
  }
  const absl::Status read =
      EachEntry(*table, entry.source, absl::StrCat(entry.key, "."),
                [&](const Entry& part, absl::string_view name) -> absl::Status {
                  if (name == "column") {
                    HIE_ASSIGN_OR_RETURN(result.from, Columns(part));
                    return absl::OkStatus();
                  }
                  if (name == "assigner") {
                    HIE_ASSIGN_OR_RETURN(result.assigner, Columns(part));
                    return absl::OkStatus();
                  }
                  if (name != "kind") return part.Want("column, kind or assigner");
                  HIE_ASSIGN_OR_RETURN(const std::string kind, Text(part));
                  if (kind == "personal") result.kind = mpi::IdentifierKind::kPersonal;
                  if (kind == "record") result.kind = mpi::IdentifierKind::kRecordKey;
                  const bool known = kind == "personal" || kind == "shared" || kind == "record";
                  return known ? absl::OkStatus() : part.Want("personal, shared or record");
                });
  HIE_RETURN_IF_ERROR(read);
  if (result.from.columns.empty()) return entry.Want("a column: { column = \"...\" }");
  return result;
}

absl::StatusOr<DateStyle> ReadDateStyle(const Entry& entry) {
  constexpr std::array<absl::string_view, 5> kStyles = {"auto", "ymd", "dmy", "mdy", "excel"};
  HIE_ASSIGN_OR_RETURN(const std::string text, Text(entry));
  const auto found = std::find(kStyles.begin(), kStyles.end(), text);
  if (found == kStyles.end()) return entry.Want("auto, ymd, dmy, mdy or excel");
  return static_cast<DateStyle>(found - kStyles.begin());
}

absl::StatusOr<std::vector<std::string>> Values(const Entry& entry) {
  HIE_ASSIGN_OR_RETURN(std::vector<std::string> values, Texts(entry, "a list of texts"));
  for (std::string& value : values) absl::AsciiStrToLower(&value);
  return values;
}

absl::Status ReadFormat(const Entry& entry, absl::string_view name, ValueFormat& format) {
  if (name == "birth_date") {
    HIE_ASSIGN_OR_RETURN(format.birth_date, ReadDateStyle(entry));
  } else if (name == "list_separator") {
    HIE_ASSIGN_OR_RETURN(format.list_separator, Text(entry));
  } else if (name == "phone_country") {
    HIE_ASSIGN_OR_RETURN(format.phone_country, Text(entry));
    const bool digits =
        std::all_of(format.phone_country.begin(), format.phone_country.end(),
                    [](char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); });
    if (!digits || format.phone_country.size() > 3) return entry.Want("1 to 3 digits, as \"1\"");
  } else if (name == "encoding") {
    HIE_ASSIGN_OR_RETURN(const std::string encoding, Text(entry));
    if (encoding != "utf-8" && encoding != "latin-1") return entry.Want("utf-8 or latin-1");
    if (encoding == "latin-1") format.encoding = TextEncoding::kLatin1;
  } else if (name == "female") {
    HIE_ASSIGN_OR_RETURN(format.female, Values(entry));
  } else if (name == "male") {
    HIE_ASSIGN_OR_RETURN(format.male, Values(entry));
  } else if (name == "multiple_birth") {
    HIE_ASSIGN_OR_RETURN(format.multiple, Values(entry));
  } else if (name == "missing") {
    HIE_ASSIGN_OR_RETURN(format.missing, Texts(entry, "a list of texts"));
  } else {
    return entry.Want(
        "a key of [format]: birth_date, list_separator, phone_country, encoding, female, male, "
        "multiple_birth, missing");
  }
  return absl::OkStatus();
}

// Reads the tables and keys at the top of the file, one by one.
class Reading {
 public:
  explicit Reading(ColumnFile& file) : file_(file) {}

  absl::Status Top(const Entry& entry, absl::string_view name) {
    if (const auto key = FindKey(name)) return Field(entry, *key, file_.fields);
    const toml::table* table = entry.node.as_table();
    const bool known = name == "identifier" || name == "extra" || name == "format" ||
                       name == "pairs" || name == "previous_address";
    if (!known) {
      return entry.Want(absl::StrCat("a key of a column file: ", absl::StrJoin(kKeyNames, ", "),
                                     "; or a table: [previous_address], [identifier], [extra], "
                                     "[format], [pairs]"));
    }
    if (table == nullptr) return entry.Want(absl::StrCat("a table: [", std::string(name), "]"));
    return EachEntry(
        *table, entry.source, absl::StrCat(std::string(name), "."),
        [this, name](const Entry& part, absl::string_view key) { return Part(name, part, key); });
  }

 private:
  absl::Status Part(absl::string_view table, const Entry& entry, absl::string_view name) {
    if (table == "format") return ReadFormat(entry, name, file_.format);
    if (table == "pairs") return Side(entry, name);
    if (table == "previous_address") {
      const auto key = FindKey(name);
      if (!key || !IsAddressKey(*key)) return entry.Want("a key of an address");
      return Field(entry, *key, file_.previous_address);
    }
    if (table == "identifier") {
      HIE_ASSIGN_OR_RETURN(IdentifierEntry identifier, Identifier(entry, name));
      file_.identifiers.push_back(std::move(identifier));
      return Claim(entry, file_.identifiers.back().from);
    }
    if (file_.extras.size() == mpi::kExtraFieldsMax) {
      return entry.Want(absl::StrCat("at most ", mpi::kExtraFieldsMax, " extra fields"));
    }
    // They stand in model files and heads of tables.
    const bool plain = !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
      return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-';
    });
    if (!plain) return entry.Want("a name of letters, digits, _ or -");
    HIE_ASSIGN_OR_RETURN(NamedColumns columns, Columns(entry));
    file_.extras.push_back({std::string(name), std::move(columns)});
    return Claim(entry, file_.extras.back().from);
  }

  absl::Status Side(const Entry& entry, absl::string_view name) {
    if (name != "left" && name != "right") return entry.Want("left or right");
    HIE_ASSIGN_OR_RETURN(const std::string affix, Text(entry));
    if (affix.empty()) return entry.Want("what the names of that side begin with, as \"a_\"");
    (name == "left" ? file_.left : file_.right) = affix;
    return absl::OkStatus();
  }

  absl::Status Field(const Entry& entry, FieldKey key,
                     std::array<NamedColumns, kFieldKeyCount>& fields) {
    HIE_ASSIGN_OR_RETURN(NamedColumns columns, Columns(entry));
    const bool one = std::find(kOneColumn.begin(), kOneColumn.end(), key) != kOneColumn.end();
    if (one && columns.columns.size() > 1) return entry.Want("one column");
    NamedColumns& field = fields[static_cast<size_t>(key)];
    field = std::move(columns);
    // The id may also be a field: a medical record number, say.
    return key == FieldKey::kId ? absl::OkStatus() : Claim(entry, field);
  }

  // A column that serves twice counts twice as evidence, and a truth that is also evidence is a
  // score of nothing: both are mistakes of who wrote the file.
  absl::Status Claim(const Entry& entry, const NamedColumns& columns) {
    for (const std::string& column : columns.columns) {
      if (!claimed_.insert(column).second) {
        return entry.Want(
            absl::StrCat("a column that no other key names; \"", column, "\" is named twice"));
      }
    }
    return absl::OkStatus();
  }

  ColumnFile& file_;
  std::set<std::string> claimed_;
};

}  // namespace

absl::string_view FieldKeyName(FieldKey key) { return kKeyNames[static_cast<size_t>(key)]; }

absl::StatusOr<ColumnFile> ReadColumnFile(absl::string_view text, const std::string& source) {
  ColumnFile file;
  file.source = source;
  Reading reading(file);
  try {
    const toml::table table = toml::parse(std::string_view(text.data(), text.size()));
    HIE_RETURN_IF_ERROR(EachEntry(
        table, file.source, "",
        [&](const Entry& entry, absl::string_view name) { return reading.Top(entry, name); }));
  } catch (const toml::parse_error& error) {
    return absl::InvalidArgumentError(
        absl::StrCat(source, ":", error.source().begin.line, ": want TOML"));
  }
  return file;
}

}  // namespace hie::ctl::matching
