#include "services/hiectl/onboarding/sample_files.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace hie::ctl {
namespace {

constexpr size_t kFilesMax = 1'000'000;

}  // namespace

absl::StatusOr<std::vector<std::string>> FilesBelow(const std::string& folder) {
  std::error_code error;
  std::vector<std::string> files;
  std::filesystem::recursive_directory_iterator at(folder, error);
  for (; !error && at != std::filesystem::recursive_directory_iterator(); at.increment(error)) {
    if (!at->is_regular_file(error)) continue;
    if (files.size() == kFilesMax) {
      return absl::InvalidArgumentError(absl::StrCat(folder, ": want at most 1,000,000 files"));
    }
    files.push_back(at->path().string());
  }
  if (error) return absl::NotFoundError(absl::StrCat(folder, ": cannot be read"));
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace hie::ctl
