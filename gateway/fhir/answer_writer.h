#pragma once

#include "absl/time/time.h"
#include "gateway/fhir/call.h"
#include "gateway/http/exchange.h"

namespace hie::fhir {

// What every answer to one request has in common.
struct AnswerFrame {
  Format format = Format::kJson;
  absl::Duration taken;  // Since the request came.
  Access access = Access::kPatientData;
};

// The HTTP form of a good answer: media type, caching, entity tag (304 where the client has that
// version), correlation id, and Server-Timing where time tells nothing: a public answer, or one
// that members were waited for.  A resource that XML cannot hold becomes a 406.
http::Response WriteAnswer(const http::Request& request, const AnswerFrame& frame, Answer answer);

// The HTTP form of a failure: an OperationOutcome, WWW-Authenticate, Retry-After.
http::Response WriteFailure(const http::Request& request, const AnswerFrame& frame,
                            const Failure& failure);

// Adds what streamed answers have in common with the others.
void AddCommonHeaders(const http::Request& request, const AnswerFrame& frame,
                      http::Headers& headers);

}  // namespace hie::fhir
