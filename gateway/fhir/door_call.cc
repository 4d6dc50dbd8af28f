#include "gateway/fhir/door_call.h"

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"
#include "gateway/fhir/async_answers.h"
#include "gateway/fhir/idempotent_answers.h"

namespace hie::fhir {
namespace {

// What the exchange has beyond the budget of its query, to say what it has.
constexpr absl::Duration kAnswerMargin = absl::Seconds(1);
// Documents are long: the listener's own limit on an answer.
constexpr absl::Duration kDocumentTime = absl::Minutes(5);

absl::Duration TimeFor(const Interaction& interaction, absl::Duration budget) {
  switch (interaction.kind) {
    case InteractionKind::kRead:
      return interaction.resource == "Binary" ? kDocumentTime : budget + kAnswerMargin;
    case InteractionKind::kSearch:
    case InteractionKind::kResourceOperation:
    case InteractionKind::kSystemOperation:
      return budget + kAnswerMargin;
    default:
      return kBudgetMax;
  }
}

// Answers that the same request may get again.  Others say something of the moment.
bool WorthKeeping(int status) {
  return status < 500 && status != 401 && status != 403 && status != 408 && status != 429;
}

}  // namespace

DoorCall::DoorCall(const FhirServices& services, const Interaction& interaction,
                   std::shared_ptr<http::Exchange> exchange, absl::Time begun)
    : Call(services, interaction, std::move(exchange)), begun_(begun) {}

DoorCall::~DoorCall() {
  if (!answered_) DoorCall::Fail(FromStatus(absl::InternalError("call: dropped")));
}

void DoorCall::SetWishes(const Wishes& wishes) {
  format_ = wishes.format;
  strict_ = wishes.handling == Handling::kStrict;
  wants_ndjson_ = wishes.ndjson || wishes.event_stream;
  preference_ = wishes.preference;
  budget_ = wishes.budget;
  later_wanted_ = wishes.respond_async;
}

void DoorCall::SetReading(RequestReading reading) {
  query_ = std::move(reading.query);
  body_ = std::move(reading.body);
}

void DoorCall::Begin() {
  directory_ = services_.directory->Current().directory;
  const absl::Time deadline =
      std::min(absl::Now() + TimeFor(interaction_, budget_), request().deadline);
  context_ = std::make_shared<edge::DoorContext>(caller_.caller, deadline, request().request_id,
                                                 request().traceparent);
}

void DoorCall::AnswerLater(std::string async_id) {
  async_id_ = std::move(async_id);
  respond_async_ = true;
  wants_ndjson_ = false;  // A poll shows it whole.
}

AnswerFrame DoorCall::Frame() const {
  return {format_, services_.clock->Now() - begun_, interaction_.access};
}

void DoorCall::Send(http::Response response) {
  if (!key_.empty()) {
    if (WorthKeeping(response.status)) {
      services_.idempotent->Complete(caller_.client_id, key_, response);
    } else {
      services_.idempotent->Abandon(caller_.client_id, key_);
    }
  }
  exchange_->Respond(std::move(response));
}

void DoorCall::RespondNow(Answer answer) {
  exchange_->Respond(WriteAnswer(request(), Frame(), std::move(answer)));
}

void DoorCall::Respond(Answer answer) {
  if (!Claim()) return;
  if (async_id_.empty()) return Send(WriteAnswer(request(), Frame(), std::move(answer)));
  services_.async->Complete(async_id_, AsyncAnswer{answer.http_status, std::move(answer.resource),
                                                   std::move(answer.headers)});
}

void DoorCall::Fail(Failure failure) {
  if (!Claim()) return;
  if (async_id_.empty()) return Send(WriteFailure(request(), Frame(), failure));
  services_.async->Complete(
      async_id_,
      AsyncAnswer{failure.http_status, OutcomeResource(failure.issues, request().request_id), {}});
}

std::shared_ptr<http::BodyWriter> DoorCall::Stream(int status, http::Headers headers,
                                                   std::optional<uint64_t> length) {
  answered_ = true;
  AddCommonHeaders(request(), Frame(), headers);
  return exchange_->Stream(status, std::move(headers), length);
}

void DoorCall::Replay(const http::Response& response) {
  if (Claim()) exchange_->Respond(response);
}

}  // namespace hie::fhir
