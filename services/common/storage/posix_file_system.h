#pragma once

#include <memory>
#include <string>
#include <vector>

#include "services/common/storage/file_system.h"

namespace hie {

// The machine's files.
class PosixFileSystem final : public FileSystem {
 public:
  absl::StatusOr<std::unique_ptr<File>> Open(const std::string& path, OpenMode mode) override;
  absl::Status Rename(const std::string& from, const std::string& to) override;
  absl::Status Remove(const std::string& path) override;
  absl::Status CreateDir(const std::string& path) override;
  absl::StatusOr<std::vector<std::string>> List(const std::string& directory) const override;
  absl::StatusOr<bool> Exists(const std::string& path) const override;
  absl::Status SyncDir(const std::string& directory) override;
};

}  // namespace hie
