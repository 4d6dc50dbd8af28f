#pragma once

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "services/hiectl/matching/column_file.h"

namespace hie::ctl::matching {

// What the name of a column suggests.
struct ColumnMeaning {
  enum class Kind { kField, kIdentifier, kExtra };
  Kind kind = Kind::kField;
  FieldKey field = FieldKey::kIgnore;            // Of a field.
  std::string name;                              // Of an identifier or extra field.
  absl::string_view identifier_kind = "shared";  // personal, shared or record.
};

// Nothing: the name says nothing.  Case and marks do not matter: Date_of_Birth, dateOfBirth.
std::optional<ColumnMeaning> MeaningOfColumn(absl::string_view name);

}  // namespace hie::ctl::matching
