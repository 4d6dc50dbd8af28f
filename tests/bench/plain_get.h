#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace hie::bench {

// The body of a GET over plain HTTP from 127.0.0.1:port; UNAVAILABLE: not answered with 200.
absl::StatusOr<std::string> PlainGet(const std::string& address, const std::string& path);

}  // namespace hie::bench
