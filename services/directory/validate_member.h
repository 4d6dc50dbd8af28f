#pragma once

#include <vector>

#include "absl/status/status.h"
#include "services/common/member/member.h"

// Which members the directory admits.  Pure: no clock, no store.
//
// Every INVALID_ARGUMENT reads `member.<field>: want ...`.
namespace hie::directory {

inline constexpr size_t kMemberIdBytesMax = 32;
inline constexpr size_t kIdBytesMax = 64;
inline constexpr size_t kTextBytesMax = 256;
inline constexpr size_t kFacilitiesMax = 256;
inline constexpr size_t kUnitsMax = 256;  // Of one facility.
inline constexpr size_t kAliasesMax = 32;
inline constexpr size_t kDomainsMax = 64;
inline constexpr size_t kEndpointsMax = 8;
inline constexpr size_t kKeysMax = 128;  // Revoked ones stay: ten years of quarterly rotation.

// Tells whether the member is complete and well-formed in itself.  INVALID_ARGUMENT: it is not.
absl::Status ValidateMember(const Member& member);

// Tells whether `before` may become `after`.  Both are valid.  FAILED_PRECONDITION:
// * the state goes elsewhere than TEST <-> SHADOW -> LIVE <-> SUSPENDED, or the operator is
//   suspended: nobody could reinstate it;
// * `operator` changes;
// * a key is missing, has another use or another public key, or is no longer revoked: a key id
//   means one key for ever;
// * a client is missing or no longer revoked: its id stands in the audit;
// * after TEST: a facility, unit or domain is missing, or a domain normalises differently: records
//   and labels hang on them.
absl::Status ValidateChange(const Member& before, const Member& after);

// Tells whether a member that is not there yet may be put.  FAILED_PRECONDITION: a state other than
// TEST.  The first members of an exchange come from the seed instead.
absl::Status ValidateNew(const Member& member);

// Tells whether `member` can stand beside `others` (its own entry there is ignored).
// ALREADY_EXISTS: its home community, a domain, a facility, a public key, a client id or a source
// of messages belongs to another member, or there is an operator already.  Two members' sources
// differ in the facility, or each names an application of its own.  The message names the field,
// not the other member.
absl::Status ValidateAmong(const Member& member, const std::vector<Member>& others);

}  // namespace hie::directory
