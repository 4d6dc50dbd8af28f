#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/hiectl/matching/column_file.h"

namespace hie::ctl::matching {

// Indexes in a CSV's header.
using ColumnList = std::vector<size_t>;

struct AddressColumns {
  ColumnList street;  // Joined with spaces, behind the house number.
  ColumnList house_number;
  ColumnList street2;
  ColumnList city;
  ColumnList state;
  ColumnList postal_code;
  ColumnList country;
  ColumnList whole;  // All of it in one text.
};

struct IdentifierColumns {
  std::string system;
  mpi::IdentifierKind kind = mpi::IdentifierKind::kShared;
  ColumnList from;
  ColumnList assigner;
};

struct ExtraColumns {
  std::string name;
  ColumnList from;
};

// A column file held against a header: where each field of a person stands.
struct Columns {
  std::optional<size_t> id;
  ColumnList family, given, middle, suffix, previous_family, alias, full_name;
  ColumnList birth_date, birth_year, birth_month, birth_day;  // None or one.
  ColumnList sex, multiple_birth, birth_order;                // None or one.
  ColumnList ssn, phone, email, mother_maiden;
  AddressColumns address, previous_address;
  std::vector<IdentifierColumns> identifiers;
  std::vector<ExtraColumns> extras;
  ValueFormat format;
};

// Finds the columns of `file` in `header`.  `affix` is what every name begins with there, or ends
// with where it begins with "_"; empty outside of pairs.  The id, as the pair's own, goes without.
//
// INVALID_ARGUMENT, with the key and the header: an absent or doubtful column (only `truth` and
// `ignore` may be absent); no name, SSN or identifier at all, so that nobody can be told apart.
absl::StatusOr<Columns> FindColumns(const ColumnFile& file, const std::vector<std::string>& header,
                                    const std::string& affix);

// Puts the extra fields of `columns` at the places of their names in `names`, so that like is
// compared with like whatever the order of two column files, or of a model.  Those that `names`
// lacks are added to it; those that `columns` lacks read nothing.
//
// INVALID_ARGUMENT: more than mpi::kExtraFieldsMax in all.
absl::Status AlignExtras(std::vector<std::string>& names, Columns& columns);

// The header's columns that `file` neither uses nor names as truth or ignored.  `affixes`: of the
// sides of pairs, else one empty text.
std::vector<std::string> UnusedColumns(const ColumnFile& file,
                                       const std::vector<std::string>& header,
                                       const std::vector<std::string>& affixes);

}  // namespace hie::ctl::matching
