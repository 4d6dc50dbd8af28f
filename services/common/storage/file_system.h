#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace hie {

// An open file.  Closed by its destructor, without a sync.
//
// Errors: RESOURCE_EXHAUSTED the disk is full; UNAVAILABLE the device failed: what was written
// since the last successful Sync may be lost, and a failed Sync must not be tried again (the
// kernel may have dropped the pages): stop the process.
//
// Reads, PWrites and Syncs may run at the same time on several threads; one Append at a time.
class File {
 public:
  virtual ~File() = default;

  // Writes all of `data` at the present end of the file.
  virtual absl::Status Append(absl::string_view data) = 0;

  // Writes all of `data` at `offset`; the file grows where it must.
  virtual absl::Status PWrite(uint64_t offset, absl::string_view data) = 0;

  // Returns the bytes from `offset`: `size` of them, fewer at the end of the file, none after it.
  virtual absl::StatusOr<std::string> ReadAt(uint64_t offset, size_t size) const = 0;

  // Returns when every byte and the size have survived a loss of power (fdatasync).
  virtual absl::Status Sync() = 0;

  // Sets the size: cuts, or extends with zeros.
  virtual absl::Status Truncate(uint64_t size) = 0;

  // Reserves disk space for the first `size` bytes and makes the file at least that long; new
  // bytes read as zeros (posix_fallocate).  Later writes inside it cannot fail for lack of space.
  virtual absl::Status Allocate(uint64_t size) = 0;

  virtual absl::StatusOr<uint64_t> Size() const = 0;
};

enum class OpenMode {
  kRead,       // Must exist.  NOT_FOUND otherwise; writes fail.
  kReadWrite,  // Must exist.
  kCreate,     // Must not exist.  ALREADY_EXISTS otherwise.
  kOpenOrCreate,
};

// Files and directories by path.  Thread-safe.
//
// The change of a directory (a created, renamed or removed name) survives a loss of power only
// after SyncDir of that directory.  Errors as for File, and NOT_FOUND, ALREADY_EXISTS.
class FileSystem {
 public:
  virtual ~FileSystem() = default;

  virtual absl::StatusOr<std::unique_ptr<File>> Open(const std::string& path, OpenMode mode) = 0;

  // Replaces `to` where it exists; atomic.
  virtual absl::Status Rename(const std::string& from, const std::string& to) = 0;

  // Removes a file or an empty directory.
  virtual absl::Status Remove(const std::string& path) = 0;

  // Makes the directory and its missing parents; OK where it exists.
  virtual absl::Status CreateDir(const std::string& path) = 0;

  // Returns the names in a directory, sorted, without "." and "..".
  virtual absl::StatusOr<std::vector<std::string>> List(const std::string& directory) const = 0;

  virtual absl::StatusOr<bool> Exists(const std::string& path) const = 0;

  virtual absl::Status SyncDir(const std::string& directory) = 0;
};

// Returns the directory that `path` stands in: "." where it names none.
std::string ParentDir(absl::string_view path);

// Replaces the file at `path` by one that holds `content`, or leaves it as it was; durable when
// it returns.  Writes `path`.new beside it first.
absl::Status ReplaceFile(FileSystem& files, const std::string& path, absl::string_view content);

}  // namespace hie
