#include "services/hiectl/matching/file_bytes.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"

namespace hie::ctl::matching {
namespace {

absl::Status Unreadable(const std::string& path, int error) {
  return absl::NotFoundError(absl::StrCat(path, ": cannot be read: ", std::strerror(error)));
}

absl::StatusOr<std::string> Drain(int fd, const std::string& path) {
  std::string all;
  char block[64 << 10];
  for (;;) {
    const ssize_t got = read(fd, block, sizeof(block));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Unreadable(path, errno);
    if (got == 0) return all;
    all.append(block, static_cast<size_t>(got));
  }
}

}  // namespace

absl::StatusOr<FileBytes> FileBytes::Open(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return Unreadable(path, errno);
  struct stat about = {};
  if (fstat(fd, &about) != 0) {
    const int error = errno;
    close(fd);
    return Unreadable(path, error);
  }
  FileBytes file;
  if (S_ISREG(about.st_mode) && about.st_size > 0) {
    file.size_ = static_cast<size_t>(about.st_size);
    void* mapped = mmap(nullptr, file.size_, PROT_READ, MAP_PRIVATE, fd, 0);
    const int error = errno;
    close(fd);
    if (mapped == MAP_FAILED) return Unreadable(path, error);
    file.data_ = static_cast<const char*>(mapped);
    file.mapped_ = true;
    return file;
  }
  auto all = Drain(fd, path);
  close(fd);
  if (!all.ok()) return all.status();
  file.owned_ = std::make_unique<std::string>(*std::move(all));
  file.data_ = file.owned_->data();
  file.size_ = file.owned_->size();
  return file;
}

FileBytes::FileBytes(FileBytes&& other) noexcept { *this = std::move(other); }

FileBytes& FileBytes::operator=(FileBytes&& other) noexcept {
  if (this == &other) return *this;
  if (mapped_) munmap(const_cast<char*>(data_), size_);
  owned_ = std::move(other.owned_);
  mapped_ = std::exchange(other.mapped_, false);
  data_ = std::exchange(other.data_, nullptr);
  size_ = std::exchange(other.size_, 0);
  return *this;
}

FileBytes::~FileBytes() {
  if (mapped_) munmap(const_cast<char*>(data_), size_);
}

void FileBytes::Forget(absl::string_view part) const {
  if (!mapped_) return;
  constexpr uintptr_t kPageBytes = 4096;
  const auto begin =
      (reinterpret_cast<uintptr_t>(part.data()) + kPageBytes - 1) & ~(kPageBytes - 1);
  const auto end = reinterpret_cast<uintptr_t>(part.data() + part.size()) & ~(kPageBytes - 1);
  if (begin < end) madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
}

}  // namespace hie::ctl::matching
