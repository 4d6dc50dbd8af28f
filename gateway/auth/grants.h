#pragma once

#include <initializer_list>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "hie/options/v1/options.pb.h"
#include "services/common/labels/access.h"
#include "services/common/member/member.h"

// Who may call what, for which purpose, while the member is in which state.  Pure tables; the whole
// of them is in README.md.
namespace hie::auth {

// A set of purposes, kUnspecified included.
class PurposeSet {
 public:
  constexpr PurposeSet() = default;
  constexpr PurposeSet(std::initializer_list<Purpose> purposes) {
    for (const Purpose purpose : purposes) bits_ |= Bit(purpose);
  }
  static constexpr PurposeSet Any() {
    PurposeSet all;
    all.bits_ = ~0u;
    return all;
  }
  constexpr bool Has(Purpose purpose) const { return (bits_ & Bit(purpose)) != 0; }

 private:
  static constexpr unsigned Bit(Purpose purpose) { return 1u << static_cast<int>(purpose); }
  unsigned bits_ = 0;
};

// One line of the table: `role` may use `permission` for `purposes`.
struct Grant {
  absl::string_view role;  // "" is a member's system: a certificate without a token.
  options::v1::Permission permission;
  PurposeSet purposes;
};

// Every grant there is.
absl::Span<const Grant> AllGrants();

// Tells whether a member in `state` may use `permission` at all.
//
// TEST: attach, read the directory.  SHADOW: also feed patients, write directives, read its audit.
// LIVE: everything.  SUSPENDED: nothing.
bool StateAllows(MemberState state, options::v1::Permission permission);

// Decides.  PERMISSION_DENIED names what is missing: the member's state, the permission, or a
// purpose of use.
absl::Status DecideAccess(const Member& member, const Actor& actor,
                          options::v1::Permission permission);

}  // namespace hie::auth
