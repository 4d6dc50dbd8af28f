#pragma once

#include "absl/status/statusor.h"
#include "hie/consent/v1/consent_state.pb.h"
#include "services/consent/change.h"

namespace hie::consent {

// Applies commands about break-glass sessions; see ConsentMachine for refusals.
absl::StatusOr<v1::BreakGlassSession> OpenSession(const v1::OpenSession& command, Change& change);
void RefuseSession(const v1::RefuseSession& command, Change& change);
absl::StatusOr<v1::BreakGlassSession> RaiseSession(const v1::RaiseSession& command, Change& change);
absl::StatusOr<v1::BreakGlassSession> EndSession(const v1::EndSession& command, Change& change);
// Returns how many notices were filed.
absl::StatusOr<uint32_t> FileDisclosures(const v1::FileDisclosures& command, Change& change);

}  // namespace hie::consent
