#include "gateway/edge/person_finder.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/exchange/places.h"
#include "hie/consent/v1/consent_service.methods.h"
#include "hie/mpi/v1/mpi_service.methods.h"
#include "hie/registry/v1/registry_service.methods.h"
#include "services/common/crypto/hash.h"
#include "services/common/wire/wire.h"

namespace hie::edge {
namespace {

using consent::v1::ConsentService;
using exchange::AuditKind;
using mpi::v1::MpiService;
using registry::v1::RegistryService;

constexpr uint32_t kPersonsMax = 10;

}  // namespace

void PersonFinder::Start(EdgeServices& services, std::shared_ptr<rpc::CallContext> context,
                         const exchange::v1::FindPatientsRequest& request,
                         Answer<exchange::v1::FindPatientsResponse> answer) {
  const auto demographics = wire::FromProto(request.demographics(), "demographics");
  if (!demographics.ok()) return answer(demographics.status());
  if (request.limit() > kPersonsMax) {
    return answer(absl::InvalidArgumentError("limit: want 0..10"));
  }
  auto view = services.View();
  if (!view.ok()) return answer(view.status());
  const std::shared_ptr<PersonFinder> finder(
      new PersonFinder(services, std::move(context), *std::move(view), std::move(answer)));
  finder->Search(request);
}

PersonFinder::PersonFinder(EdgeServices& services, std::shared_ptr<rpc::CallContext> context,
                           std::shared_ptr<const exchange::DirectoryView> view,
                           Answer<exchange::v1::FindPatientsResponse> answer)
    : services_(services),
      context_(std::move(context)),
      view_(std::move(view)),
      asker_{context_->caller().actor, ""},
      answer_(std::move(answer)),
      id_(services.NewId()) {}

void PersonFinder::Search(const exchange::v1::FindPatientsRequest& request) {
  mpi::v1::SearchPersonsRequest search;
  *search.mutable_demographics() = request.demographics();
  search.set_limit(request.limit());
  CallRole<MpiService::SearchPersons>(
      *services_.roles().mpi, "the patient index", *context_, search,
      [self = shared_from_this()](absl::StatusOr<mpi::v1::SearchPersonsResponse> response) {
        if (!response.ok()) return self->answer_(response.status());
        self->Take(*response);
      });
}

void PersonFinder::Take(const mpi::v1::SearchPersonsResponse& response) {
  absl::StatusOr<exchange::SearchResult> result = exchange::FromProto(response);
  if (!result.ok()) return answer_(absl::InternalError("persons: bad shape"));
  too_many_ = result->too_many;
  for (size_t i = 0; i < result->candidates.size(); ++i) {
    const auto& proto = response.candidates(static_cast<int>(i));
    if (result->candidates[i].person.records.empty()) continue;  // Held: shown to nobody.
    Found found;
    found.candidate = std::move(result->candidates[i]);
    found.vetoes.assign(proto.vetoes().begin(), proto.vetoes().end());
    found.intent_id = absl::StrCat(id_, "/f", i);
    found_.push_back(std::move(found));
  }
  if (found_.empty()) return RecordAll();
  {
    const MutexLock lock(mutex_);
    pending_ = found_.size();
  }
  for (size_t at = 0; at < found_.size(); ++at) Locate(at);
}

void PersonFinder::StepDone(const absl::Status& status, void (PersonFinder::*next)()) {
  absl::Status failure;
  {
    const MutexLock lock(mutex_);
    if (failure_.ok()) failure_ = status;
    if (--pending_ > 0) return;
    failure = failure_;
  }
  if (!failure.ok()) return answer_(failure);
  (this->*next)();
}

void PersonFinder::Locate(size_t at) {
  registry::v1::FindRequest find;
  for (const exchange::Record& record : found_[at].candidate.person.records) {
    *find.add_patients() = wire::ToProto(record.patient);
  }
  find.set_current_only(true);
  find.set_limit(1);
  CallRole<RegistryService::Find>(
      *services_.roles().registry, "the registry", *context_, find,
      [self = shared_from_this(), at](absl::StatusOr<registry::v1::FindResponse> response) {
        if (!response.ok()) return self->StepDone(response.status(), &PersonFinder::RecordAll);
        const absl::StatusOr<exchange::Located> located = exchange::FromProto(*response);
        if (!located.ok()) {
          return self->StepDone(absl::UnavailableError("the registry answers in another shape"),
                                &PersonFinder::RecordAll);
        }
        self->Decide(at, *located);
      });
}

void PersonFinder::Decide(size_t at, const exchange::Located& located) {
  Found& found = found_[at];
  const exchange::Person& person = found.candidate.person;
  const auto holdings =
      exchange::FindHoldings(person, located.locators, *view_, asker_.actor.member);
  auto places = exchange::GatherPlaces(holdings, located.locators, *view_);
  found.places = places.size();
  auto batch = exchange::Batch<exchange::Undecided>::Gather(
      exchange::BatchKind::kBegin, {asker_.actor.member, exchange::CertainPatients(person)},
      std::move(places));
  if (!batch.ok()) return StepDone(batch.status(), &PersonFinder::RecordAll);
  if (batch->empty()) {
    found.decided = (*std::move(batch)).Decide({});
    return StepDone(absl::OkStatus(), &PersonFinder::RecordAll);
  }
  const exchange::action::DecideBatch wanted{0, exchange::DecisionAction::kLocate,
                                             exchange::CertainPatients(person), person.possible,
                                             batch->Subjects()};
  // A std::function copies what it holds; a batch does not copy.
  const auto held = std::make_shared<exchange::Batch<exchange::Undecided>>(*std::move(batch));
  CallRole<ConsentService::Decide>(
      *services_.roles().consent, "consent", *context_, exchange::ToProto(wanted, asker_),
      [self = shared_from_this(), at, held](absl::StatusOr<consent::v1::DecideResponse> response) {
        if (!response.ok()) return self->StepDone(response.status(), &PersonFinder::RecordAll);
        exchange::DecisionSet decisions = exchange::FromProto(*response);
        const bool token = !decisions.token.opaque.empty();
        self->found_[at].decided = std::move(*held).Decide(std::move(decisions));
        self->StepDone(token ? absl::OkStatus()
                             : absl::InternalError("consent gave a decision without a token"),
                       &PersonFinder::RecordAll);
      });
}

bool PersonFinder::HasOwnRecord(const exchange::Person& person) const {
  return std::any_of(person.records.begin(), person.records.end(), [this](const auto& record) {
    const exchange::MemberView* owner = view_->OwnerOf(record.patient.assigning_authority);
    return owner != nullptr && owner->id == asker_.actor.member;
  });
}

void PersonFinder::RecordAll() {
  std::erase_if(found_, [this](const Found& found) {
    return found.decided->PermittedIds().empty() && !HasOwnRecord(found.candidate.person);
  });
  std::vector<audit::v1::Event> events;
  exchange::AuditEvent query;
  query.kind = AuditKind::kQuery;
  query.event_id = absl::StrCat(id_, "/q");
  query.details = {too_many_ ? "find:too-many" : found_.empty() ? "find:none" : "find:shown"};
  events.push_back(exchange::ToProto(query, asker_));
  for (const Found& found : found_) {
    exchange::AuditEvent intent;
    intent.kind = AuditKind::kIntent;
    intent.event_id = found.intent_id;
    intent.patients = exchange::CertainPatients(found.candidate.person);
    intent.decision_id = found.decided->decision_id();
    intent.item_ids = found.decided->PermittedIds();
    events.push_back(exchange::ToProto(intent, asker_));
  }
  Record(services_, *context_, std::move(events),
         [self = shared_from_this()](const absl::Status& recorded) {
           if (!recorded.ok()) return self->answer_(recorded);
           for (Found& found : self->found_) {
             auto audited = (*std::move(found.decided))
                                .Record(found.intent_id, exchange::IntentReceipt{found.intent_id});
             if (audited.ok()) found.audited = *std::move(audited);
           }
           self->FenceAll();
         });
}

void PersonFinder::FenceAll() {
  if (found_.empty()) return Respond();
  {
    const MutexLock lock(mutex_);
    pending_ = found_.size();
  }
  for (size_t at = 0; at < found_.size(); ++at) {
    mpi::v1::ConfirmLinksRequest confirm;
    confirm.set_eid(found_[at].candidate.person.eid.value());
    confirm.set_link_version(found_[at].candidate.person.link_version);
    CallRole<MpiService::ConfirmLinks>(
        *services_.roles().mpi, "the patient index", *context_, confirm,
        [self = shared_from_this(), at](absl::StatusOr<mpi::v1::ConfirmLinksResponse> response) {
          if (response.ok()) return self->ConfirmConsent(at);
          const bool moved = absl::IsAborted(response.status());
          self->StepDone(moved ? absl::OkStatus() : response.status(), &PersonFinder::Respond);
        });
  }
}

// Last, as in a query: a release begins when consent confirms.
void PersonFinder::ConfirmConsent(size_t at) {
  Found& found = found_[at];
  if (found.places == 0) {  // Nothing was decided over, nobody is named.
    found.fenced = true;
    return StepDone(absl::OkStatus(), &PersonFinder::Respond);
  }
  const auto request = exchange::ToProto(found.audited->token());
  if (!request.ok()) return StepDone(request.status(), &PersonFinder::Respond);
  CallRole<ConsentService::ConfirmFence>(
      *services_.roles().consent, "consent", *context_, *request,
      [self = shared_from_this(), at](absl::StatusOr<consent::v1::ConfirmFenceResponse> response) {
        self->found_[at].fenced = response.ok();
        const bool answered = response.ok() || absl::IsAborted(response.status());
        self->StepDone(answered ? absl::OkStatus() : response.status(), &PersonFinder::Respond);
      });
}

exchange::v1::FoundPerson PersonFinder::Show(const Found& found) const {
  const exchange::Person& person = found.candidate.person;
  exchange::v1::FoundPerson shown;
  shown.set_eid(person.eid.value());
  shown.set_certain(found.candidate.certain);
  std::set<MemberId> permitted;
  const auto entries = found.audited->Permitted();
  for (const exchange::PermittedEntry& entry : entries) {
    permitted.insert(std::get<exchange::PlaceEntry>(entry.entry->content).member);
  }
  const exchange::Record* best = nullptr;
  for (const exchange::Record& record : person.records) {
    const exchange::MemberView* owner = view_->OwnerOf(record.patient.assigning_authority);
    if (owner == nullptr) continue;
    if (owner->id == asker_.actor.member) {
      best = &record;
      break;
    }
    if (best == nullptr && permitted.count(owner->id) != 0) best = &record;
  }
  if (best != nullptr) *shown.mutable_demographics() = wire::ToProto(best->demographics);
  // Weights and vetoes tell of the best record, whosever it is.
  if (entries.size() == found.places) {
    shown.set_weight_millibits(found.candidate.weight_millibits);
    for (const std::string& veto : found.vetoes) shown.add_vetoes(veto);
    for (const exchange::FieldWeight& field : found.candidate.fields) {
      mpi::v1::FieldWeight* weight = shown.add_fields();
      weight->set_field(field.field);
      weight->set_level(field.level);
      weight->set_weight_millibits(field.weight_millibits);
    }
  }
  return shown;
}

void PersonFinder::Respond() {
  exchange::v1::FindPatientsResponse response;
  response.set_too_many(too_many_);
  // Whoever is left out for having moved on the way would look like nobody: all are asked again.
  const bool moved = std::any_of(found_.begin(), found_.end(), [](const Found& found) {
    return !found.fenced || !found.audited;
  });
  std::vector<audit::v1::Event> outcomes;
  for (const Found& found : found_) {
    exchange::AuditEvent outcome;
    outcome.kind = AuditKind::kOutcome;
    outcome.event_id = absl::StrCat(found.intent_id, "/o");
    outcome.intent_event_id = found.intent_id;
    outcome.patients = exchange::CertainPatients(found.candidate.person);
    outcome.outcome = exchange::ReleaseOutcome::kNotReleased;
    if (!moved) {
      exchange::v1::FoundPerson* shown = response.add_persons();
      *shown = Show(found);
      const std::string bytes = shown->SerializeAsString();
      outcome.outcome = exchange::ReleaseOutcome::kReleased;
      outcome.released_bytes = bytes.size();
      outcome.released_sha256 = crypto::Sha256(bytes);
    }
    outcomes.push_back(exchange::ToProto(outcome, asker_));
  }
  // An intent without an outcome counts as disclosed: nothing waits for this.
  if (!outcomes.empty()) Record(services_, *context_, std::move(outcomes), [](const auto&) {});
  if (moved) return answer_(absl::AbortedError("consent or identity changed; ask again"));
  answer_(std::move(response));
}

}  // namespace hie::edge
