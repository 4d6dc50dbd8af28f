#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "mpi/score/model.h"
#include "services/hiectl/matching/column_file.h"
#include "services/hiectl/matching/columns.h"
#include "services/hiectl/matching/csv_file.h"
#include "services/hiectl/matching/issue.h"
#include "services/hiectl/matching/record_file.h"

namespace hie::ctl::matching {

// Where a run's words go.  Both are called from one thread at a time.
struct Voice {
  std::function<void(absl::string_view)> note;
  LoadProgress progress;
};

// A CSV with its column file.
struct OpenInput {
  CsvFile csv;
  ColumnFile columns;
};

// Opens both.  Without `columns_path` the columns are proposed, and the proposal is said.
// Tells which columns are not used.  Errors as CsvFile::Open and ReadColumnFile.
absl::StatusOr<OpenInput> OpenWithColumns(const std::string& csv_path,
                                          const std::string& columns_path, const Voice& voice);

// Settles what the column file leaves open of how values are written (record_file.h), and says so.
void SettleFormat(const CsvFile& csv, Columns& columns, const Voice& voice);

// A model to run with.
struct GivenModel {
  mpi::Model model;
  std::string sha256;  // Of the model as it was given: names of extra fields are no part of it.
};

// The shipped model, or that of a file.
absl::StatusOr<GivenModel> OpenModel(const std::string& path);

// The names of a model's extra fields, by place: what AlignExtras begins with.  And gives them.
std::vector<std::string> ExtraNames(const mpi::Model& model);
void NameExtras(const std::vector<std::string>& names, mpi::Model& model);

// The hash that a model's text ends with.
std::string ModelHash(const mpi::Model& model);

// The column `name` of the truth; INVALID_ARGUMENT where there is none, or where one of `sides`
// matches by it: a score against its own evidence is none.
absl::StatusOr<size_t> TruthColumn(const CsvFile& csv, const std::string& name,
                                   const std::vector<Columns>& sides);

// Says before the work, which may be long, that a result could not be written.  Empty paths are no
// outputs.
//
// INVALID_ARGUMENT: an output is also an input, or two outputs are one file; NOT_FOUND: its folder
// is absent or may not be written, or it is a folder.
absl::Status CheckOutputs(const std::vector<std::string>& outputs,
                          const std::vector<std::string>& inputs);

// Writes `text` as a new or replaced file.  NOT_FOUND: cannot be written.
absl::Status WriteWholeFile(const std::string& path, absl::string_view text);

// Says the first issues and how many there are; writes all of them to `path` unless it is empty.
absl::Status TellIssues(const std::vector<Issue>& issues, const std::vector<const CsvFile*>& inputs,
                        const std::string& path, const Voice& voice);

}  // namespace hie::ctl::matching
