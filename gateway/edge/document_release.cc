#include "gateway/edge/document_release.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/exchange/places.h"
#include "hie/consent/v1/consent_service.methods.h"
#include "hie/mpi/v1/mpi_service.methods.h"
#include "services/common/base/status_macros.h"
#include "services/common/crypto/hash.h"
#include "services/common/wire/wire.h"

namespace hie::edge {
namespace {

using consent::v1::ConsentService;
using exchange::AuditKind;
using exchange::Batch;
using exchange::Undecided;

// What is longer than any id here is recorded by its hash: what was asked is a caller's text.
std::string RecordedId(const std::string& asked) {
  constexpr size_t kBytesMax = 128;  // Of an item id on record.
  return asked.size() <= kBytesMax ? asked : absl::StrCat("sha256:", crypto::Sha256Hex(asked));
}

absl::Status OtherShape() {
  return absl::UnavailableError("the registry answers in another shape");
}

}  // namespace

bool MayBeShown(const registry::v1::DocumentEntry& document, const exchange::Person& person,
                const exchange::DirectoryView& view) {
  const auto patient =
      wire::FromProto(document.patient(), "document.patient", wire::Incarnation::kRequired);
  return patient.ok() && view.IsLive(MemberId(document.member())) && !document.withheld() &&
         document.status() != registry::v1::DOCUMENT_STATUS_ENTERED_IN_ERROR &&
         exchange::FindRecord(person, *patient) != nullptr;
}

void DocumentRelease::Start(EdgeServices& services, Options options, Show show,
                            std::function<void(absl::Status)> done) {
  const auto view = services.View();
  if (!view.ok()) return done(view.status());
  const std::vector<registry::v1::DocumentEntry> documents = std::move(options.documents);
  const std::shared_ptr<DocumentRelease> release(
      new DocumentRelease(services, std::move(options), std::move(show), std::move(done)));
  const absl::Status gathered = release->Gather(**view, documents);
  if (!gathered.ok()) return release->done_(gathered);
  release->DecideAll();
}

DocumentRelease::DocumentRelease(EdgeServices& services, Options options, Show show,
                                 std::function<void(absl::Status)> done)
    : services_(services),
      context_(std::move(options.context)),
      asker_{context_->caller().actor, std::move(options.session_id)},
      word_(std::move(options.word)),
      person_(std::move(options.person)),
      show_(std::move(show)),
      done_(std::move(done)),
      id_(services.NewId()),
      asked_id_(std::move(options.asked_id)) {}

absl::Status DocumentRelease::Gather(const exchange::DirectoryView& view,
                                     const std::vector<registry::v1::DocumentEntry>& documents) {
  std::map<exchange::Holding, std::vector<std::vector<exchange::ReleaseEntry>>> sources;
  std::set<std::string> seen;
  for (const registry::v1::DocumentEntry& document : documents) {
    if (!MayBeShown(document, person_, view) || !seen.insert(document.id()).second) continue;
    absl::StatusOr<exchange::IndexEntry> entry = exchange::FromProto(document);
    if (!entry.ok()) return OtherShape();
    const exchange::Holding source{entry->member, entry->patient};
    exchange::ReleaseEntry made =
        exchange::MakeIndexEntry(*view.Find(source.member), *std::move(entry));
    // What is decided here is the metadata's id: the entry itself does not travel in the batch.
    std::get<exchange::IndexEntry>(made.content).wire = Phi<std::string>("");
    auto& batches = sources[source];
    if (batches.empty() || batches.back().size() == exchange::kBatchItemsMax) {
      batches.emplace_back();
    }
    batches.back().push_back(std::move(made));
  }
  for (auto& [source, batches] : sources) {
    for (std::vector<exchange::ReleaseEntry>& entries : batches) {
      HIE_ASSIGN_OR_RETURN(auto batch, Batch<Undecided>::Gather(exchange::BatchKind::kItems,
                                                                {source.member, {source.patient}},
                                                                std::move(entries)));
      Part part;
      part.undecided = std::move(batch);
      part.intent_id = absl::StrCat(id_, "/d", parts_.size());
      parts_.push_back(std::move(part));
    }
  }
  return absl::OkStatus();
}

void DocumentRelease::StepDone(const absl::Status& status, void (DocumentRelease::*next)()) {
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

void DocumentRelease::DecideAll() {
  if (parts_.empty()) return RecordAll();
  {
    const MutexLock lock(mutex_);
    pending_ = parts_.size();
  }
  for (size_t at = 0; at < parts_.size(); ++at) Decide(at);
}

void DocumentRelease::Decide(size_t at) {
  const exchange::action::DecideBatch wanted{0, exchange::DecisionAction::kRetrieve,
                                             exchange::CertainPatients(person_), person_.possible,
                                             parts_[at].undecided->Subjects()};
  CallRole<ConsentService::Decide>(
      *services_.roles().consent, "consent", *context_, exchange::ToProto(wanted, asker_),
      [self = shared_from_this(), at](absl::StatusOr<consent::v1::DecideResponse> response) {
        if (!response.ok()) return self->StepDone(response.status(), &DocumentRelease::RecordAll);
        exchange::DecisionSet decisions = exchange::FromProto(*response);
        const bool token = !decisions.token.opaque.empty();
        Part& part = self->parts_[at];
        part.decided = (*std::move(part.undecided)).Decide(std::move(decisions));
        self->StepDone(token ? absl::OkStatus()
                             : absl::InternalError("consent gave a decision without a token"),
                       &DocumentRelease::RecordAll);
      });
}

exchange::AuditEvent DocumentRelease::IntentOf(const Part& part) const {
  exchange::AuditEvent intent;
  intent.kind = AuditKind::kIntent;
  intent.event_id = part.intent_id;
  intent.patients = part.decided->source().patients;
  intent.custodian = part.decided->source().member;
  intent.decision_id = part.decided->decision_id();
  intent.item_ids = part.decided->PermittedIds();
  intent.details = {word_};
  for (const std::string& obligation : part.decided->Obligations()) {
    intent.details.push_back(absl::StrCat("obligation:", obligation));
  }
  return intent;
}

void DocumentRelease::RecordAll() {
  std::erase_if(parts_, [](const Part& part) { return part.decided->PermittedIds().empty(); });
  exchange::AuditEvent query;
  query.kind = AuditKind::kQuery;
  query.event_id = absl::StrCat(id_, "/q");
  query.details = {absl::StrCat(word_, parts_.empty() ? ":none" : ":shown")};
  // Of what was not shown, the record tells what it was.
  if (!asked_id_.empty()) query.item_ids = {RecordedId(asked_id_)};
  std::vector<audit::v1::Event> events = {exchange::ToProto(query, asker_)};
  for (const Part& part : parts_) events.push_back(exchange::ToProto(IntentOf(part), asker_));
  Record(services_, *context_, std::move(events),
         [self = shared_from_this()](const absl::Status& recorded) {
           if (!recorded.ok()) return self->done_(recorded);
           for (Part& part : self->parts_) {
             auto audited = (*std::move(part.decided))
                                .Record(part.intent_id, exchange::IntentReceipt{part.intent_id});
             if (audited.ok()) part.audited = *std::move(audited);
           }
           self->FenceAll();
         });
}

void DocumentRelease::FenceAll() {
  if (parts_.empty()) return Respond();
  mpi::v1::ConfirmLinksRequest confirm;
  confirm.set_eid(person_.eid.value());
  confirm.set_link_version(person_.link_version);
  CallRole<mpi::v1::MpiService::ConfirmLinks>(
      *services_.roles().mpi, "the patient index", *context_, confirm,
      [self = shared_from_this()](const absl::StatusOr<mpi::v1::ConfirmLinksResponse>& response) {
        if (response.ok()) return self->Fence();
        if (absl::IsAborted(response.status())) return self->Respond();
        self->done_(response.status());
      });
}

// Consent last, as in a query: a release begins when it confirms.
void DocumentRelease::Fence() {
  {
    const MutexLock lock(mutex_);
    pending_ = parts_.size();
  }
  for (size_t at = 0; at < parts_.size(); ++at) ConfirmConsent(at);
}

void DocumentRelease::ConfirmConsent(size_t at) {
  if (!parts_[at].audited) {
    return StepDone(absl::InternalError("an intent was joined to another batch"),
                    &DocumentRelease::Respond);
  }
  const auto request = exchange::ToProto(parts_[at].audited->token());
  if (!request.ok()) return StepDone(request.status(), &DocumentRelease::Respond);
  CallRole<ConsentService::ConfirmFence>(
      *services_.roles().consent, "consent", *context_, *request,
      [self = shared_from_this(),
       at](const absl::StatusOr<consent::v1::ConfirmFenceResponse>& response) {
        self->parts_[at].fenced = response.ok();
        const bool answered = response.ok() || absl::IsAborted(response.status());
        self->StepDone(answered ? absl::OkStatus() : response.status(), &DocumentRelease::Respond);
      });
}

void DocumentRelease::Respond() {
  // Left out in silence, what moved would look as if it did not exist: all is asked again.
  const bool moved =
      std::any_of(parts_.begin(), parts_.end(), [](const Part& part) { return !part.fenced; });
  std::set<std::string> opened;
  std::vector<audit::v1::Event> outcomes;
  for (const Part& part : parts_) {
    exchange::AuditEvent outcome;
    outcome.kind = AuditKind::kOutcome;
    outcome.event_id = absl::StrCat(part.intent_id, "/o");
    outcome.intent_event_id = part.intent_id;
    outcome.outcome = exchange::ReleaseOutcome::kNotReleased;
    if (part.audited) {
      outcome.patients = part.audited->source().patients;
      outcome.custodian = part.audited->source().member;
    }
    if (!moved && part.audited) {
      std::set<std::string> permitted;
      for (const exchange::PermittedEntry& entry : part.audited->Permitted()) {
        permitted.insert(entry.entry->subject.id);
        if (entry.permit->opened_by_break_glass) opened.insert(outcome.custodian.value());
      }
      const std::string shown = show_(permitted);
      outcome.outcome = exchange::ReleaseOutcome::kReleased;
      outcome.released_bytes = shown.size();
      outcome.released_sha256 = crypto::Sha256(shown);
    }
    outcomes.push_back(exchange::ToProto(outcome, asker_));
  }
  // An intent without an outcome counts as disclosed: nothing waits for this.
  if (!outcomes.empty()) Record(services_, *context_, std::move(outcomes), [](const auto&) {});
  if (!opened.empty()) NoteDisclosure(opened);
  if (moved) return done_(absl::AbortedError("consent or identity changed; ask again"));
  done_(absl::OkStatus());
}

void DocumentRelease::NoteDisclosure(const std::set<std::string>& custodians) {
  consent::v1::NoteDisclosureRequest request;
  request.set_session_id(asker_.session_id);
  for (const std::string& custodian : custodians) request.add_custodians(custodian);
  services_.notes().Tell(rpc::ChildCall(*context_), std::move(request));
}

}  // namespace hie::edge
