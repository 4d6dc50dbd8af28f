#pragma once

#include "absl/status/statusor.h"
#include "hie/consent/v1/consent_state.pb.h"
#include "services/consent/change.h"

namespace hie::consent {

// Applies commands about directives; see ConsentMachine for refusals.  Each returns the directive
// as recorded.
absl::StatusOr<v1::Directive> RecordDirective(const v1::RecordDirective& command, Change& change);
absl::StatusOr<v1::Directive> WithdrawDirective(const v1::WithdrawDirective& command,
                                                Change& change);

}  // namespace hie::consent
