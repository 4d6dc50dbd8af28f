#include "services/common/crypto/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "services/common/base/status_macros.h"

namespace hie::crypto {
namespace {

constexpr size_t kFileBytesMax = 16 << 20;

// Closes a file descriptor at the end of a scope.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

absl::Status Refused(absl::string_view path, int error) {
  return absl::UnavailableError(absl::StrCat(path, ": ", std::strerror(error)));
}

absl::Status WriteAll(int fd, absl::string_view content, absl::string_view path) {
  while (!content.empty()) {
    const ssize_t written = write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return Refused(path, errno);
    content.remove_prefix(static_cast<size_t>(written));
  }
  return fsync(fd) == 0 ? absl::OkStatus() : Refused(path, errno);
}

// Without this the rename itself may be lost with the power.
absl::Status SyncDirectory(const std::string& path) {
  const Descriptor directory(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() < 0 || fsync(directory.get()) != 0) return Refused(path, errno);
  return absl::OkStatus();
}

absl::Status WriteTemporary(const std::string& path, absl::string_view content, mode_t mode) {
  unlink(path.c_str());  // Left over from a crash, perhaps with another mode.
  const Descriptor file(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
  if (file.get() < 0) return Refused(path, errno);
  if (fchmod(file.get(), mode) != 0) return Refused(path, errno);  // The umask may be odd.
  return WriteAll(file.get(), content, path);
}

}  // namespace

absl::Status WriteFileAtomically(const std::string& path, absl::string_view content,
                                 FileAccess access) {
  const std::filesystem::path parent = std::filesystem::absolute(path).parent_path();
  std::error_code error;
  std::filesystem::create_directories(parent, error);
  if (error) return Refused(parent.string(), error.value());
  const std::string temporary = absl::StrCat(path, ".tmp.", getpid());
  const mode_t mode = access == FileAccess::kOwnerOnly ? 0600 : 0644;
  absl::Status written = WriteTemporary(temporary, content, mode);
  if (written.ok() && rename(temporary.c_str(), path.c_str()) != 0) written = Refused(path, errno);
  if (!written.ok()) {
    unlink(temporary.c_str());
    return written;
  }
  return SyncDirectory(parent.string());
}

absl::StatusOr<std::string> ReadWholeFile(const std::string& path) {
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0 && errno == ENOENT) return absl::NotFoundError(absl::StrCat(path, ": absent"));
  if (file.get() < 0) return Refused(path, errno);
  std::string content;
  char buffer[16 << 10];
  for (;;) {
    const ssize_t got = read(file.get(), buffer, sizeof(buffer));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Refused(path, errno);
    if (got == 0) return content;
    content.append(buffer, static_cast<size_t>(got));
    if (content.size() > kFileBytesMax) return Refused(path, EFBIG);
  }
}

}  // namespace hie::crypto
