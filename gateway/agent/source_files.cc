#include "gateway/agent/source_files.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/common/crypto/hash.h"

namespace hie::agent {
namespace {

namespace fs = std::filesystem;

constexpr size_t kTagDigits = 12;

bool IsLeftOut(absl::string_view name) {
  return absl::StartsWith(name, ".") || absl::StartsWith(name, "~") || absl::EndsWith(name, "~") ||
         absl::EndsWith(name, ".tmp") || absl::EndsWith(name, ".part");
}

bool IsInside(const fs::path& relative) {
  return !relative.empty() && !relative.is_absolute() && *relative.begin() != "..";
}

int64_t ModifiedNanos(const fs::directory_entry& entry, std::error_code& error) {
  return entry.last_write_time(error).time_since_epoch().count();
}

}  // namespace

absl::StatusOr<std::vector<SourceFile>> ListSourceFiles(const std::string& folder) {
  std::error_code error;
  if (!fs::is_directory(folder, error)) {
    return absl::NotFoundError(absl::StrCat("source: want a folder, ", folder, " is none"));
  }
  fs::recursive_directory_iterator walk(folder, error);
  if (error) return absl::PermissionDeniedError(absl::StrCat("source: cannot read ", folder));
  std::vector<SourceFile> files;
  for (; walk != fs::recursive_directory_iterator(); walk.increment(error)) {
    if (error) return absl::PermissionDeniedError(absl::StrCat("source: cannot read ", folder));
    const fs::directory_entry& entry = *walk;
    if (IsLeftOut(entry.path().filename().string())) {
      if (entry.is_directory(error)) walk.disable_recursion_pending();
      continue;
    }
    if (entry.is_symlink(error) || !entry.is_regular_file(error)) continue;
    SourceFile file;
    file.path = entry.path().lexically_relative(folder).generic_string();
    file.size = entry.file_size(error);
    file.modified_nanos = ModifiedNanos(entry, error);
    if (!error) files.push_back(std::move(file));  // Else it was removed meanwhile.
  }
  std::sort(files.begin(), files.end(),
            [](const SourceFile& a, const SourceFile& b) { return a.path < b.path; });
  return files;
}

absl::StatusOr<std::string> ReadSourceFile(const std::string& folder, const std::string& path,
                                           size_t bytes_max) {
  const fs::path relative = fs::path(path).lexically_normal();
  std::error_code error;
  const fs::path root = fs::weakly_canonical(folder, error);
  const fs::path real = fs::weakly_canonical(root / relative, error);
  if (!IsInside(relative) || error || !IsInside(real.lexically_relative(root))) {
    return absl::InvalidArgumentError("path: want one within the source folder");
  }
  std::ifstream in(real, std::ios::binary);
  if (!in || !fs::is_regular_file(real, error)) return absl::NotFoundError("no such file");
  const uintmax_t size = fs::file_size(real, error);
  if (error || size > bytes_max) return absl::ResourceExhaustedError("file: too many bytes");
  std::string bytes(static_cast<size_t>(size), '\0');
  in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (in.gcount() != static_cast<std::streamsize>(bytes.size())) {
    return absl::NotFoundError("the file changed while it was read");
  }
  return bytes;
}

std::string ResolveRelative(absl::string_view from, absl::string_view url) {
  if (url.empty() || url.find(':') != absl::string_view::npos || url[0] == '/') return "";
  const fs::path base = fs::path(std::string(from)).parent_path();
  const fs::path path = (base / std::string(url)).lexically_normal();
  return IsInside(path) ? path.generic_string() : "";
}

std::string FileTag(absl::string_view path) {
  return crypto::Sha256Hex(path).substr(0, kTagDigits);
}

}  // namespace hie::agent
