#include "services/audit/verify_segments.h"

#include <utility>

#include "services/audit/leaf_codec.h"
#include "services/common/base/status_macros.h"

namespace hie::audit {

absl::StatusOr<VerifyReport> VerifySegments(FileSystem& files, const std::string& directory,
                                            uint64_t through) {
  LeafChecker checker;
  HIE_ASSIGN_OR_RETURN(SegmentScan scan,
                       ScanSegments(files, directory, through,
                                    [&checker](const Record& record, const LeafLocation&) {
                                      return checker.Check(record);
                                    }));
  VerifyReport report;
  report.leaves = scan.head.sequence;
  report.head_hash = std::move(scan.head.hash);
  report.tail = scan.tail;
  if (scan.damage) {
    report.first_bad_sequence = scan.damage->sequence;
    report.what = std::move(scan.damage->what);
  }
  return report;
}

}  // namespace hie::audit
