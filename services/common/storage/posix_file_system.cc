#include "services/common/storage/posix_file_system.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "services/common/base/status_macros.h"

namespace hie {
namespace {

// Files hold patient data: nobody but the owner reads them.
constexpr mode_t kFileMode = 0600;
constexpr mode_t kDirMode = 0700;

absl::Status ErrnoStatus(int error, absl::string_view what, absl::string_view path) {
  const std::string text = absl::StrCat(what, " ", path, ": ", std::strerror(error));
  switch (error) {
    case ENOENT:
      return absl::NotFoundError(text);
    case EEXIST:
      return absl::AlreadyExistsError(text);
    case ENOSPC:
    case EDQUOT:
    case EMFILE:
    case ENFILE:
      return absl::ResourceExhaustedError(text);
    case EACCES:
    case EPERM:
    case EROFS:
    case ENOTDIR:
    case ENOTEMPTY:
    case EISDIR:
      return absl::FailedPreconditionError(text);
    case EINVAL:
    case EBADF:
      return absl::InternalError(text);
    default:
      return absl::UnavailableError(text);
  }
}

// Repeats a system call that a signal interrupted.
template <typename Call>
auto Uninterrupted(Call call) {
  auto result = call();
  while (result == -1 && errno == EINTR) result = call();
  return result;
}

int OpenFlags(OpenMode mode) {
  switch (mode) {
    case OpenMode::kRead:
      return O_RDONLY;
    case OpenMode::kReadWrite:
      return O_RDWR;
    case OpenMode::kCreate:
      return O_RDWR | O_CREAT | O_EXCL;
    case OpenMode::kOpenOrCreate:
      return O_RDWR | O_CREAT;
  }
  return O_RDONLY;
}

class PosixFile final : public File {
 public:
  PosixFile(int descriptor, std::string path) : descriptor_(descriptor), path_(std::move(path)) {}
  ~PosixFile() override { ::close(descriptor_); }
  PosixFile(const PosixFile&) = delete;
  PosixFile& operator=(const PosixFile&) = delete;

  absl::Status Append(absl::string_view data) override {
    HIE_ASSIGN_OR_RETURN(const uint64_t end, Size());
    return PWrite(end, data);
  }

  absl::Status PWrite(uint64_t offset, absl::string_view data) override {
    while (!data.empty()) {
      const ssize_t written = Uninterrupted([&] {
        return ::pwrite(descriptor_, data.data(), data.size(), static_cast<off_t>(offset));
      });
      if (written < 0) return ErrnoStatus(errno, "write", path_);
      offset += static_cast<uint64_t>(written);
      data.remove_prefix(static_cast<size_t>(written));
    }
    return absl::OkStatus();
  }

  absl::StatusOr<std::string> ReadAt(uint64_t offset, size_t size) const override {
    std::string data(size, '\0');
    size_t have = 0;
    while (have < size) {
      const ssize_t count = Uninterrupted([&] {
        return ::pread(descriptor_, &data[have], size - have, static_cast<off_t>(offset + have));
      });
      if (count < 0) return ErrnoStatus(errno, "read", path_);
      if (count == 0) break;
      have += static_cast<size_t>(count);
    }
    data.resize(have);
    return data;
  }

  absl::Status Sync() override {
    if (Uninterrupted([&] { return ::fdatasync(descriptor_); }) != 0) {
      return ErrnoStatus(errno, "sync", path_);
    }
    return absl::OkStatus();
  }

  absl::Status Truncate(uint64_t size) override {
    if (Uninterrupted([&] { return ::ftruncate(descriptor_, static_cast<off_t>(size)); }) != 0) {
      return ErrnoStatus(errno, "truncate", path_);
    }
    return absl::OkStatus();
  }

  absl::Status Allocate(uint64_t size) override {
    if (size == 0) return absl::OkStatus();
    int error = EINTR;
    while (error == EINTR) error = ::posix_fallocate(descriptor_, 0, static_cast<off_t>(size));
    return error == 0 ? absl::OkStatus() : ErrnoStatus(error, "allocate", path_);
  }

  absl::StatusOr<uint64_t> Size() const override {
    struct stat facts {};
    if (::fstat(descriptor_, &facts) != 0) return ErrnoStatus(errno, "stat", path_);
    return static_cast<uint64_t>(facts.st_size);
  }

 private:
  const int descriptor_;
  const std::string path_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<File>> PosixFileSystem::Open(const std::string& path,
                                                            OpenMode mode) {
  const int descriptor =
      Uninterrupted([&] { return ::open(path.c_str(), OpenFlags(mode) | O_CLOEXEC, kFileMode); });
  if (descriptor < 0) return ErrnoStatus(errno, "open", path);
  return std::make_unique<PosixFile>(descriptor, path);
}

absl::Status PosixFileSystem::Rename(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return ErrnoStatus(errno, "rename", from);
  return absl::OkStatus();
}

absl::Status PosixFileSystem::Remove(const std::string& path) {
  if (std::remove(path.c_str()) != 0) return ErrnoStatus(errno, "remove", path);
  return absl::OkStatus();
}

absl::Status PosixFileSystem::CreateDir(const std::string& path) {
  for (size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
    const std::string prefix = path.substr(0, end);
    if (::mkdir(prefix.c_str(), kDirMode) != 0 && errno != EEXIST) {
      return ErrnoStatus(errno, "create", prefix);
    }
    if (end == std::string::npos) return absl::OkStatus();
  }
}

absl::StatusOr<std::vector<std::string>> PosixFileSystem::List(const std::string& directory) const {
  DIR* stream = ::opendir(directory.c_str());
  if (stream == nullptr) return ErrnoStatus(errno, "list", directory);
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* entry = ::readdir(stream)) {
    const absl::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  const int error = errno;
  ::closedir(stream);
  if (error != 0) return ErrnoStatus(error, "list", directory);
  std::sort(names.begin(), names.end());
  return names;
}

absl::StatusOr<bool> PosixFileSystem::Exists(const std::string& path) const {
  struct stat facts {};
  if (::stat(path.c_str(), &facts) == 0) return true;
  if (errno == ENOENT || errno == ENOTDIR) return false;
  return ErrnoStatus(errno, "stat", path);
}

absl::Status PosixFileSystem::SyncDir(const std::string& directory) {
  const int descriptor =
      Uninterrupted([&] { return ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
  if (descriptor < 0) return ErrnoStatus(errno, "open", directory);
  const int result = Uninterrupted([&] { return ::fsync(descriptor); });
  const int error = errno;
  ::close(descriptor);
  return result == 0 ? absl::OkStatus() : ErrnoStatus(error, "sync", directory);
}

}  // namespace hie
