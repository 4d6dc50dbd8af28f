#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "services/audit/segment_scan.h"
#include "services/common/storage/file_system.h"

namespace hie::audit {

// What a verification found.
struct VerifyReport {
  uint64_t leaves = 0;              // That verify.
  std::string head_hash;            // Chain hash after the last of them, 32 bytes.
  uint64_t first_bad_sequence = 0;  // 0: all verify.
  std::string what;                 // For people; empty: all verify.
  Tail tail = Tail::kClean;         // How the last segment ends; a torn tail is no damage.
};

// Recomputes checksums, the hash chain and every patient's chain over the segments of `directory`,
// from the first leaf.  Needs no index, no keys and no running role; may run beside an appender
// where `through` is a durable sequence (0: all that is there; it must be at rest).
//
// What it cannot tell by itself: that leaves behind the last one were cut off.  Compare the head
// with one that was kept elsewhere (the mark, an exported head).  Errors: of the file system only.
absl::StatusOr<VerifyReport> VerifySegments(FileSystem& files, const std::string& directory,
                                            uint64_t through = 0);

}  // namespace hie::audit
