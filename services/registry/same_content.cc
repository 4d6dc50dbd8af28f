#include "services/registry/same_content.h"

namespace hie::registry {
namespace {

bool HasHash(const ContentFacts& facts) { return !facts.sha256.empty() || !facts.sha1.empty(); }

bool HashesAgree(const ContentFacts& a, const ContentFacts& b) {
  if (!a.sha256.empty() && !b.sha256.empty()) return a.sha256 == b.sha256;
  if (!a.sha1.empty() && !b.sha1.empty()) return a.sha1 == b.sha1;
  return !HasHash(a) && !HasHash(b);
}

}  // namespace

Likeness Compare(const ContentFacts& filed, const ContentFacts& sent) {
  if (!HashesAgree(filed, sent)) return Likeness::kOtherHash;
  const bool sized = filed.size_bytes != 0 && sent.size_bytes != 0;
  return sized && filed.size_bytes != sent.size_bytes ? Likeness::kOtherSize : Likeness::kSame;
}

Likeness CheckClaimed(const ContentFacts& claimed, const ContentFacts& found) {
  if (!claimed.sha256.empty() && claimed.sha256 != found.sha256) return Likeness::kOtherHash;
  if (!claimed.sha1.empty() && claimed.sha1 != found.sha1) return Likeness::kOtherHash;
  if (claimed.size_bytes != 0 && claimed.size_bytes != found.size_bytes) {
    return Likeness::kOtherSize;
  }
  return Likeness::kSame;
}

}  // namespace hie::registry
