#include "gateway/fhir/call_reading.h"

#include <utility>

#include "absl/strings/match.h"
#include "gateway/fhir/xml/xml_resource.h"
#include "services/common/json/reader.h"

namespace hie::fhir {
namespace {

Failure BadBody(const absl::Status& status) {
  if (status.code() == absl::StatusCode::kResourceExhausted) {
    return Fail(413, "too-long", "The body is too large or too deeply nested.");
  }
  Failure failure = Fail(400, "structure", "The body is not a FHIR resource.");
  failure.issues.front().system = kOutcomeSystem;
  failure.issues.front().detail_code = "InvalidJson";
  return failure;
}

Failure BadXml(const xml::Problem& problem) {
  Failure failure = BadBody(problem.status);
  if (failure.http_status == 400) {
    failure.issues.front().detail_code = "InvalidXml";
    if (!problem.path.empty()) failure.issues.front().expression.push_back(problem.path);
  }
  return failure;
}

Reading<std::optional<json::Value>> ReadBody(const http::Request& request, BodyKind kind) {
  if (kind == BodyKind::kXml) {
    xml::ReadResult result = xml::ReadResource(request.body);
    if (result.problem) return BadXml(*result.problem);
    return std::optional<json::Value>(std::move(result.resource));
  }
  absl::StatusOr<json::Value> value = json::Read(request.body);
  if (!value.ok()) return BadBody(value.status());
  if (value->Text("resourceType").empty()) return BadBody(absl::InvalidArgumentError(""));
  return std::optional<json::Value>(*std::move(value));
}

}  // namespace

Reading<RequestReading> ReadRequest(const http::Request& request, const Interaction& interaction,
                                    const Wishes& wishes) {
  RequestReading reading;
  reading.wishes = wishes;
  const bool takes_body = request.method != http::Method::kGet &&
                          request.method != http::Method::kHead &&
                          request.method != http::Method::kDelete;
  Reading<BodyKind> kind = takes_body ? ReadBodyKind(request) : Reading<BodyKind>(BodyKind::kNone);
  if (!kind.ok()) return *std::move(kind.failure);
  const bool takes_form = absl::EndsWith(interaction.path, "/_search");
  if ((kind.value == BodyKind::kForm) != takes_form && kind.value != BodyKind::kNone) {
    return Fail(415, "not-supported", "The body is of a media type that is not read here.");
  }
  const absl::string_view form =
      kind.value == BodyKind::kForm ? absl::string_view(request.body) : absl::string_view();
  Reading<SearchQuery> query = ReadSearch(request.query, form, interaction, wishes.handling);
  if (!query.ok()) return *std::move(query.failure);
  reading.query = std::move(query.value);
  if (kind.value == BodyKind::kJson || kind.value == BodyKind::kXml) {
    auto body = ReadBody(request, kind.value);
    if (!body.ok()) return *std::move(body.failure);
    reading.body = std::move(body.value);
  }
  return reading;
}

}  // namespace hie::fhir
