#include "gateway/fhir/own_interactions.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/fhir/async_answers.h"
#include "gateway/fhir/call.h"
#include "services/common/json/writer.h"

namespace hie::fhir {
namespace {

constexpr int kPollSeconds = 1;

void RunMetadata(const std::shared_ptr<Call>& call, const OwnTable& table) {
  Answer answer;
  answer.resource = CapabilityStatement(table.rows, table.frame);
  answer.cacheable = true;
  call->Respond(std::move(answer));
}

// No FHIR resource: plain JSON.
void RunDiscovery(const std::shared_ptr<Call>& call, const OwnTable& table) {
  std::string text = json::Write(SmartConfiguration(table.rows, table.frame));
  auto writer = call->Stream(
      200, {{"Content-Type", "application/json"}, {"Cache-Control", "private, max-age=300"}},
      text.size());
  writer->Write(std::move(text), [writer](bool taken) {
    if (taken) writer->End();
  });
}

std::string StatusLine(int status) {
  switch (status) {
    case 200:
      return "200 OK";
    case 503:
      return "503 Service Unavailable";
    case 504:
      return "504 Gateway Timeout";
    default:
      return absl::StrCat(status);
  }
}

// The finished answer as the one entry of a batch-response.
Answer Finished(const AsyncAnswer& answer) {
  json::Value response = json::Value::Object();
  response.Set("status", json::Value::String(StatusLine(answer.http_status)));
  json::Value entry = json::Value::Object();
  const bool good = answer.http_status < 300;
  if (good && answer.resource) entry.Set("resource", *answer.resource);
  if (!good && answer.resource) response.Set("outcome", *answer.resource);
  entry.Set("response", std::move(response));
  json::Value bundle = json::Value::Object();
  bundle.Set("resourceType", json::Value::String("Bundle"));
  bundle.Set("type", json::Value::String("batch-response"));
  bundle.Set("entry", json::Value::Array({std::move(entry)}));
  Answer finished;
  finished.resource = std::move(bundle);
  const absl::string_view completeness = answer.headers.Get("HIE-Completeness");
  if (!completeness.empty()) finished.headers.Add("HIE-Completeness", completeness);
  return finished;
}

// Whoever fetches must be who asked, the same person where it was one, for the same purpose, and
// still be allowed to ask.  No handler of the exchange looks at the member again: so this does.
bool MayFetch(const Call& call, const AsyncStatus& status) {
  const Actor& actor = call.caller().caller.actor;
  const Member* member = call.directory().FindMember(actor.member);
  const bool live = member != nullptr && member->state == MemberState::kLive;
  return live && status.purpose == actor.purpose && status.user == actor.user &&
         std::all_of(status.interaction->scopes.begin(), status.interaction->scopes.end(),
                     [&](const auth::ScopeNeed& need) {
                       return auth::ScopesCover(call.caller().scopes, need);
                     });
}

void RunPoll(const std::shared_ptr<Call>& call) {
  const auto status = call->services().async->Find(call->caller().client_id, call->id());
  if (!status.ok() || !MayFetch(*call, *status)) {
    return call->Fail(absl::NotFoundError("query: unknown"));
  }
  if (status->answer) return call->Respond(Finished(*status->answer));
  Answer waiting;
  waiting.http_status = 202;
  waiting.headers.Add("X-Progress", absl::StrCat(status->progress.done, "/",
                                                 status->progress.expected, " members"));
  waiting.headers.Add("Retry-After", absl::StrCat(kPollSeconds));
  call->Respond(std::move(waiting));
}

void RunCancel(const std::shared_ptr<Call>& call) {
  AsyncAnswers& async = *call->services().async;
  const auto asked = async.Find(call->caller().client_id, call->id());
  if (!asked.ok() || !MayFetch(*call, *asked)) {
    return call->Fail(absl::NotFoundError("query: unknown"));
  }
  const absl::Status status = async.Cancel(call->caller().client_id, call->id());
  if (!status.ok()) return call->Fail(status);
  Answer answer;
  answer.http_status = 202;
  call->Respond(std::move(answer));
}

Interaction StatusRow(http::Method method, std::function<void(std::shared_ptr<Call>)> run) {
  Interaction row;
  row.kind = InteractionKind::kSystemOperation;
  row.method = method;
  row.path = "/$hie-query-status/{id}";
  row.operation = "hie-query-status";
  row.access = Access::kPatientData;
  row.run = std::move(run);
  return row;
}

}  // namespace

std::vector<Interaction> OwnInteractions(std::shared_ptr<const OwnTable> table) {
  Interaction metadata;
  metadata.kind = InteractionKind::kCapabilities;
  metadata.path = "/metadata";
  metadata.access = Access::kPublic;
  metadata.run = [table](std::shared_ptr<Call> call) { RunMetadata(call, *table); };
  Interaction discovery;
  discovery.kind = InteractionKind::kDiscovery;
  discovery.path = "/.well-known/smart-configuration";
  discovery.access = Access::kPublic;
  discovery.run = [table](std::shared_ptr<Call> call) { RunDiscovery(call, *table); };
  return {std::move(metadata), std::move(discovery), StatusRow(http::Method::kGet, RunPoll),
          StatusRow(http::Method::kDelete, RunCancel)};
}

}  // namespace hie::fhir
