#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "services/common/patient/demographics.h"
#include "services/hiectl/matching/columns.h"
#include "services/hiectl/matching/csv.h"
#include "services/hiectl/matching/issue.h"
#include "services/hiectl/matching/person_row.h"

namespace hie::ctl::matching {

// A row of a file as a member would register it.
struct PatientRow {
  uint64_t line = 0;  // Of the file, from 1.
  std::string id;     // The member's own.
  Demographics demographics;
  // Why it must not be registered: its cells may stand in wrong columns, or it says nothing.  The
  // field is a column's name; both are empty where it may.
  std::string field;
  std::string reason;
};

// Reads the rows of a CSV, or of a run of its records, as patients.  A value that cannot be read is
// left out and said in the issues; a row that cannot be trusted as a whole has a reason.
//
// Borrows all it is given.  Total on any bytes.  Not thread-safe: one per thread.
class PatientRows {
 public:
  // `columns` names an id.
  PatientRows(CsvChunk chunk, char delimiter, const std::vector<std::string>& header,
              const Columns& columns)
      : reader_(chunk, delimiter), header_(header), columns_(columns), person_(columns) {}

  // Moves to the next row; false after the last one.
  bool Next(PatientRow& row, std::vector<Issue>& issues);

 private:
  CsvReader reader_;
  const std::vector<std::string>& header_;
  const Columns& columns_;
  PersonRow person_;
};

}  // namespace hie::ctl::matching
