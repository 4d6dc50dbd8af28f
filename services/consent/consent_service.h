#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "hie/consent/v1/consent_service.pb.h"
#include "services/common/base/clock.h"
#include "services/common/base/random_source.h"
#include "services/common/journal/journal.h"
#include "services/common/rpc/server.h"
#include "services/consent/policy.h"

namespace hie::consent {

// What the handlers work with.  All are borrowed.
struct ConsentContext {
  Journal& journal;
  const Policy& policy;
  const Clock& clock;
  RandomSource& random;
};

// Notices in one answer at most.
inline constexpr size_t kNoticesMax = 1000;

// The handlers of hie.consent.v1.ConsentService; the proto is their contract.  They may wait for
// the journal, never for an RPC.  Callable without a server.
absl::StatusOr<v1::PutDirectiveResponse> HandlePutDirective(const v1::PutDirectiveRequest& request,
                                                            const ConsentContext& context);
absl::StatusOr<v1::RevokeDirectiveResponse> HandleRevokeDirective(
    const v1::RevokeDirectiveRequest& request, const ConsentContext& context);
absl::StatusOr<v1::ListDirectivesResponse> HandleListDirectives(
    const v1::ListDirectivesRequest& request, const ConsentContext& context);
absl::StatusOr<v1::DecideResponse> HandleDecide(const v1::DecideRequest& request,
                                                const ConsentContext& context);
absl::StatusOr<v1::ConfirmFenceResponse> HandleConfirmFence(const v1::ConfirmFenceRequest& request,
                                                            const ConsentContext& context);
absl::StatusOr<v1::OpenBreakGlassResponse> HandleOpenBreakGlass(
    const v1::OpenBreakGlassRequest& request, const ConsentContext& context);
absl::StatusOr<v1::AttestSecondTierResponse> HandleAttestSecondTier(
    const v1::AttestSecondTierRequest& request, const ConsentContext& context);
absl::StatusOr<v1::EndBreakGlassResponse> HandleEndBreakGlass(
    const v1::EndBreakGlassRequest& request, const ConsentContext& context);
absl::StatusOr<v1::NoteDisclosureResponse> HandleNoteDisclosure(
    const v1::NoteDisclosureRequest& request, const ConsentContext& context);
absl::StatusOr<v1::ListNoticesResponse> HandleListNotices(const v1::ListNoticesRequest& request,
                                                          const ConsentContext& context);

// Registers every handler.  `context` must outlive `server`.
void ServeConsent(rpc::Server& server, const ConsentContext& context);

}  // namespace hie::consent
