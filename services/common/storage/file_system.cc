#include "services/common/storage/file_system.h"

#include "services/common/base/status_macros.h"

namespace hie {

std::string ParentDir(absl::string_view path) {
  const size_t slash = path.rfind('/');
  if (slash == absl::string_view::npos) return ".";
  return std::string(path.substr(0, slash == 0 ? 1 : slash));
}

absl::Status ReplaceFile(FileSystem& files, const std::string& path, absl::string_view content) {
  const std::string fresh = path + ".new";
  {
    HIE_ASSIGN_OR_RETURN(const std::unique_ptr<File> file,
                         files.Open(fresh, OpenMode::kOpenOrCreate));
    HIE_RETURN_IF_ERROR(file->Truncate(0));
    HIE_RETURN_IF_ERROR(file->PWrite(0, content));
    HIE_RETURN_IF_ERROR(file->Sync());
  }
  HIE_RETURN_IF_ERROR(files.Rename(fresh, path));
  return files.SyncDir(ParentDir(path));
}

}  // namespace hie
