#include "services/audit/segment_scan.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "services/common/base/status_macros.h"

namespace hie::audit {
namespace {

using Visit = absl::FunctionRef<absl::Status(const Record&, const LeafLocation&)>;

absl::StatusOr<std::vector<uint64_t>> SegmentsOf(const FileSystem& files,
                                                 const std::string& directory) {
  HIE_ASSIGN_OR_RETURN(const std::vector<std::string> names, files.List(directory));
  std::vector<uint64_t> segments;
  for (const std::string& name : names) {
    if (const std::optional<uint64_t> first = ParseSegmentName(name)) segments.push_back(*first);
  }
  std::sort(segments.begin(), segments.end());
  return segments;
}

absl::StatusOr<std::string> ReadSegment(FileSystem& files, const std::string& path) {
  HIE_ASSIGN_OR_RETURN(const std::unique_ptr<File> file, files.Open(path, OpenMode::kRead));
  HIE_ASSIGN_OR_RETURN(const uint64_t size, file->Size());
  return file->ReadAt(0, size);
}

// Calls `found` for every readable record in `bytes`, wherever it starts, until it returns true;
// returns whether it did.
bool AnyRecord(absl::string_view bytes, absl::FunctionRef<bool(const Record&)> found) {
  for (size_t at = bytes.find(kRecordMagic); at != absl::string_view::npos;
       at = bytes.find(kRecordMagic, at + 1)) {
    const std::optional<Record> record = DecodeRecord(bytes.substr(at));
    if (record && found(*record)) return true;
  }
  return false;
}

bool AllZero(absl::string_view bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](char c) { return c == '\0'; });
}

// One pass.
class Scanner {
 public:
  Scanner(uint64_t through, Visit visit) : through_(through), visit_(visit) {}

  bool done() const {
    return scan_.damage.has_value() || (through_ != 0 && scan_.head.sequence >= through_);
  }

  // Reads one segment; the last one may end in what a crash left.
  enum class Place { kBetween, kLast };
  void Segment(uint64_t first, absl::string_view bytes, Place place);
  // Checks that the scan got as far as was asked.
  SegmentScan Finish() &&;

 private:
  bool Header(uint64_t first, absl::string_view bytes, Place place);
  uint64_t Records(uint64_t first, absl::string_view bytes);
  void CheckTail(uint64_t first, absl::string_view rest);
  void Damaged(uint64_t first, absl::string_view what) {
    scan_.damage = Damage{scan_.head.sequence + 1, absl::StrCat(SegmentName(first), ": ", what)};
  }

  const uint64_t through_;
  const Visit visit_;
  SegmentScan scan_;
};

void Scanner::Segment(uint64_t first, absl::string_view bytes, Place place) {
  if (first != scan_.head.sequence + 1) {
    return Damaged(first,
                   absl::StrCat("leaves from ", scan_.head.sequence + 1, " are missing before it"));
  }
  if (!Header(first, bytes, place)) return;
  scan_.last_segment = first;
  scan_.end = Records(first, bytes);
  if (place == Place::kLast && !done()) CheckTail(first, bytes.substr(scan_.end));
}

// A segment's header is synced before its first record is written.
bool Scanner::Header(uint64_t first, absl::string_view bytes, Place place) {
  const std::optional<ChainHead> before = DecodeHeader(bytes);
  if (before == scan_.head) return true;
  const bool holds_records = AnyRecord(bytes, [](const Record&) { return true; });
  if (!before && !holds_records && place == Place::kLast) {
    scan_.tail = Tail::kUnfinishedSegment;
    scan_.unfinished = first;
    return false;
  }
  Damaged(first, before ? "does not continue the chain" : "the header is not readable");
  return false;
}

// Returns where the good records end.
uint64_t Scanner::Records(uint64_t first, absl::string_view bytes) {
  uint64_t at = kHeaderBytes;
  while (!done()) {
    const std::optional<Record> record = DecodeRecord(bytes.substr(std::min(at, bytes.size())));
    if (!record) break;
    const ChainHead next = Extend(scan_.head, record->leaf);
    if (record->sequence != next.sequence || record->chain_hash != next.hash) {
      Damaged(first, "a record does not continue the chain");
      break;
    }
    if (const absl::Status seen = visit_(*record, {first, at}); !seen.ok()) {
      Damaged(first, seen.message());
      break;
    }
    scan_.head = next;
    at += record->bytes();
  }
  return at;
}

// What follows the last good record was either never synced, or it is damage: the latter if any
// record behind it says that this sequence had been on disk.
void Scanner::CheckTail(uint64_t first, absl::string_view rest) {
  if (AllZero(rest)) return;
  const uint64_t next = scan_.head.sequence + 1;
  if (AnyRecord(rest, [next](const Record& r) { return r.synced_sequence >= next; })) {
    return Damaged(first, "a durable record is not readable");
  }
  scan_.tail = Tail::kTorn;
}

SegmentScan Scanner::Finish() && {
  if (!scan_.damage && scan_.head.sequence < through_) {
    scan_.damage = Damage{scan_.head.sequence + 1, "the log ends before its head"};
  }
  return std::move(scan_);
}

}  // namespace

absl::StatusOr<SegmentScan> ScanSegments(
    FileSystem& files, const std::string& directory, uint64_t through,
    absl::FunctionRef<absl::Status(const Record&, const LeafLocation&)> visit) {
  HIE_ASSIGN_OR_RETURN(const std::vector<uint64_t> segments, SegmentsOf(files, directory));
  Scanner scanner(through, visit);
  for (size_t i = 0; i < segments.size() && !scanner.done(); ++i) {
    HIE_ASSIGN_OR_RETURN(
        const std::string bytes,
        ReadSegment(files, absl::StrCat(directory, "/", SegmentName(segments[i]))));
    scanner.Segment(segments[i], bytes,
                    i + 1 == segments.size() ? Scanner::Place::kLast : Scanner::Place::kBetween);
  }
  return std::move(scanner).Finish();
}

}  // namespace hie::audit
