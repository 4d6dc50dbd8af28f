#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace hie::agent {

// A file of the source folder is read up to this size.
inline constexpr size_t kSourceFileBytesMax = 64 << 20;

// One file, and what tells that it changed.
struct SourceFile {
  std::string path;  // Relative to the folder, with '/'.
  uint64_t size = 0;
  int64_t modified_nanos = 0;
  friend bool operator==(const SourceFile&, const SourceFile&) = default;
};

// Returns every regular file below `folder`, ordered by path; hidden ones, and what begins or ends
// with '~' or ends with .tmp or .part, are left out, and links are not followed.
//
// NOT_FOUND: no such folder; PERMISSION_DENIED: it cannot be read.  Messages name the folder.
absl::StatusOr<std::vector<SourceFile>> ListSourceFiles(const std::string& folder);

// Returns the content of a file of the folder.
//
// INVALID_ARGUMENT: `path` leads out of the folder, by "..", from the root or over a link.
// NOT_FOUND; RESOURCE_EXHAUSTED beyond `bytes_max`.
absl::StatusOr<std::string> ReadSourceFile(const std::string& folder, const std::string& path,
                                           size_t bytes_max = kSourceFileBytesMax);

// Returns the path, relative to the folder, that `url` names in a file at `from`; empty where it
// is absolute, has a scheme or leads out.
std::string ResolveRelative(absl::string_view from, absl::string_view url);

// Returns how logs name a file: twelve hexadecimal digits of the hash of its path, since file names
// at hospitals often are the patient's name or number.
std::string FileTag(absl::string_view path);

}  // namespace hie::agent
