#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace hie::ctl::matching {

// The bytes of a file, mapped where it is a regular file, read where it is a pipe.
//
// Move-only; the views of bytes() live as long as it does.  Forget is thread-safe.
class FileBytes {
 public:
  // NOT_FOUND: `<path>: cannot be read: <why>`.
  static absl::StatusOr<FileBytes> Open(const std::string& path);

  FileBytes(FileBytes&& other) noexcept;
  FileBytes& operator=(FileBytes&& other) noexcept;
  ~FileBytes();

  absl::string_view bytes() const { return {data_, size_}; }

  // Gives the pages inside of `part`, a part of bytes(), back to the system: they are read again
  // from the file if somebody asks.  Keeps the memory of a large file small while it is read.
  void Forget(absl::string_view part) const;

 private:
  FileBytes() = default;

  std::unique_ptr<std::string> owned_;  // Of a pipe; its bytes stay where they are.
  const char* data_ = nullptr;
  size_t size_ = 0;
  bool mapped_ = false;
};

}  // namespace hie::ctl::matching
