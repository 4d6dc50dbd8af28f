#include "services/audit/segment_log.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/base/status_macros.h"

namespace hie::audit {
namespace {

absl::Status Lost(absl::string_view what) {
  return absl::DataLossError(
      absl::StrCat("audit: ", what,
                   "; acknowledged events are lost or changed: keep the files, "
                   "find out why, restore from a backup"));
}

// Reads the mark and refuses a log that does not hold what it says.
absl::Status CheckMark(const std::string& path, const std::optional<ChainHead>& mark,
                       const ChainHead& head, const std::optional<ChainHead>& at_mark) {
  if (!mark && head.sequence > 0) {
    return Lost(absl::StrCat("the high-water mark ", path, " is missing"));
  }
  if (!mark || mark->sequence == 0) return absl::OkStatus();
  if (head.sequence < mark->sequence) {
    return Lost(absl::StrCat("the segments end at sequence ", head.sequence, ", the mark ", path,
                             " says ", mark->sequence));
  }
  if (at_mark != mark) {
    return Lost(
        absl::StrCat("leaf ", mark->sequence, " is not the one that the mark ", path, " says"));
  }
  return absl::OkStatus();
}

absl::Status CheckOptions(const SegmentLog::Options& options) {
  if (options.files == nullptr || options.directory.empty() || options.mark_path.empty()) {
    return absl::InvalidArgumentError("audit: want files, a directory and a mark");
  }
  if (options.segment_bytes < kHeaderBytes + kRecordOverheadBytes) {
    return absl::InvalidArgumentError("audit: want larger segments");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<SegmentLog>> SegmentLog::Open(
    Options options, absl::FunctionRef<absl::Status(const Record&, const LeafLocation&)> visit) {
  HIE_RETURN_IF_ERROR(CheckOptions(options));
  FileSystem& files = *options.files;
  for (const std::string& directory :
       {ParentDir(options.mark_path), ParentDir(options.directory), options.directory}) {
    HIE_RETURN_IF_ERROR(files.CreateDir(directory));
  }
  HIE_RETURN_IF_ERROR(files.SyncDir(ParentDir(options.directory)));
  HIE_ASSIGN_OR_RETURN(const std::optional<ChainHead> mark,
                       HeadMark::Read(files, options.mark_path));
  std::optional<ChainHead> at_mark;
  HIE_ASSIGN_OR_RETURN(
      const SegmentScan scan,
      ScanSegments(files, options.directory, 0, [&](const Record& record, const LeafLocation& at) {
        if (mark && record.sequence == mark->sequence) {
          at_mark = ChainHead{record.sequence, record.chain_hash};
        }
        return visit(record, at);
      }));
  if (scan.damage) {
    return Lost(absl::StrCat("sequence ", scan.damage->sequence, ": ", scan.damage->what));
  }
  HIE_RETURN_IF_ERROR(CheckMark(options.mark_path, mark, scan.head, at_mark));
  std::unique_ptr<SegmentLog> log(new SegmentLog(std::move(options)));
  HIE_RETURN_IF_ERROR(log->Recover(scan));
  return log;
}

std::string SegmentLog::Path(uint64_t first) const {
  return absl::StrCat(options_.directory, "/", SegmentName(first));
}

absl::Status SegmentLog::Recover(const SegmentScan& scan) {
  if (scan.unfinished) HIE_RETURN_IF_ERROR(options_.files->Remove(Path(*scan.unfinished)));
  if (scan.last_segment) HIE_RETURN_IF_ERROR(CutTail(scan));
  HIE_RETURN_IF_ERROR(options_.files->SyncDir(options_.directory));
  {
    MutexLock lock(mutex_);
    head_ = scan.head;
  }
  // Only now: the mark must never lead what is durable.
  HIE_ASSIGN_OR_RETURN(mark_, HeadMark::Open(*options_.files, options_.mark_path, scan.head));
  return absl::OkStatus();
}

// A torn record must not stay: the bytes of a later, shorter write could make it readable again.
absl::Status SegmentLog::CutTail(const SegmentScan& scan) {
  segment_ = *scan.last_segment;
  end_ = scan.end;
  HIE_ASSIGN_OR_RETURN(file_, options_.files->Open(Path(segment_), OpenMode::kReadWrite));
  if (scan.tail == Tail::kTorn) HIE_RETURN_IF_ERROR(file_->Truncate(end_));
  // Leaves of a process that was killed may be in the page cache only.
  HIE_RETURN_IF_ERROR(file_->Sync());
  const absl::Status reserved = ReserveSegment(*file_);
  // A full disk must not keep the log from being read: the next append asks again.
  if (absl::IsResourceExhausted(reserved)) end_ = std::max(end_, options_.segment_bytes);
  return absl::IsResourceExhausted(reserved) ? absl::OkStatus() : reserved;
}

absl::Status SegmentLog::ReserveSegment(File& file) {
  HIE_RETURN_IF_ERROR(file.Allocate(options_.segment_bytes));
  return file.Sync();
}

// A cut-short attempt leaves a file without a whole header, which the next one overwrites.
absl::Status SegmentLog::StartSegment() {
  const ChainHead before = head();
  const uint64_t first = before.sequence + 1;
  HIE_ASSIGN_OR_RETURN(std::unique_ptr<File> file,
                       options_.files->Open(Path(first), OpenMode::kOpenOrCreate));
  HIE_RETURN_IF_ERROR(file->Truncate(0));
  HIE_RETURN_IF_ERROR(file->Allocate(options_.segment_bytes));
  HIE_RETURN_IF_ERROR(file->PWrite(0, EncodeHeader(before)));
  HIE_RETURN_IF_ERROR(file->Sync());
  HIE_RETURN_IF_ERROR(options_.files->SyncDir(options_.directory));
  file_ = std::move(file);
  segment_ = first;
  end_ = kHeaderBytes;
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Appended>> SegmentLog::Append(const std::vector<std::string>& leaves) {
  const ChainHead before = head();
  ChainHead next = before;
  std::string bytes;
  std::vector<Appended> appended;
  for (const std::string& leaf : leaves) {
    if (leaf.size() > kLeafBytesMax) return absl::InvalidArgumentError("audit: leaf too large");
    next = Extend(next, leaf);
    appended.push_back({{0, bytes.size()}, next});
    AppendRecord({next.sequence, before.sequence, leaf, next.hash}, bytes);
  }
  if (bytes.empty() || bytes.size() > capacity()) {
    return absl::InvalidArgumentError("audit: want leaves that fit one segment");
  }
  if (file_ == nullptr || end_ + bytes.size() > options_.segment_bytes) {
    // Nothing may follow in the old segment, also if this fails and a smaller group comes next:
    // the name of the new one already says where it ends.
    end_ = options_.segment_bytes;
    HIE_RETURN_IF_ERROR(StartSegment());
  }
  absl::Status written = file_->PWrite(end_, bytes);
  if (written.ok()) written = file_->Sync();
  if (written.ok()) written = mark_->Advance(next);
  // The space was reserved: a disk that is full here leaves unknown bytes behind.
  if (!written.ok()) return absl::DataLossError(written.message());
  for (Appended& leaf : appended) {
    leaf.location = {segment_, end_ + leaf.location.offset};
  }
  end_ += bytes.size();
  MutexLock lock(mutex_);
  head_ = std::move(next);
  return appended;
}

ChainHead SegmentLog::head() const {
  MutexLock lock(mutex_);
  return head_;
}

absl::StatusOr<std::shared_ptr<File>> SegmentLog::ReadFile(uint64_t segment) const {
  MutexLock lock(mutex_);
  const auto it = open_.find(segment);
  if (it != open_.end()) return it->second;
  HIE_ASSIGN_OR_RETURN(std::shared_ptr<File> file,
                       options_.files->Open(Path(segment), OpenMode::kRead));
  if (open_.size() >= kOpenSegmentsMax) open_.erase(open_.begin());
  open_[segment] = file;
  return file;
}

absl::StatusOr<Record> SegmentLog::Read(const LeafLocation& location) const {
  HIE_ASSIGN_OR_RETURN(const std::shared_ptr<File> file, ReadFile(location.segment));
  // Most leaves fit the first read.
  constexpr size_t kFirstBytes = 2048;
  for (const size_t size : {kFirstBytes, kRecordOverheadBytes + kLeafBytesMax}) {
    HIE_ASSIGN_OR_RETURN(const std::string bytes, file->ReadAt(location.offset, size));
    if (std::optional<Record> record = DecodeRecord(bytes)) return *std::move(record);
  }
  return absl::DataLossError(absl::StrCat("audit: ", SegmentName(location.segment),
                                          ": the record at ", location.offset, " is not readable"));
}

}  // namespace hie::audit
