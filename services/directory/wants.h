#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

// The words in which a member is refused.  For the .cc files of this room only.
namespace hie::directory {

inline constexpr absl::string_view kWantId = "1..64 of A-Z a-z 0-9 . _ -";
inline constexpr absl::string_view kWantText = "at most 256 bytes without control characters";

// INVALID_ARGUMENT, `member.<field>: want <want>`.
inline absl::Status Want(absl::string_view field, absl::string_view want) {
  return absl::InvalidArgumentError(absl::StrCat("member.", field, ": want ", want));
}

// `<list>[<index>]<rest>`.
inline std::string At(absl::string_view list, size_t index, absl::string_view rest = "") {
  return absl::StrCat(list, "[", index, "]", rest);
}

}  // namespace hie::directory
