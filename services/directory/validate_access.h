#pragma once

#include "absl/status/status.h"
#include "services/common/member/member.h"

// How a member and the exchange reach one another: endpoints, backend clients, sources of HL7 v2
// messages.  Parts of ValidateMember, with its errors.
namespace hie::directory {

inline constexpr size_t kClientsMax = 64;  // Revoked ones stay.
inline constexpr size_t kSourcesMax = 64;
inline constexpr size_t kScopesMax = 64;  // Of one client.
inline constexpr size_t kPeersMax = 32;   // Of one source.
inline constexpr uint32_t kPageSizeMax = 1'000;
inline constexpr uint32_t kConcurrencyMax = 64;
inline constexpr uint32_t kClockSkewSecondsMax = 3'600;

// A FHIR endpoint has an https address, or an http one on the loopback where it allows private
// addresses; its sign-in is whole or absent; its quirks are within bounds.  No other kind has any.
absl::Status ValidateEndpoints(const Member& member);

// Each client has an id of its own, keys by value or by https address and never both, scopes that
// are known (IsApiScope) and purposes.
absl::Status ValidateClients(const Member& member);

// Each source has a facility; no two have the same application and facility; its default domain is
// one of the member's; peers are fingerprints or prefixes.
absl::Status ValidateSources(const Member& member);

}  // namespace hie::directory
