#pragma once

#include <grpcpp/support/status.h>

#include <string>

#include "absl/status/status.h"

namespace hie::rpc {

// Returns what leaves the process for `status`.
//
// Codes map by number.  UNKNOWN becomes INTERNAL; the text of INTERNAL stays inside: the other
// side reads "internal error, request <id>".  Other messages pass: they name fields and states and
// never carry patient data.  Payloads do not pass.
grpc::Status ToGrpc(const absl::Status& status, const std::string& request_id);

// Returns the status that a call ended with.  UNKNOWN, and numbers that are no code, become
// INTERNAL.
absl::Status FromGrpc(const grpc::Status& status);

// Returns the status as ToGrpc shows it, for logs and metrics: never UNKNOWN.
absl::StatusCode OutwardCode(const absl::Status& status);

}  // namespace hie::rpc
