#include "gateway/fhir/fhir_door.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "gateway/fhir/answer_writer.h"
#include "gateway/fhir/async_answers.h"
#include "gateway/fhir/door_call.h"
#include "gateway/fhir/frozen_pages.h"
#include "gateway/fhir/idempotent_answers.h"
#include "gateway/fhir/own_interactions.h"
#include "gateway/fhir/router.h"
#include "services/common/crypto/hash.h"

namespace hie::fhir {
namespace {

// Path of "https://host[:port]/fhir": "/fhir".  Nothing: no absolute http(s) URL.
std::optional<std::string> PathOf(absl::string_view url) {
  if (!absl::ConsumePrefix(&url, "https://") && !absl::ConsumePrefix(&url, "http://")) {
    return std::nullopt;
  }
  const size_t slash = url.find('/');
  if (slash == 0 || url.empty() || absl::EndsWith(url, "/")) return std::nullopt;
  return slash == absl::string_view::npos ? "" : std::string(url.substr(slash));
}

bool IsKey(absl::string_view key) {
  return !key.empty() && key.size() <= kIdempotencyKeyBytesMax &&
         std::all_of(key.begin(), key.end(),
                     [](char c) { return absl::ascii_isprint(static_cast<unsigned char>(c)); });
}

bool TakesKey(const Interaction& interaction) {
  return interaction.method == http::Method::kPost &&
         (interaction.kind == InteractionKind::kCreate ||
          interaction.kind == InteractionKind::kTransaction);
}

// Only what asks many members is worth a second request.
bool MayAnswerLater(const Interaction& interaction) {
  return interaction.access == Access::kPatientData && interaction.resource != "Binary" &&
         (interaction.kind == InteractionKind::kSearch ||
          interaction.kind == InteractionKind::kResourceOperation);
}

// What only looks is given up with its client; what changes something is done to its end, so that
// the client's repetition learns what came of it.
bool OnlyLooks(const Interaction& interaction) {
  return interaction.method == http::Method::kGet || interaction.method == http::Method::kHead ||
         interaction.kind == InteractionKind::kSearch ||
         interaction.kind == InteractionKind::kResourceOperation;
}

// Another person of the client, or another purpose, makes another request of the same bytes.
std::string Fingerprint(const http::Request& request, const Actor& actor) {
  return crypto::Sha256(absl::StrCat(
      actor.user.size(), ":", actor.user, " ", static_cast<int>(actor.purpose), " ",
      MethodName(request.method), " ", request.path, "?", request.query, "\n", request.body));
}

// The exchange asks this of every call that it gets; of an answer that is kept nobody else does.
bool IsSuspended(const Call& call) {
  const Member* member = call.directory().FindMember(call.caller().caller.actor.member);
  return member != nullptr && member->state == MemberState::kSuspended;
}

std::optional<Failure> CheckAccess(const Interaction& interaction, const auth::ApiCaller& caller) {
  const bool covered = std::all_of(
      interaction.scopes.begin(), interaction.scopes.end(),
      [&](const auth::ScopeNeed& need) { return auth::ScopesCover(caller.scopes, need); });
  if (!covered) {
    Failure failure = Fail(403, "forbidden", "The token's scope does not cover the interaction.");
    failure.authenticate_error = "insufficient_scope";
    return failure;
  }
  if (interaction.access == Access::kPatientData &&
      caller.caller.actor.purpose == Purpose::kUnspecified) {
    return Fail(403, "forbidden", "purpose of use is needed");
  }
  return std::nullopt;
}

class RoutingDoor final : public FhirDoor {
 public:
  RoutingDoor(const Options& options, std::string base_path, Router router)
      : base_path_(std::move(base_path)),
        router_(std::move(router)),
        pages_(options.clock, options.random),
        async_(options.clock, options.random),
        idempotent_(options.clock),
        services_{.exchange = options.exchange,
                  .access = options.access,
                  .directory = options.directory,
                  .clock = options.clock,
                  .random = options.random,
                  .pages = &pages_,
                  .async = &async_,
                  .idempotent = &idempotent_,
                  .base_url = options.base_url} {}

  const std::vector<Interaction>& interactions() const override { return router_.rows(); }

  void Handle(std::shared_ptr<http::Exchange> exchange) override {
    const absl::Time begun = services_.clock->Now();
    const http::Request& request = exchange->request();
    absl::string_view path = request.path;
    const bool below =
        absl::ConsumePrefix(&path, base_path_) && (path.empty() || path.front() == '/');
    Route route = router_.Find(request.method, below ? path : "/-");
    if (route.interaction == nullptr) return Refuse(*exchange, begun, std::move(route));
    auto call = std::make_shared<DoorCall>(services_, *route.interaction, exchange, begun);
    call->SetId(std::move(route.id));
    if (std::optional<Failure> failure = Prepare(*call)) return call->Fail(*std::move(failure));
    Start(std::move(call), std::move(exchange));
  }

 private:
  void Refuse(http::Exchange& exchange, absl::Time begun, Route route) {
    const Reading<Wishes> wishes = ReadWishes(exchange.request(), Interaction());
    if (!route.allow.empty()) route.failure->headers.emplace_back("Allow", route.allow);
    const AnswerFrame frame{wishes.value.format, services_.clock->Now() - begun};
    exchange.Respond(WriteFailure(exchange.request(), frame, *route.failure));
  }

  // Who calls, may they, and what do they say: in this order, so that a stranger learns nothing
  // from how a body is refused.
  std::optional<Failure> Prepare(DoorCall& call) {
    const Interaction& interaction = call.interaction();
    const http::Request& request = call.request();
    Reading<Wishes> wishes = ReadWishes(request, interaction);
    if (wishes.ok()) call.SetWishes(wishes.value);
    if (interaction.access != Access::kPublic) {
      absl::StatusOr<auth::ApiCaller> caller = services_.access->Authenticate(
          request.headers.Get("Authorization"), request.peer.public_key_sha256, request.request_id);
      if (!caller.ok()) return FromStatus(caller.status());
      if (std::optional<Failure> failure = CheckAccess(interaction, *caller)) return failure;
      call.SetCaller(*std::move(caller));
    }
    if (!wishes.ok()) return wishes.failure;
    Reading<RequestReading> reading = ReadRequest(request, interaction, wishes.value);
    if (!reading.ok()) return reading.failure;
    call.SetReading(std::move(reading.value));
    call.Begin();
    return std::nullopt;
  }

  void Start(std::shared_ptr<DoorCall> call, std::shared_ptr<http::Exchange> exchange) {
    const http::Request& request = call->request();
    const Interaction& interaction = call->interaction();
    const absl::string_view key = request.headers.Get("Idempotency-Key");
    if (!key.empty() && TakesKey(interaction) && !BeginOnce(*call, key)) return;
    if (call->later_wanted() && MayAnswerLater(interaction)) {
      if (!PutOff(*call)) return;
    } else if (OnlyLooks(interaction)) {
      std::weak_ptr<edge::DoorContext> context = call->context();
      exchange->WhenGone([context = std::move(context)] {
        if (const auto alive = context.lock()) alive->Cancel();
      });
    }
    interaction.run(std::move(call));
  }

  // False: it has been answered.
  bool BeginOnce(DoorCall& call, absl::string_view key) {
    if (!IsKey(key)) {
      call.Fail(
          fhir::Fail(400, "value", "The Idempotency-Key cannot be used.", "http.Idempotency-Key"));
      return false;
    }
    const IdempotentAnswers::Begun begun = idempotent_.Begin(
        call.caller().client_id, key, Fingerprint(call.request(), call.caller().caller.actor));
    switch (begun.repetition) {
      case Repetition::kFirst:
        call.RememberUnder(std::string(key));
        return true;
      case Repetition::kAnswered:
        if (IsSuspended(call)) {
          call.Fail(absl::PermissionDeniedError("the member is suspended"));
        } else {
          call.Replay(*begun.answer);
        }
        return false;
      case Repetition::kInFlight: {
        Failure failure = fhir::Fail(409, "conflict", "The same request is still being done.");
        failure.retry_after_seconds = 1;
        call.Fail(std::move(failure));
        return false;
      }
      case Repetition::kOtherBody:
        call.Fail(fhir::Fail(409, "conflict", "The Idempotency-Key was used for another request."));
        return false;
    }
    return false;
  }

  // Answers 202 and keeps the answer for a poll.  False: it was answered otherwise.
  bool PutOff(DoorCall& call) {
    std::weak_ptr<edge::DoorContext> context = call.context();
    const absl::StatusOr<std::string> id = async_.Open(call, [context = std::move(context)] {
      if (const auto alive = context.lock()) alive->Cancel();
    });
    if (!id.ok()) {
      call.Fail(id.status());
      return false;
    }
    call.AnswerLater(*id);
    Answer accepted;
    accepted.http_status = 202;
    accepted.headers.Add("Content-Location", call.Url(absl::StrCat("$hie-query-status/", *id)));
    call.RespondNow(std::move(accepted));
    return true;
  }

  const std::string base_path_;
  const Router router_;
  FrozenPages pages_;
  AsyncAnswers async_;
  IdempotentAnswers idempotent_;
  const FhirServices services_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<FhirDoor>> FhirDoor::Create(Options options) {
  std::optional<std::string> base_path = PathOf(options.base_url);
  if (!base_path) return absl::InvalidArgumentError("base_url: want an absolute URL without '/'");
  auto table = std::make_shared<OwnTable>();
  table->frame = {options.base_url, options.token_url, options.software_version,
                  options.clock->Now()};
  std::vector<Interaction> rows = OwnInteractions(table);
  for (Interaction& row : options.interactions) rows.push_back(std::move(row));
  absl::StatusOr<Router> router = Router::Create(std::move(rows));
  if (!router.ok()) return router.status();
  table->rows = router->rows();
  for (Interaction& row : table->rows) row.run = nullptr;  // Else the table would hold itself.
  return std::make_unique<RoutingDoor>(options, *std::move(base_path), *std::move(router));
}

}  // namespace hie::fhir
