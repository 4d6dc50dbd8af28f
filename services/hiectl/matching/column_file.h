#pragma once

#include <array>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "mpi/normalize/features.h"

namespace hie::ctl::matching {

// What a column can hold: the keys at the top of a column file.
enum class FieldKey {
  kId,
  kTruth,
  kIgnore,
  kFamily,
  kGiven,
  kMiddle,
  kSuffix,
  kPreviousFamily,
  kAlias,
  kFullName,
  kBirthDate,
  kBirthYear,
  kBirthMonth,
  kBirthDay,
  kSex,
  kSsn,
  kPhone,
  kEmail,
  kStreet,
  kHouseNumber,
  kStreet2,
  kCity,
  kState,
  kPostalCode,
  kCountry,
  kAddress,
  kMotherMaiden,
  kMultipleBirth,
  kBirthOrder,
};
inline constexpr size_t kFieldKeyCount = 29;

// The key as the file writes it: family, birth_date, ...
absl::string_view FieldKeyName(FieldKey key);

// Columns by name, with the line of the column file that names them.
struct NamedColumns {
  std::vector<std::string> columns;
  size_t line = 0;
};

// An identifier: who assigns it, and whether it is a person's own.
struct IdentifierEntry {
  std::string system;
  mpi::IdentifierKind kind = mpi::IdentifierKind::kShared;
  NamedColumns from;
  NamedColumns assigner;  // The column that says whose number it is; part of the system.
};

// A field that only agrees or not: birth place, occupation.
struct ExtraEntry {
  std::string name;
  NamedColumns from;
};

// How values are written.
enum class DateStyle { kAuto, kYearMonthDay, kDayMonthYear, kMonthDayYear, kExcelDays };
enum class TextEncoding { kUtf8, kLatin1 };

struct ValueFormat {
  DateStyle birth_date = DateStyle::kAuto;
  TextEncoding encoding = TextEncoding::kUtf8;
  std::string list_separator;       // Between several values of one cell; empty: one value.
  std::string phone_country;        // Digits; empty: as the number says, else North America.
  std::vector<std::string> female;  // Small letters.
  std::vector<std::string> male;
  std::vector<std::string> multiple;  // Values of multiple_birth that mean yes.
  std::vector<std::string> missing;   // Cells that say nothing, as they stand: NA, ?.
};

// A column file, read and not yet held against a CSV's header.  Holds names of columns, no PHI.
struct ColumnFile {
  std::string source;                                         // Its path, for messages.
  std::array<NamedColumns, kFieldKeyCount> fields;            // Indexed by FieldKey.
  std::array<NamedColumns, kFieldKeyCount> previous_address;  // Address keys only.
  std::vector<IdentifierEntry> identifiers;
  std::vector<ExtraEntry> extras;  // At most mpi::kExtraFieldsMax.
  ValueFormat format;
  // What the column names of either side of a pair begin with; one that begins with "_" ends them.
  std::string left = "a_";
  std::string right = "b_";

  const NamedColumns& field(FieldKey key) const { return fields[static_cast<size_t>(key)]; }
};

// Reads a column file (this room's README has its keys).
//
// INVALID_ARGUMENT, `<source>:<line>: <key>: want ...`: not TOML, an unknown key, a value of
// another kind, one column named for two keys.
absl::StatusOr<ColumnFile> ReadColumnFile(absl::string_view text, const std::string& source);

}  // namespace hie::ctl::matching
