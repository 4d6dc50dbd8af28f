#include "mpi/store/first_load_progress.h"

#include "absl/strings/str_cat.h"
#include "mpi/store/tables.h"
#include "services/common/base/status_macros.h"
#include "services/common/storage/crc32c.h"
#include "services/common/storage/key_codec.h"

namespace hie::mpi {
namespace {

constexpr uint8_t kFirstLoadPart = 4;
constexpr size_t kProgressBytesMax = size_t{64} << 20;
constexpr size_t kChecksumBytes = 4;

std::string ProgressPath(const std::string& directory) {
  return absl::StrCat(directory, "/progress");
}

}  // namespace

absl::StatusOr<std::optional<v1::FirstLoadProgress>> ReadFirstLoadProgress(
    FileSystem& files, const std::string& directory) {
  HIE_ASSIGN_OR_RETURN(const bool exists, files.Exists(ProgressPath(directory)));
  if (!exists) return std::optional<v1::FirstLoadProgress>();
  HIE_ASSIGN_OR_RETURN(const auto file, files.Open(ProgressPath(directory), OpenMode::kRead));
  HIE_ASSIGN_OR_RETURN(const std::string bytes, file->ReadAt(0, kProgressBytesMax));
  KeyReader head(bytes);
  const absl::StatusOr<uint32_t> checksum = head.U32();
  v1::FirstLoadProgress progress;
  if (!checksum.ok() || Crc32c(absl::string_view(bytes).substr(kChecksumBytes)) != *checksum ||
      !progress.ParseFromString(bytes.substr(kChecksumBytes))) {
    return absl::DataLossError(absl::StrCat(ProgressPath(directory), ": is damaged"));
  }
  return std::optional<v1::FirstLoadProgress>(std::move(progress));
}

absl::Status WriteFirstLoadProgress(FileSystem& files, const std::string& directory,
                                    const v1::FirstLoadProgress& progress) {
  const std::string bytes = progress.SerializeAsString();
  return ReplaceFile(files, ProgressPath(directory),
                     absl::StrCat(KeyWriter().U32(Crc32c(bytes)).key(), bytes));
}

std::string FirstLoadKey() { return KeyWriter().Text("").Text("").U8(kFirstLoadPart).key(); }

absl::StatusOr<std::optional<v1::FirstLoadRow>> ReadFirstLoad(const KvReader& state) {
  HIE_ASSIGN_OR_RETURN(const std::optional<std::string> bytes,
                       state.Get(kLoadsTable, FirstLoadKey()));
  if (!bytes) return std::optional<v1::FirstLoadRow>();
  v1::FirstLoadRow row;
  if (!row.ParseFromString(*bytes)) return absl::DataLossError("loads: a row cannot be read");
  return std::optional<v1::FirstLoadRow>(std::move(row));
}

}  // namespace hie::mpi
