#include "services/hiectl/matching/combination_file.h"

#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "services/common/base/status_macros.h"
#include "services/hiectl/matching/file_bytes.h"

namespace hie::ctl::matching {

std::string ShippedCombinationsPath() {
  std::error_code unseen;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", unseen);
  if (unseen) return "";
  return (program.parent_path().parent_path() / "share/hie/combinations/cms.txt").string();
}

absl::StatusOr<mpi::CombinationRules> OpenCombinations(const std::string& path,
                                                       const Voice& voice) {
  const std::string file = path.empty() ? ShippedCombinationsPath() : path;
  std::error_code unseen;
  if (path.empty() && !std::filesystem::exists(file, unseen)) {
    voice.note(
        absl::StrCat("no rules of combinations: ", file, " is absent; --rules=FILE names another"));
    return mpi::NoCombinations();
  }
  HIE_ASSIGN_OR_RETURN(const FileBytes bytes, FileBytes::Open(file));
  auto read = mpi::ReadCombinations(bytes.bytes());
  if (read.ok()) return read;
  return absl::Status(read.status().code(), absl::StrCat(file, ": ", read.status().message()));
}

}  // namespace hie::ctl::matching
