#pragma once

#include <initializer_list>
#include <string>
#include <vector>

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

// What a backend client (SMART Backend Services) acts as: words in Actor::roles beside the person's
// own, made of the scopes of its token and never taken from what a client claims.  They bound a
// client at the exchange's own methods too, should a door forget to look at a scope.
inline constexpr absl::string_view kBackendQuery = "backend_query";
inline constexpr absl::string_view kBackendFeed = "backend_feed";
inline constexpr absl::string_view kBackendConsentRead = "backend_consent_read";
inline constexpr absl::string_view kBackendConsentWrite = "backend_consent_write";
inline constexpr absl::string_view kBackendAudit = "backend_audit";

// Tells whether `role` is one of those five.
bool IsBackendRole(absl::string_view role);

// The backend roles of granted scopes, in the order above.
std::vector<std::string> BackendRoles(const std::vector<std::string>& scopes);

// One line of the table: `role` may use `permission` for `purposes`.
struct Grant {
  absl::string_view role;  // "" is a member's system: neither a user nor a backend client.
  options::v1::Permission permission;
  PurposeSet purposes;
};

// Every grant there is.
absl::Span<const Grant> AllGrants();

// Tells whether a member in `state` may use `permission` at all.
//
// TEST: attach, read the directory, feed (what is fed is previewed and not registered:
// feed/admission.h) and repair intake.  SHADOW: also write directives, read its audit.  LIVE:
// everything.  SUSPENDED: nothing.
bool StateAllows(MemberState state, options::v1::Permission permission);

// Decides.  PERMISSION_DENIED names what is missing: the member's state, the permission, or a
// purpose of use.
absl::Status DecideAccess(const Member& member, const Actor& actor,
                          options::v1::Permission permission);

}  // namespace hie::auth
