#include "services/hiectl/matching/csv_file.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/common/base/status_macros.h"
#include "services/hiectl/matching/cell_text.h"

namespace hie::ctl::matching {

absl::StatusOr<CsvFile> CsvFile::Open(const std::string& path) {
  HIE_ASSIGN_OR_RETURN(FileBytes bytes, FileBytes::Open(path));
  CsvFile file(std::move(bytes));
  file.path_ = path;
  const absl::string_view text = WithoutByteOrderMark(file.bytes_.bytes());
  if (absl::StartsWith(text, "\xff\xfe") || absl::StartsWith(text, "\xfe\xff")) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": is UTF-16; want UTF-8"));
  }
  file.delimiter_ = DetectDelimiter(text);
  CsvReader reader({text, 1}, file.delimiter_);
  if (!reader.Next()) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": is empty; want a header line"));
  }
  for (const absl::string_view cell : reader.cells()) {
    if (absl::StrContains(cell, '\0')) {
      return absl::InvalidArgumentError(absl::StrCat(path, ": is no text; want a CSV file"));
    }
    const absl::string_view name = absl::StripAsciiWhitespace(cell);
    file.header_.push_back(IsUtf8(name) ? std::string(name) : Latin1ToUtf8(name));
  }
  file.body_ = reader.rest();
  return file;
}

absl::StatusOr<size_t> CsvFile::Column(const std::string& name, absl::string_view option) const {
  const auto found = std::find(header_.begin(), header_.end(), name);
  if (found != header_.end()) return static_cast<size_t>(found - header_.begin());
  return absl::InvalidArgumentError(absl::StrCat(option, ": ", path_, " has no column \"", name,
                                                 "\"; it has: ", absl::StrJoin(header_, ", ")));
}

std::vector<std::vector<std::string>> CsvFile::Sample(size_t rows_max) const {
  std::vector<std::vector<std::string>> rows;
  CsvReader reader(body_, delimiter_);
  while (rows.size() < rows_max && reader.Next()) {
    rows.emplace_back(reader.cells().begin(), reader.cells().end());
  }
  return rows;
}

}  // namespace hie::ctl::matching
