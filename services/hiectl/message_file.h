#pragma once

#include <google/protobuf/message.h>

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace hie::ctl {

inline constexpr size_t kInputBytesMax = 16 << 20;

// Returns the whole of a file, or of standard input where `path` is "-".
//
// NOT_FOUND: cannot be read; the message names the path.  INVALID_ARGUMENT: larger than
// kInputBytesMax.
absl::StatusOr<std::string> ReadInput(const std::string& path);

// Reads a message in protobuf JSON form from `path` ("-": standard input).
//
// Patient data enters this way only: arguments show in process lists.  INVALID_ARGUMENT: not
// JSON of this message; the text is not repeated.
absl::Status ReadMessage(const std::string& path, google::protobuf::Message& message);

// As ReadMessage, in protobuf text form.
absl::Status ReadTextMessage(const std::string& path, google::protobuf::Message& message);

}  // namespace hie::ctl
