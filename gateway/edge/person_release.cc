#include "gateway/edge/person_release.h"

#include <algorithm>
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

}  // namespace

void PersonRelease::Start(EdgeServices& services, Options options, Show show,
                          std::function<void(absl::Status)> done) {
  const std::shared_ptr<PersonRelease> release(
      new PersonRelease(services, std::move(options), std::move(show), std::move(done)));
  release->LocateAll();
}

PersonRelease::PersonRelease(EdgeServices& services, Options options, Show show,
                             std::function<void(absl::Status)> done)
    : services_(services),
      context_(std::move(options.context)),
      view_(std::move(options.view)),
      asker_{context_->caller().actor, ""},
      word_(std::move(options.word)),
      too_many_(options.too_many),
      prepare_(std::move(options.prepare)),
      show_(std::move(show)),
      done_(std::move(done)),
      id_(services.NewId()) {
  for (size_t at = 0; at < options.persons.size(); ++at) {
    if (options.persons[at].records.empty()) continue;  // Held: shown to nobody.
    Found found;
    found.at = at;
    found.person = std::move(options.persons[at]);
    found.intent_id = absl::StrCat(id_, "/f", at);
    found_.push_back(std::move(found));
  }
}

void PersonRelease::LocateAll() {
  if (found_.empty()) return RecordAll();
  {
    const MutexLock lock(mutex_);
    pending_ = found_.size();
  }
  for (size_t at = 0; at < found_.size(); ++at) Locate(at);
}

void PersonRelease::StepDone(const absl::Status& status, void (PersonRelease::*next)()) {
  absl::Status failure;
  {
    const MutexLock lock(mutex_);
    if (failure_.ok()) failure_ = status;
    if (--pending_ > 0) return;
    failure = failure_;
  }
  if (!failure.ok()) return done_(failure);
  (this->*next)();
}

void PersonRelease::Locate(size_t at) {
  registry::v1::FindRequest find;
  for (const exchange::Record& record : found_[at].person.records) {
    *find.add_patients() = wire::ToProto(record.patient);
  }
  find.set_current_only(true);
  find.set_limit(1);
  CallRole<RegistryService::Find>(
      *services_.roles().registry, "the registry", *context_, find,
      [self = shared_from_this(), at](absl::StatusOr<registry::v1::FindResponse> response) {
        if (!response.ok()) return self->StepDone(response.status(), &PersonRelease::PrepareAll);
        const absl::StatusOr<exchange::Located> located = exchange::FromProto(*response);
        if (!located.ok()) {
          return self->StepDone(absl::UnavailableError("the registry answers in another shape"),
                                &PersonRelease::PrepareAll);
        }
        self->Decide(at, *located);
      });
}

void PersonRelease::Decide(size_t at, const exchange::Located& located) {
  Found& found = found_[at];
  const exchange::Person& person = found.person;
  const auto holdings =
      exchange::FindHoldings(person, located.locators, *view_, asker_.actor.member);
  auto places = exchange::GatherPlaces(holdings, located.locators, *view_);
  found.places = places.size();
  auto batch = exchange::Batch<exchange::Undecided>::Gather(
      exchange::BatchKind::kBegin, {asker_.actor.member, exchange::CertainPatients(person)},
      std::move(places));
  if (!batch.ok()) return StepDone(batch.status(), &PersonRelease::PrepareAll);
  if (batch->empty()) {
    found.decided = (*std::move(batch)).Decide({});
    return StepDone(absl::OkStatus(), &PersonRelease::PrepareAll);
  }
  const exchange::action::DecideBatch wanted{0, exchange::DecisionAction::kLocate,
                                             exchange::CertainPatients(person), person.possible,
                                             batch->Subjects()};
  // A std::function copies what it holds; a batch does not copy.
  const auto held = std::make_shared<exchange::Batch<exchange::Undecided>>(*std::move(batch));
  CallRole<ConsentService::Decide>(
      *services_.roles().consent, "consent", *context_, exchange::ToProto(wanted, asker_),
      [self = shared_from_this(), at, held](absl::StatusOr<consent::v1::DecideResponse> response) {
        if (!response.ok()) return self->StepDone(response.status(), &PersonRelease::PrepareAll);
        exchange::DecisionSet decisions = exchange::FromProto(*response);
        const bool token = !decisions.token.opaque.empty();
        Found& decided = self->found_[at];
        decided.decided = std::move(*held).Decide(std::move(decisions));
        decided.permitted = decided.decided->PermittedPlaces();
        self->StepDone(token ? absl::OkStatus()
                             : absl::InternalError("consent gave a decision without a token"),
                       &PersonRelease::PrepareAll);
      });
}

VisiblePerson PersonRelease::Visible(const Found& found) const {
  VisiblePerson visible;
  visible.at = found.at;
  visible.person = &found.person;
  visible.all_places = found.permitted.size() == found.places;
  for (const exchange::Record& record : found.person.records) {
    if (exchange::MayBeNamed(record.patient, found.permitted, *view_, asker_.actor.member)) {
      visible.records.push_back(&record);
    }
  }
  return visible;
}

void PersonRelease::PrepareAll() {
  std::erase_if(found_, [this](const Found& found) { return Visible(found).records.empty(); });
  if (found_.empty() || prepare_ == nullptr) return RecordAll();
  {
    const MutexLock lock(mutex_);
    pending_ = found_.size();
  }
  for (const Found& found : found_) {
    prepare_(Visible(found), [self = shared_from_this()](const absl::Status& status) {
      self->StepDone(status, &PersonRelease::RecordAll);
    });
  }
}

void PersonRelease::RecordAll() {
  std::vector<audit::v1::Event> events;
  exchange::AuditEvent query;
  query.kind = AuditKind::kQuery;
  query.event_id = absl::StrCat(id_, "/q");
  query.details = {absl::StrCat(word_, too_many_        ? ":too-many"
                                       : found_.empty() ? ":none"
                                                        : ":shown")};
  events.push_back(exchange::ToProto(query, asker_));
  for (const Found& found : found_) {
    exchange::AuditEvent intent;
    intent.kind = AuditKind::kIntent;
    intent.event_id = found.intent_id;
    intent.patients = exchange::CertainPatients(found.person);
    intent.decision_id = found.decided->decision_id();
    intent.item_ids = found.decided->PermittedIds();
    events.push_back(exchange::ToProto(intent, asker_));
  }
  Record(services_, *context_, std::move(events),
         [self = shared_from_this()](const absl::Status& recorded) {
           if (!recorded.ok()) return self->done_(recorded);
           for (Found& found : self->found_) {
             auto audited = (*std::move(found.decided))
                                .Record(found.intent_id, exchange::IntentReceipt{found.intent_id});
             if (audited.ok()) found.audited = *std::move(audited);
           }
           self->FenceAll();
         });
}

void PersonRelease::FenceAll() {
  if (found_.empty()) return Respond();
  {
    const MutexLock lock(mutex_);
    pending_ = found_.size();
  }
  for (size_t at = 0; at < found_.size(); ++at) {
    mpi::v1::ConfirmLinksRequest confirm;
    confirm.set_eid(found_[at].person.eid.value());
    confirm.set_link_version(found_[at].person.link_version);
    CallRole<MpiService::ConfirmLinks>(
        *services_.roles().mpi, "the patient index", *context_, confirm,
        [self = shared_from_this(), at](absl::StatusOr<mpi::v1::ConfirmLinksResponse> response) {
          if (response.ok()) return self->ConfirmConsent(at);
          const bool moved = absl::IsAborted(response.status());
          self->StepDone(moved ? absl::OkStatus() : response.status(), &PersonRelease::Respond);
        });
  }
}

// Last, as in a query: a release begins when consent confirms.
void PersonRelease::ConfirmConsent(size_t at) {
  Found& found = found_[at];
  if (found.places == 0) {  // Nothing was decided over, nobody is named.
    found.fenced = true;
    return StepDone(absl::OkStatus(), &PersonRelease::Respond);
  }
  if (!found.audited) {
    return StepDone(absl::InternalError("an intent was joined to another batch"),
                    &PersonRelease::Respond);
  }
  const auto request = exchange::ToProto(found.audited->token());
  if (!request.ok()) return StepDone(request.status(), &PersonRelease::Respond);
  CallRole<ConsentService::ConfirmFence>(
      *services_.roles().consent, "consent", *context_, *request,
      [self = shared_from_this(), at](absl::StatusOr<consent::v1::ConfirmFenceResponse> response) {
        self->found_[at].fenced = response.ok();
        const bool answered = response.ok() || absl::IsAborted(response.status());
        self->StepDone(answered ? absl::OkStatus() : response.status(), &PersonRelease::Respond);
      });
}

void PersonRelease::Respond() {
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
    outcome.patients = exchange::CertainPatients(found.person);
    outcome.outcome = exchange::ReleaseOutcome::kNotReleased;
    const std::optional<std::string> shown = moved ? std::nullopt : show_(Visible(found));
    if (shown) {
      outcome.outcome = exchange::ReleaseOutcome::kReleased;
      outcome.released_bytes = shown->size();
      outcome.released_sha256 = crypto::Sha256(*shown);
    }
    outcomes.push_back(exchange::ToProto(outcome, asker_));
  }
  // An intent without an outcome counts as disclosed: nothing waits for this.
  if (!outcomes.empty()) Record(services_, *context_, std::move(outcomes), [](const auto&) {});
  if (moved) return done_(absl::AbortedError("consent or identity changed; ask again"));
  done_(absl::OkStatus());
}

const exchange::Record* BestRecord(const VisiblePerson& visible,
                                   const exchange::DirectoryView& view, const MemberId& caller) {
  const exchange::Record* best = nullptr;
  int best_rank = 0;
  for (const exchange::Record* record : visible.records) {
    if (record->removed) continue;
    const exchange::MemberView* owner = view.OwnerOf(record->patient.assigning_authority);
    const bool own = owner != nullptr && owner->id == caller;
    const int rank = (exchange::InUse(*record) ? 2 : 0) + (own ? 2 : 1);
    if (rank <= best_rank) continue;
    best = record;
    best_rank = rank;
  }
  return best;
}

exchange::v1::PatientView ShowPatient(const VisiblePerson& visible,
                                      const exchange::DirectoryView& view, const MemberId& caller,
                                      const std::vector<std::string>& domains) {
  exchange::v1::PatientView shown;
  shown.set_eid(visible.person->eid.value());
  if (const exchange::Record* best = BestRecord(visible, view, caller)) {
    *shown.mutable_demographics() = wire::ToProto(best->demographics);
  }
  absl::Time changed = absl::UnixEpoch();
  for (const exchange::Record* record : visible.records) {
    if (!exchange::InUse(*record)) continue;
    shown.set_active(true);
    changed = std::max(changed, record->recorded);
    const std::string& domain = record->patient.assigning_authority;
    if (domains.empty() || std::find(domains.begin(), domains.end(), domain) != domains.end()) {
      *shown.add_identifiers() = wire::ToProto(record->patient);
    }
  }
  shown.set_changed_micros(absl::ToUnixMicros(changed));
  // Not the link version: it moves when a record is linked that the caller may not know of.
  shown.set_version(static_cast<uint64_t>(shown.changed_micros()));
  return shown;
}

}  // namespace hie::edge
