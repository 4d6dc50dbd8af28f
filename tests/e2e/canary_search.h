#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace hie::testing {

// What a search through files came to.
struct CanarySearch {
  std::vector<std::string> found;  // "<file>: <canary>"
  size_t files = 0;
  uint64_t bytes = 0;
};

// Looks for each canary in every file below `directory`, except in its folders named `except`.
CanarySearch SearchFiles(const std::string& directory, const std::set<std::string>& except,
                         const std::vector<std::string>& canaries);

// Returns what an HTTP/1.1 server answers, headers included.  UNAVAILABLE: it does not.
absl::StatusOr<std::string> HttpGet(const std::string& address, const std::string& path);

}  // namespace hie::testing
