#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "services/audit/segment_format.h"
#include "services/common/storage/file_system.h"

namespace hie::audit {

// Where a leaf stands.
struct LeafLocation {
  uint64_t segment = 0;  // First sequence of its segment.
  uint64_t offset = 0;   // Of its record.
  friend bool operator==(const LeafLocation&, const LeafLocation&) = default;
};

// The first place where the log is not what was written.
struct Damage {
  uint64_t sequence = 0;  // First that cannot be verified.
  std::string what;       // For people; names files, no content.
};

// How the last segment ends.
enum class Tail {
  kClean,              // Zeros, or the end of the file.
  kTorn,               // Bytes of a write that was never synced, so never acknowledged.
  kUnfinishedSegment,  // The last file holds no whole header and no record: a roll was cut short.
};

// What a pass over all segments found.
struct SegmentScan {
  ChainHead head;                // After the last good leaf.
  std::optional<Damage> damage;  // Nothing: none.
  Tail tail = Tail::kClean;
  std::optional<uint64_t> last_segment;  // First sequence of the last whole segment.
  uint64_t end = 0;                      // Where its records end.
  std::optional<uint64_t> unfinished;    // For kUnfinishedSegment: its first sequence.
};

// Reads every segment of `directory` in order and checks headers, checksums and the hash chain.
//
// Calls `visit` for each good leaf, in order; a status that it returns is damage at that leaf.
// Stops behind sequence `through` (0: never), so that a log can be checked while it grows.
// Reads one segment into memory at a time; about 1 s per 300 MB.
// Errors: of the file system only.
absl::StatusOr<SegmentScan> ScanSegments(
    FileSystem& files, const std::string& directory, uint64_t through,
    absl::FunctionRef<absl::Status(const Record&, const LeafLocation&)> visit);

}  // namespace hie::audit
