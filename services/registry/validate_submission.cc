#include "services/registry/validate_submission.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "services/common/base/status_macros.h"

namespace hie::registry {
namespace {

absl::Status Want(absl::string_view field, absl::string_view leaf, absl::string_view want) {
  return absl::InvalidArgumentError(absl::StrCat(field, leaf, ": want ", want));
}

bool IsPrintable(absl::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; });
}

// One text field and what it may hold.
struct TextRule {
  absl::string_view leaf;
  const std::string& text;
  size_t bytes_min;
  size_t bytes_max;
};

absl::Status CheckText(absl::string_view field, const TextRule& rule) {
  const bool sized = rule.text.size() >= rule.bytes_min && rule.text.size() <= rule.bytes_max;
  if (sized && IsPrintable(rule.text)) return absl::OkStatus();
  return Want(field, rule.leaf,
              absl::StrCat(rule.bytes_min, " to ", rule.bytes_max, " printable bytes"));
}

bool IsMemberId(const std::string& text) {
  if (text.empty() || text.size() > kMemberBytesMax) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

absl::Status CheckMember(absl::string_view field, const MemberId& member) {
  if (IsMemberId(member.value())) return absl::OkStatus();
  return Want(field, ".member", "1 to 32 lower-case letters, digits, hyphens");
}

absl::Status CheckDocument(absl::string_view field, const DocumentEntry& document) {
  HIE_RETURN_IF_ERROR(CheckMember(field, document.member));
  for (const TextRule& rule : {
           TextRule{".unique_id", document.unique_id, 1, kUniqueIdBytesMax},
           TextRule{".facility", document.facility, 0, kPlaceBytesMax},
           TextRule{".unit", document.unit, 0, kPlaceBytesMax},
           TextRule{".type_code", document.type_code.value(), 0, kCodeBytesMax},
           TextRule{".title", document.title.value(), 0, kTextBytesMax},
           TextRule{".media_type", document.media_type, 0, kMediaTypeBytesMax},
           TextRule{".author", document.author.value(), 0, kTextBytesMax},
           TextRule{".replaces_unique_id", document.replaces_unique_id, 0, kUniqueIdBytesMax},
       }) {
    HIE_RETURN_IF_ERROR(CheckText(field, rule));
  }
  if (!document.sha256.empty() && document.sha256.size() != kSha256Bytes) {
    return Want(field, ".sha256", "32 bytes, or nothing");
  }
  if (document.replaces_unique_id == document.unique_id) {
    return Want(field, ".replaces_unique_id", "the unique id of another document");
  }
  return absl::OkStatus();
}

absl::Status CheckClaim(absl::string_view field, const Claim& claim) {
  HIE_RETURN_IF_ERROR(CheckMember(field, claim.member));
  if (claim.state != LocatorState::kClaimed && claim.state != LocatorState::kVerified) {
    return Want(field, ".state", "CLAIMED or VERIFIED");
  }
  return CheckText(field, {".facility", claim.facility, 0, kPlaceBytesMax});
}

}  // namespace

absl::Status ValidateSubmission(const Submission& submission) {
  HIE_RETURN_IF_ERROR(
      CheckText("", {"submission_id", submission.submission_id, 1, kSubmissionIdBytesMax}));
  if (submission.documents.size() > kDocumentsMax) return Want("documents", "", "at most 1000");
  if (submission.claims.size() > kClaimsMax) return Want("claims", "", "at most 1000");
  if (submission.documents.empty() && submission.claims.empty()) {
    return Want("documents", "", "a document or a claim");
  }
  for (size_t i = 0; i < submission.documents.size(); ++i) {
    HIE_RETURN_IF_ERROR(CheckDocument(absl::StrCat("documents[", i, "]"), submission.documents[i]));
  }
  for (size_t i = 0; i < submission.claims.size(); ++i) {
    HIE_RETURN_IF_ERROR(CheckClaim(absl::StrCat("claims[", i, "]"), submission.claims[i]));
  }
  return absl::OkStatus();
}

}  // namespace hie::registry
