#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/consent/policy.h"

namespace hie::consent {

// Reads a policy from TOML; the files in deploy/config/policies show every key.
//
// Strict: every key is required unless it is said to be optional, and one that is not known is an
// error, as are a wrong type, an unknown word and a number out of range.  INVALID_ARGUMENT names
// the key with its path, or the line where the text is not TOML.
absl::StatusOr<Policy> ParsePolicy(absl::string_view text);

// Reads a policy from a file.  NOT_FOUND: cannot be opened; else as ParsePolicy, with the path.
absl::StatusOr<Policy> LoadPolicy(const std::string& path);

}  // namespace hie::consent
