#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/audit/head_mark.h"
#include "services/audit/segment_format.h"
#include "services/audit/segment_scan.h"
#include "services/common/base/mutex.h"
#include "services/common/storage/file_system.h"

namespace hie::audit {

// Size of a segment file, reserved when it is made.
inline constexpr uint64_t kSegmentBytes = uint64_t{64} << 20;

// Keeps this many segments open for reading.
inline constexpr size_t kOpenSegmentsMax = 64;

// Where a leaf came to stand, and the chain with it.
struct Appended {
  LeafLocation location;
  ChainHead head;
};

// An append-only chain of leaves in preallocated segment files, with its mark outside.
//
// One Append at a time; Read, head and SyncMark run beside it on any thread.
class SegmentLog {
 public:
  struct Options {
    FileSystem* files = nullptr;  // Must outlive the log.
    std::string directory;        // Of the segments; made where it is missing.
    std::string mark_path;        // Outside `directory`.
    uint64_t segment_bytes = kSegmentBytes;
  };

  // Opens or makes the log.  Verifies all of it and calls `visit` for each leaf in order.
  //
  // Cuts off what a crash left behind the last leaf: it was never acknowledged.  What it keeps is
  // durable when it returns.  DATA_LOSS: an acknowledged leaf is missing, changed, or behind the
  // mark; the mark is missing or damaged; or `visit` refused a leaf.  The message says where.
  static absl::StatusOr<std::unique_ptr<SegmentLog>> Open(
      Options options, absl::FunctionRef<absl::Status(const Record&, const LeafLocation&)> visit);

  // Makes the leaves durable with one write and one sync and returns where they stand.
  //
  // RESOURCE_EXHAUSTED: the disk is full; nothing was written, the log goes on.  INVALID_ARGUMENT:
  // no leaf, a leaf over kLeafBytesMax, or more than capacity() bytes.  Anything else: it is not
  // known what is on disk; stop the process.
  absl::StatusOr<std::vector<Appended>> Append(const std::vector<std::string>& leaves);

  // Bytes of records that one Append can take at most.
  uint64_t capacity() const { return options_.segment_bytes - kHeaderBytes; }

  // Returns the record at a location of this log.  DATA_LOSS: it is damaged.
  absl::StatusOr<Record> Read(const LeafLocation& location) const;

  // The last durable leaf.
  ChainHead head() const;

  // Makes the mark durable.  A failure means what a failed sync means: stop the process.
  absl::Status SyncMark() { return mark_->Sync(); }

  const Options& options() const { return options_; }

 private:
  explicit SegmentLog(Options options) : options_(std::move(options)) {}

  std::string Path(uint64_t first) const;
  absl::Status Recover(const SegmentScan& scan);
  absl::Status CutTail(const SegmentScan& scan);
  absl::Status StartSegment();
  absl::Status ReserveSegment(File& file);
  absl::StatusOr<std::shared_ptr<File>> ReadFile(uint64_t segment) const;

  const Options options_;
  std::unique_ptr<HeadMark> mark_;

  // Of the appender alone.
  std::unique_ptr<File> file_;  // Null: no segment yet.
  uint64_t segment_ = 0;
  uint64_t end_ = 0;

  mutable Mutex mutex_;
  ChainHead head_ HIE_GUARDED_BY(mutex_);
  mutable std::map<uint64_t, std::shared_ptr<File>> open_ HIE_GUARDED_BY(mutex_);
};

}  // namespace hie::audit
