#pragma once

#include <cstddef>

#include "absl/status/status.h"
#include "services/registry/submission.h"

namespace hie::registry {

// Limits of one submission.
inline constexpr size_t kDocumentsMax = 1000;
inline constexpr size_t kClaimsMax = 1000;
inline constexpr size_t kSubmissionIdBytesMax = 128;
inline constexpr size_t kUniqueIdBytesMax = 256;
inline constexpr size_t kMemberBytesMax = 32;
inline constexpr size_t kPlaceBytesMax = 64;
inline constexpr size_t kCodeBytesMax = 64;
inline constexpr size_t kMediaTypeBytesMax = 128;
inline constexpr size_t kTextBytesMax = 512;
inline constexpr size_t kSha256Bytes = 32;
inline constexpr size_t kSha1Bytes = 20;
inline constexpr size_t kSystemBytesMax = 256;
inline constexpr size_t kLanguageBytesMax = 64;
inline constexpr size_t kContentIdBytesMax = 64;
inline constexpr size_t kListMax = 32;  // Codes of one kind, identifiers, relations, names.
inline constexpr size_t kNamePartsMax = 16;
inline constexpr size_t kResourceBytesMax = size_t{256} << 10;
inline constexpr size_t kSamePersonMax = 256;
inline constexpr size_t kSetDocumentsMax = 1000;  // Filed earlier.

// Checks everything that can be told from the submission alone.
//
// INVALID_ARGUMENT: `<field>: want ...`; names the element, repeats no value.
absl::Status ValidateSubmission(const Submission& submission);

}  // namespace hie::registry
