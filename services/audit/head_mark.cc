#include "services/audit/head_mark.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/base/status_macros.h"
#include "services/common/storage/crc32c.h"
#include "services/common/storage/key_codec.h"

namespace hie::audit {
namespace {

constexpr absl::string_view kMagic = "HIEHEAD1";
constexpr size_t kMarkBytes = kMagic.size() + sizeof(uint64_t) + kHashBytes + sizeof(uint32_t);

std::string Encode(const ChainHead& head) {
  const std::string body = absl::StrCat(kMagic, KeyWriter().U64(head.sequence).key(), head.hash);
  return absl::StrCat(body, KeyWriter().U32(Crc32c(body)).key());
}

}  // namespace

absl::StatusOr<std::optional<ChainHead>> HeadMark::Read(FileSystem& files,
                                                        const std::string& path) {
  HIE_ASSIGN_OR_RETURN(const bool exists, files.Exists(path));
  if (!exists) return std::optional<ChainHead>();
  HIE_ASSIGN_OR_RETURN(const std::unique_ptr<File> file, files.Open(path, OpenMode::kRead));
  // One byte more than a mark: a longer file is not a mark either.
  HIE_ASSIGN_OR_RETURN(const std::string bytes, file->ReadAt(0, kMarkBytes + 1));
  if (bytes.size() == kMarkBytes) {
    const absl::string_view body = absl::string_view(bytes).substr(kMagic.size());
    ChainHead head;
    HIE_ASSIGN_OR_RETURN(head.sequence, KeyReader(body).U64());
    head.hash = std::string(body.substr(sizeof(uint64_t), kHashBytes));
    if (Encode(head) == bytes) return std::optional<ChainHead>(std::move(head));
  }
  return absl::DataLossError(absl::StrCat("audit: the high-water mark ", path, " is damaged"));
}

absl::StatusOr<std::unique_ptr<HeadMark>> HeadMark::Open(FileSystem& files, const std::string& path,
                                                         const ChainHead& head) {
  HIE_ASSIGN_OR_RETURN(const bool exists, files.Exists(path));
  // A new mark appears whole or not at all; an old one is overwritten in its sector.
  if (!exists) HIE_RETURN_IF_ERROR(ReplaceFile(files, path, Encode(head)));
  HIE_ASSIGN_OR_RETURN(std::unique_ptr<File> file, files.Open(path, OpenMode::kReadWrite));
  std::unique_ptr<HeadMark> mark(new HeadMark(std::move(file)));
  HIE_RETURN_IF_ERROR(mark->Advance(head));
  HIE_RETURN_IF_ERROR(mark->Sync());
  return mark;
}

absl::Status HeadMark::Advance(const ChainHead& head) {
  HIE_RETURN_IF_ERROR(file_->PWrite(0, Encode(head)));
  unsynced_.store(true);
  return absl::OkStatus();
}

absl::Status HeadMark::Sync() {
  if (!unsynced_.exchange(false)) return absl::OkStatus();
  return file_->Sync();
}

}  // namespace hie::audit
