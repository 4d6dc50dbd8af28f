#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace hie::hied {

// Returns the whole of a configuration file.  NOT_FOUND: cannot be read; names the path.
absl::StatusOr<std::string> ReadTextFile(const std::string& path);

// Writes `content` so that a reader sees all of it or nothing.  UNAVAILABLE names the path.
absl::Status WriteTextFile(const std::string& path, const std::string& content);

}  // namespace hie::hied
