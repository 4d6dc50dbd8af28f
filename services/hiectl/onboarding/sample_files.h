#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace hie::ctl {

// The regular files of a folder and of those below it, ordered by path: the order in which an
// archive names them is the order in which they were sent.
//
// NOT_FOUND: no such folder.  INVALID_ARGUMENT: more than 1,000,000 files.
absl::StatusOr<std::vector<std::string>> FilesBelow(const std::string& folder);

}  // namespace hie::ctl
