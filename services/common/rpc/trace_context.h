#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "services/common/base/random_source.h"

namespace hie::rpc {

// Tells whether `text` may be a request id: 1..64 of letters, digits, `.`, `_`, `-`.
bool IsRequestId(absl::string_view text);

// Tells whether `text` is a W3C traceparent of version 00 whose ids are not all zero.
bool IsTraceparent(absl::string_view text);

// Returns the trace context of a call that came with `incoming`: the same trace and flags, a new
// span id; a new trace, not sampled, where `incoming` is not a traceparent.
std::string SpanOf(absl::string_view incoming, RandomSource& random);

}  // namespace hie::rpc
