#pragma once

#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"
#include "mpi/compare/record_table.h"

namespace hie::mpi {

// A value that many people hold who otherwise disagree: a default of a system, a number of a
// facility.  It counts as absent and makes no key.
struct DetectedNonValue {
  absl::string_view field;  // ssn, identifier, phone, email, address, birth_date.
  uint32_t value_hash = 0;
  uint32_t example_row = 0;  // Where it stands, for whoever may read it.
  uint64_t holders = 0;
  uint64_t people = 0;  // Distinct sounds of first names and birth years among them.
};

// Finds such values and mutes them in `table`.
//
// A value is one if more people hold it than its field allows and no one of them holds half of
// the records: a person with many records is not mistaken for a default.  A birth date is one if
// it occurs thirty times as often as the mean date of the table.  Sorted by field and hash; the
// order of rows does not matter.  Cost: one sort of the values.
std::vector<DetectedNonValue> MuteNonValues(RecordTable& table);

}  // namespace hie::mpi
