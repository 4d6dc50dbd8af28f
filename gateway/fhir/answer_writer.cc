#include "gateway/fhir/answer_writer.h"

#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "gateway/fhir/negotiation.h"
#include "gateway/fhir/xml/xml_resource.h"
#include "services/common/json/writer.h"
#include "services/common/rpc/trace_context.h"

namespace hie::fhir {
namespace {

// Tells whether the client has the version that it would get (If-None-Match).
bool ClientHasIt(const http::Request& request, const Answer& answer) {
  const absl::string_view tag = answer.headers.Get("ETag");
  const bool reads = request.method == http::Method::kGet || request.method == http::Method::kHead;
  if (answer.http_status != 200 || tag.empty() || !reads) return false;
  const auto version = EntityTagVersion(tag);
  for (const absl::string_view one : absl::StrSplit(request.headers.Get("If-None-Match"), ',')) {
    if (const auto had = EntityTagVersion(one); had && had == version) return true;
  }
  return false;
}

// How long it took to find nothing would tell what is hidden from what does not exist.  Where
// members were asked, it is their time that is told.
bool MayTellTime(const AnswerFrame& frame, const http::Headers& headers) {
  if (frame.access == Access::kPublic) return true;
  const absl::string_view completeness = headers.Get("HIE-Completeness");
  return !completeness.empty() && !absl::StartsWith(completeness, "expected=0,");
}

absl::StatusOr<std::string> Body(const json::Value& resource, Format format) {
  if (format == Format::kXml) return xml::WriteResource(resource);
  return json::Write(resource);
}

}  // namespace

void AddCommonHeaders(const http::Request& request, const AnswerFrame& frame,
                      http::Headers& headers) {
  if (!headers.Has("Cache-Control")) headers.Add("Cache-Control", "no-store");
  const absl::string_view correlation = request.headers.Get("X-Correlation-Id");
  if (rpc::IsRequestId(correlation)) headers.Add("X-Correlation-Id", correlation);
  if (MayTellTime(frame, headers)) {
    headers.Add("Server-Timing",
                absl::StrFormat("total;dur=%.1f", absl::ToDoubleMilliseconds(frame.taken)));
  }
  if (rpc::IsTraceparent(request.traceparent)) {
    headers.Add("Server-Timing", absl::StrCat("traceparent;desc=\"", request.traceparent, "\""));
  }
}

http::Response WriteAnswer(const http::Request& request, const AnswerFrame& frame, Answer answer) {
  http::Response response;
  response.status = answer.http_status;
  response.headers = std::move(answer.headers);
  if (answer.cacheable) response.headers.Set("Cache-Control", "private, max-age=300");
  AddCommonHeaders(request, frame, response.headers);
  answer.headers = response.headers;
  if (ClientHasIt(request, answer)) {
    response.status = 304;
    return response;
  }
  if (!answer.resource) return response;
  absl::StatusOr<std::string> body = Body(*answer.resource, frame.format);
  if (!body.ok()) {
    const AnswerFrame in_json{Format::kJson, frame.taken, frame.access};
    return WriteFailure(
        request, in_json,
        Fail(406, "not-supported", "The resource cannot be written as XML; ask for JSON."));
  }
  response.headers.Set("Content-Type", ContentTypeOf(frame.format));
  response.body = *std::move(body);
  return response;
}

http::Response WriteFailure(const http::Request& request, const AnswerFrame& frame,
                            const Failure& failure) {
  http::Response response;
  response.status = failure.http_status;
  for (const auto& [name, value] : failure.headers) response.headers.Add(name, value);
  if (!failure.authenticate_error.empty()) {
    response.headers.Add("WWW-Authenticate", absl::StrCat("Bearer realm=\"hie\", error=\"",
                                                          failure.authenticate_error, "\""));
  }
  if (failure.retry_after_seconds > 0) {
    response.headers.Add("Retry-After", absl::StrCat(failure.retry_after_seconds));
  }
  AddCommonHeaders(request, frame, response.headers);
  const json::Value outcome = OutcomeResource(failure.issues, request.request_id);
  absl::StatusOr<std::string> body = Body(outcome, frame.format);
  const bool as_asked = body.ok();
  response.headers.Set("Content-Type", ContentTypeOf(as_asked ? frame.format : Format::kJson));
  response.body = as_asked ? *std::move(body) : json::Write(outcome);
  return response;
}

}  // namespace hie::fhir
