#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/hiectl/matching/csv.h"
#include "services/hiectl/matching/file_bytes.h"

namespace hie::ctl::matching {

// A CSV file with its header read.
class CsvFile {
 public:
  // NOT_FOUND: cannot be read.  INVALID_ARGUMENT: no header line, UTF-16, or no text at all.  A
  // header that is not UTF-8 is read as ISO 8859-1.
  static absl::StatusOr<CsvFile> Open(const std::string& path);

  const std::string& path() const { return path_; }
  const std::vector<std::string>& header() const { return header_; }
  char delimiter() const { return delimiter_; }
  // Everything behind the header; valid as long as the file is.
  CsvChunk body() const { return body_; }
  void Forget(absl::string_view part) const { bytes_.Forget(part); }

  // The column `name`; INVALID_ARGUMENT names `option` and lists the header.
  absl::StatusOr<size_t> Column(const std::string& name, absl::string_view option) const;
  // The first `rows_max` records.
  std::vector<std::vector<std::string>> Sample(size_t rows_max) const;

 private:
  explicit CsvFile(FileBytes bytes) : bytes_(std::move(bytes)) {}

  std::string path_;
  FileBytes bytes_;
  char delimiter_ = ',';
  std::vector<std::string> header_;
  CsvChunk body_;
};

}  // namespace hie::ctl::matching
