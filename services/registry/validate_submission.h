#pragma once

#include <cstddef>

#include "absl/status/status.h"
#include "services/registry/document_entry.h"

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

// Checks everything that can be told from the submission alone.
//
// INVALID_ARGUMENT: `<field>: want ...`; names the element, repeats no value.
absl::Status ValidateSubmission(const Submission& submission);

}  // namespace hie::registry
