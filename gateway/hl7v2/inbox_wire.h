#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "gateway/hl7v2/field_state.h"
#include "gateway/hl7v2/finding.h"
#include "hie/exchange/v1/intake_state.pb.h"

// Between the inbox's rows and the values of this room.
namespace hie::hl7v2 {

Finding FromProto(const exchange::v1::InboxFinding& proto);
exchange::v1::InboxFinding ToProto(const Finding& finding);

// `PID-3: want ...`: for people.
std::string Explained(const Finding& finding);

// DATA_LOSS: a stored row is bad.
absl::StatusOr<FieldState> FromProto(const exchange::v1::FieldStateRow& proto);
exchange::v1::FieldStateRow ToProto(const FieldState& state);

}  // namespace hie::hl7v2
