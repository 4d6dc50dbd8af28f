#include "services/common/journal/high_water_mark.h"

#include "absl/strings/str_cat.h"
#include "services/common/base/status_macros.h"
#include "services/common/storage/crc32c.h"
#include "services/common/storage/key_codec.h"

namespace hie {
namespace {

constexpr absl::string_view kMagic = "HIEMARK1";
constexpr size_t kRecordBytes = kMagic.size() + sizeof(uint64_t) + sizeof(uint32_t);

std::string Encode(uint64_t sequence) {
  const std::string body = absl::StrCat(kMagic, KeyWriter().U64(sequence).key());
  return absl::StrCat(body, KeyWriter().U32(Crc32c(body)).key());
}

}  // namespace

absl::StatusOr<std::optional<uint64_t>> HighWaterMark::Read(FileSystem& files,
                                                            const std::string& path) {
  HIE_ASSIGN_OR_RETURN(const bool exists, files.Exists(path));
  if (!exists) return std::nullopt;
  HIE_ASSIGN_OR_RETURN(const std::unique_ptr<File> file, files.Open(path, OpenMode::kRead));
  // One byte more than a record: a longer file is not a mark either.
  HIE_ASSIGN_OR_RETURN(const std::string record, file->ReadAt(0, kRecordBytes + 1));
  const absl::Status unreadable =
      absl::DataLossError(absl::StrCat("high-water mark ", path, " is damaged"));
  if (record.size() != kRecordBytes) return unreadable;
  KeyReader reader(absl::string_view(record).substr(kMagic.size()));
  const absl::StatusOr<uint64_t> sequence = reader.U64();
  if (!sequence.ok() || record != Encode(*sequence)) return unreadable;
  return *sequence;
}

absl::StatusOr<std::unique_ptr<HighWaterMark>> HighWaterMark::Open(FileSystem& files,
                                                                   const std::string& path,
                                                                   uint64_t sequence) {
  HIE_ASSIGN_OR_RETURN(const bool exists, files.Exists(path));
  // A new mark appears whole or not at all; an old one is overwritten in its sector.
  if (!exists) HIE_RETURN_IF_ERROR(WriteMark(files, path, sequence));
  HIE_ASSIGN_OR_RETURN(std::unique_ptr<File> file, files.Open(path, OpenMode::kReadWrite));
  std::unique_ptr<HighWaterMark> mark(new HighWaterMark(std::move(file)));
  HIE_RETURN_IF_ERROR(mark->Advance(sequence));
  HIE_RETURN_IF_ERROR(mark->Sync());
  return mark;
}

absl::Status HighWaterMark::Advance(uint64_t sequence) {
  HIE_RETURN_IF_ERROR(file_->PWrite(0, Encode(sequence)));
  unsynced_.store(true);
  return absl::OkStatus();
}

absl::Status HighWaterMark::Sync() {
  if (!unsynced_.exchange(false)) return absl::OkStatus();
  return file_->Sync();
}

absl::Status WriteMark(FileSystem& files, const std::string& path, uint64_t sequence) {
  return ReplaceFile(files, path, Encode(sequence));
}

}  // namespace hie
