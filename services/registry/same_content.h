#pragma once

#include <cstdint>
#include <string>

namespace hie::registry {

// What is known of a document's content; empty and 0: unknown.
struct ContentFacts {
  std::string sha256;
  std::string sha1;
  uint64_t size_bytes = 0;
};

// How the facts of two contents stand to each other.
enum class Likeness {
  kSame,
  kOtherHash,
  kOtherSize,  // No hash differs, but the sizes do.
};

// Tells whether a document that is sent again is the one that is filed.
//
// The strongest hash that both have decides: SHA-256, then SHA-1.  Where only one of them has a
// hash, or each has another kind, sameness cannot be shown: kOtherHash.  Where neither has any
// (an on-demand document) they are the same.  Sizes, where both are known, must agree too.
Likeness Compare(const ContentFacts& filed, const ContentFacts& sent);

// Checks what was claimed of a content against what it is: every fact that is claimed must hold.
Likeness CheckClaimed(const ContentFacts& claimed, const ContentFacts& found);

}  // namespace hie::registry
