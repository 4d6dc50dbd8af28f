#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/audit/segment_format.h"
#include "services/common/storage/file_system.h"

namespace hie::audit {

// The last acknowledged head, kept outside the segments: what was truncated, deleted or replaced
// there is found out.  As hie::HighWaterMark, with the chain hash: magic, sequence, hash, CRC-32C
// within one disk sector, so a loss of power leaves the old or the new one.  It may lag after
// that, never lead.
class HeadMark {
 public:
  // Nothing: there is no file.  DATA_LOSS: it is not a mark.
  static absl::StatusOr<std::optional<ChainHead>> Read(FileSystem& files, const std::string& path);

  // Opens the mark for writing and sets it to `head`, durably.  `files` must outlive it.
  static absl::StatusOr<std::unique_ptr<HeadMark>> Open(FileSystem& files, const std::string& path,
                                                        const ChainHead& head);

  // Sets the mark; a crash of the process does not take it.  One caller at a time.
  absl::Status Advance(const ChainHead& head);

  // Makes durable what was set, where something was.  May run beside Advance.
  absl::Status Sync();

 private:
  explicit HeadMark(std::unique_ptr<File> file) : file_(std::move(file)) {}

  const std::unique_ptr<File> file_;
  std::atomic<bool> unsynced_ = false;
};

}  // namespace hie::audit
