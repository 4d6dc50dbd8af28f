#include "services/registry/document_entry.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "services/common/crypto/hash.h"

namespace hie::registry {
namespace {
constexpr size_t kIdBytes = 16;  // 2^64 documents for an even chance of one collision.
}  // namespace

bool Counts(const DocumentEntry& document) {
  return document.status == DocumentStatus::kCurrent &&
         document.availability == Availability::kListed;
}

std::string ReplacedUniqueId(const DocumentEntry& document) {
  for (const Relation& relation : document.relations) {
    if (relation.kind == RelationKind::kReplaces) return relation.target_unique_id;
  }
  return "";
}

std::string EntryId(const MemberId& member, const std::string& unique_id) {
  // A member id holds no zero byte, so the pair is told apart.
  const std::string pair = absl::StrCat(member.value(), absl::string_view("\0", 1), unique_id);
  return absl::BytesToHexString(crypto::Sha256(pair).substr(0, kIdBytes));
}

}  // namespace hie::registry
