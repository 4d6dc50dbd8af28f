#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/storage/file_system.h"

// Files of rows that long work leaves for its next step: written once, read in order, checksummed.
namespace hie {

// A longer key or value is INTERNAL: no row of ours comes near it.
inline constexpr size_t kSpooledBytesMax = size_t{64} << 20;

// Writes rows.  Not thread-safe.
class SpoolWriter {
 public:
  // Makes a new file at `path`; what is there is replaced.  `files` must outlive the writer.
  static absl::StatusOr<std::unique_ptr<SpoolWriter>> Create(FileSystem& files,
                                                             const std::string& path);

  absl::Status Add(absl::string_view key, absl::string_view value);

  // Completes the file, durably; the directory's entry is for the caller to sync.
  absl::Status Finish();

  uint64_t rows() const { return rows_; }

 private:
  explicit SpoolWriter(std::unique_ptr<File> file) : file_(std::move(file)) {}
  absl::Status WriteBlock();

  const std::unique_ptr<File> file_;
  std::string block_;
  uint64_t rows_ = 0;
};

// Reads them again.  Not thread-safe.
class SpoolReader {
 public:
  // NOT_FOUND: no such file.  `files` must outlive the reader.
  static absl::StatusOr<std::unique_ptr<SpoolReader>> Open(FileSystem& files,
                                                           const std::string& path);

  // Goes to the next row; false after the last.  DATA_LOSS: the file is damaged or cut.
  absl::StatusOr<bool> Next();

  // The row; valid until the next call of Next.
  absl::string_view key() const { return key_; }
  absl::string_view value() const { return value_; }

 private:
  explicit SpoolReader(std::unique_ptr<File> file) : file_(std::move(file)) {}
  absl::Status ReadBlock();
  absl::StatusOr<absl::string_view> Take();

  const std::unique_ptr<File> file_;
  uint64_t offset_ = 0;
  uint64_t rows_ = 0;
  bool ended_ = false;
  std::string block_;
  absl::string_view rest_;
  absl::string_view key_;
  absl::string_view value_;
};

}  // namespace hie
