#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace hie::crypto {

// Who may read a file that is written here.
enum class FileAccess {
  kOwnerOnly,  // Mode 0600: private keys.
  kEverybody,  // Mode 0644: certificates, public keys.
};

// Replaces `path` by `content`, durably: a crash leaves the old file or the new one, whole.
//
// Makes missing parent directories (0755).  UNAVAILABLE: the file system refused; the message
// names the path and the reason.
absl::Status WriteFileAtomically(const std::string& path, absl::string_view content,
                                 FileAccess access);

// Returns a file's content.  NOT_FOUND: there is none.  UNAVAILABLE: it cannot be read or is
// larger than 16 MiB.
absl::StatusOr<std::string> ReadWholeFile(const std::string& path);

}  // namespace hie::crypto
