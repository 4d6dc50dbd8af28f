#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/common/storage/file_system.h"

namespace hie {

// The last sequence that was acknowledged, kept outside the store, so that a store which lost
// synced writes without noticing is found out when it is opened.
//
// A file of one record: magic, sequence, CRC-32C; it lies within one disk sector, so a loss of
// power leaves the old or the new record.  After such a loss the mark may lag, never lead: it is
// written after the store's sync.
class HighWaterMark {
 public:
  // Reads a mark's file.  Nothing: there is no file.  DATA_LOSS: it is not a mark.
  static absl::StatusOr<std::optional<uint64_t>> Read(FileSystem& files, const std::string& path);

  // Opens the mark for writing and sets it to `sequence`, durably, creating it where it is
  // missing.  `files` must outlive it.
  static absl::StatusOr<std::unique_ptr<HighWaterMark>> Open(FileSystem& files,
                                                             const std::string& path,
                                                             uint64_t sequence);

  // Sets the mark; a crash of the process does not take it.  One caller at a time.
  absl::Status Advance(uint64_t sequence);

  // Makes durable what was set, where something was.  May run beside Advance.
  absl::Status Sync();

 private:
  explicit HighWaterMark(std::unique_ptr<File> file) : file_(std::move(file)) {}

  const std::unique_ptr<File> file_;
  std::atomic<bool> unsynced_ = false;
};

// Writes the mark of a store that was restored from a checkpoint: from here on `sequence` is what
// the role has acknowledged, and what came after the checkpoint is given up.  Replaces a mark
// that is there; an administrator's act, never the program's own.
absl::Status WriteMark(FileSystem& files, const std::string& path, uint64_t sequence);

}  // namespace hie
