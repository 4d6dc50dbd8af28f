#include "gateway/edge/retrieve_driver.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/edge/document_release.h"
#include "gateway/edge/subject.h"
#include "gateway/exchange/places.h"
#include "hie/consent/v1/consent_service.methods.h"
#include "hie/mpi/v1/mpi_service.methods.h"
#include "hie/registry/v1/registry_service.methods.h"
#include "services/common/wire/wire.h"

namespace hie::edge {
namespace {

using consent::v1::ConsentService;
using exchange::AuditKind;
using exchange::ReleaseOutcome;
using mpi::v1::MpiService;
using registry::v1::RegistryService;

// A document that is not there, is not this person's, or may not be seen: the same words.
absl::Status NoSuchDocument() { return absl::NotFoundError("document_id: unknown"); }

// What the first message says of the whole.
void Describe(const registry::v1::DocumentEntry& document,
              exchange::v1::RetrieveResponse& message) {
  message.set_media_type(document.media_type());
  message.set_size_bytes(document.size_bytes());
  message.set_sha1(document.sha1());
}

absl::Status OtherShape() {
  return absl::UnavailableError("the registry answers in another shape");
}

}  // namespace

void RetrieveDriver::Start(EdgeServices& services, exchange::v1::RetrieveRequest request,
                           std::shared_ptr<rpc::CallContext> context,
                           rpc::ServerWriter<exchange::v1::RetrieveResponse> writer) {
  if (!services.retrieves().TryEnter()) {
    return writer.Finish(absl::ResourceExhaustedError("too many documents are on their way"));
  }
  const std::shared_ptr<RetrieveDriver> driver(
      new RetrieveDriver(services, std::move(request), std::move(context), std::move(writer)));
  driver->context_->WhenCancelled([weak = driver->weak_from_this()] {
    if (const auto self = weak.lock()) {
      self->End(absl::CancelledError("the caller has gone"), Ending::kFinish, "");
    }
  });
  driver->Resolve();
}

RetrieveDriver::RetrieveDriver(EdgeServices& services, exchange::v1::RetrieveRequest request,
                               std::shared_ptr<rpc::CallContext> context,
                               rpc::ServerWriter<exchange::v1::RetrieveResponse> writer)
    : services_(services),
      request_(std::move(request)),
      context_(std::move(context)),
      writer_(std::move(writer)),
      asker_{context_->caller().actor, request_.session_id()},
      id_(services.NewId()) {}

// Nothing works for it any more.
RetrieveDriver::~RetrieveDriver() { services_.retrieves().Leave(); }

void RetrieveDriver::Resolve() {
  if (!request_.has_subject()) return ResolveOwner();
  ResolveSubject(services_, context_, request_.subject(), IdScope::kOwnMember,
                 [self = shared_from_this()](absl::StatusOr<exchange::Person> person) {
                   if (person.ok()) return self->Resolved(*std::move(person));
                   self->Refuse(self->OfPerson(person.status()));
                 });
}

// Whoever is named by demographics or EID may be withheld from the caller: unknown then sounds like
// a document that may not be seen.
absl::Status RetrieveDriver::OfPerson(const absl::Status& status) const {
  const exchange::v1::PatientSubject& subject = request_.subject();
  const bool absent = (absl::IsNotFound(status) && !subject.has_patient()) ||
                      (absl::IsFailedPrecondition(status) && subject.has_demographics());
  return absent ? NoSuchDocument() : status;
}

void RetrieveDriver::Resolved(exchange::Person person) {
  person_ = std::move(person);
  FindDocument([self = shared_from_this()](registry::v1::DocumentEntry document) {
    self->Located(std::move(document));
  });
}

// Whoever's the document is: nothing is said of why nobody is.
void RetrieveDriver::ResolveOwner() {
  FindDocument([self = shared_from_this()](const registry::v1::DocumentEntry& document) {
    const auto patient =
        wire::FromProto(document.patient(), "document.patient", wire::Incarnation::kRequired);
    if (!patient.ok()) return self->Refuse(OtherShape());
    ResolveRecord(
        self->services_, *self->context_, *patient,
        [self, document](absl::StatusOr<exchange::Person> person) {
          if (absl::IsNotFound(person.status()) || absl::IsFailedPrecondition(person.status())) {
            return self->Refuse(NoSuchDocument());
          }
          if (!person.ok()) return self->Refuse(person.status());
          self->person_ = *std::move(person);
          self->Located(document);
        });
  });
}

void RetrieveDriver::FindDocument(std::function<void(registry::v1::DocumentEntry)> next) {
  registry::v1::GetDocumentRequest get;
  get.set_id(request_.document_id());
  CallRole<RegistryService::GetDocument>(
      *services_.roles().registry, "the registry", *context_, get,
      [self = shared_from_this(),
       next = std::move(next)](absl::StatusOr<registry::v1::GetDocumentResponse> response) {
        if (absl::IsNotFound(response.status())) return self->Refuse(NoSuchDocument());
        if (!response.ok()) return self->End(response.status(), Ending::kFinish, "");
        next(std::move(*response->mutable_document()));
      });
}

void RetrieveDriver::Located(registry::v1::DocumentEntry document) {
  document_ = std::move(document);
  absl::StatusOr<exchange::IndexEntry> entry = exchange::FromProto(document_);
  const auto view = services_.View();
  if (!entry.ok() || !view.ok()) {
    return End(OtherShape(), Ending::kFinish, "");
  }
  const exchange::MemberView* member = (*view)->Find(entry->member);
  if (!MayBeShown(document_, person_, **view)) return Refuse(NoSuchDocument());
  patient_ = entry->patient;
  std::vector<exchange::ReleaseEntry> entries;
  entries.push_back(exchange::MakeIndexEntry(*member, *std::move(entry)));
  auto batch = exchange::Batch<exchange::Undecided>::Gather(
      exchange::BatchKind::kItems, {member->id, {patient_}}, std::move(entries));
  if (!batch.ok()) return End(absl::InternalError("document: bad shape"), Ending::kFinish, "");
  // A std::function copies what it holds; a batch does not copy.
  Decide(std::make_shared<exchange::Batch<exchange::Undecided>>(*std::move(batch)));
}

void RetrieveDriver::Decide(std::shared_ptr<exchange::Batch<exchange::Undecided>> batch) {
  const exchange::action::DecideBatch wanted{0, exchange::DecisionAction::kRetrieve,
                                             exchange::CertainPatients(person_), person_.possible,
                                             batch->Subjects()};
  CallRole<ConsentService::Decide>(
      *services_.roles().consent, "consent", *context_, exchange::ToProto(wanted, asker_),
      [self = shared_from_this(), batch](absl::StatusOr<consent::v1::DecideResponse> response) {
        if (!response.ok()) return self->End(response.status(), Ending::kFinish, "");
        exchange::DecisionSet decisions = exchange::FromProto(*response);
        if (decisions.token.opaque.empty()) {
          return self->End(absl::InternalError("consent gave a decision without a token"),
                           Ending::kFinish, "");
        }
        auto decided = std::make_shared<exchange::Batch<exchange::Decided>>(
            std::move(*batch).Decide(std::move(decisions)));
        self->RecordIntent(std::move(decided));
      });
}

// A refusal is told when it is on record that the document was asked for.
void RetrieveDriver::Refuse(absl::Status status) {
  if (absl::IsUnavailable(status)) return End(std::move(status), Ending::kFinish, "");
  exchange::AuditEvent event;
  event.kind = AuditKind::kQuery;
  event.event_id = absl::StrCat(id_, "/r");
  event.item_ids = {request_.document_id()};
  event.details = {"refused:document"};
  Record(services_, *context_, {exchange::ToProto(event, asker_)},
         [self = shared_from_this(), status = std::move(status)](const absl::Status& recorded) {
           self->End(recorded.ok() ? status : recorded, Ending::kFinish, "");
         });
}

void RetrieveDriver::RecordIntent(std::shared_ptr<exchange::Batch<exchange::Decided>> batch) {
  if (batch->PermittedIds().empty()) return Refuse(NoSuchDocument());
  exchange::AuditEvent event;
  event.kind = AuditKind::kIntent;
  event.event_id = absl::StrCat(id_, "/i");
  event.patients = {patient_};
  event.custodian = MemberId(document_.member());
  event.decision_id = batch->decision_id();
  event.item_ids = batch->PermittedIds();
  event.details = {"document"};
  for (const std::string& obligation : batch->Obligations()) {
    event.details.push_back(absl::StrCat("obligation:", obligation));
  }
  Record(services_, *context_, {exchange::ToProto(event, asker_)},
         [self = shared_from_this(), batch](const absl::Status& recorded) {
           if (!recorded.ok()) return self->End(recorded, Ending::kFinish, "");
           self->IntentDurable(std::move(*batch));
         });
}

void RetrieveDriver::IntentDurable(exchange::Batch<exchange::Decided> batch) {
  const std::string intent = absl::StrCat(id_, "/i");
  auto audited = std::move(batch).Record(intent, exchange::IntentReceipt{intent});
  if (!audited.ok()) return End(audited.status(), Ending::kFinish, "");
  bool over = false;
  {
    const MutexLock lock(mutex_);
    over = over_;
    for (const exchange::PermittedEntry& entry : audited->Permitted()) {
      by_break_glass_ = by_break_glass_ || entry.permit->opened_by_break_glass;
    }
    if (!over) batch_ = *std::move(audited);
  }
  // The caller went while it was being recorded.
  if (over) return RecordOutcome(ReleaseOutcome::kNotReleased, "");
  Fetch();
}

void RetrieveDriver::Fetch() {
  if (document_.content_id().empty()) return FetchFromMember();
  ReadWindow();
}

void RetrieveDriver::ReadWindow() {
  registry::v1::GetContentRequest get;
  get.set_document_id(document_.id());
  {
    const MutexLock lock(mutex_);
    if (over_ || complete_ || reading_ || waiting_bytes_ > kContentWindow) return;
    reading_ = true;
    window_begin_ = taken_bytes_;
    const uint64_t left = document_.size_bytes() - std::min(taken_bytes_, document_.size_bytes());
    get.set_offset(taken_bytes_);
    // Of unknown size (0) all is read at once.
    get.set_length(document_.size_bytes() == 0 ? 0 : std::min(left, kContentWindow));
  }
  std::shared_ptr<rpc::CallHandle> call =
      services_.roles().registry->Stream<RegistryService::GetContent>(
          RoleCall(*context_), get,
          [self = shared_from_this()](const registry::v1::GetContentResponse& part) {
            return self->TakeChunk(part.data());
          },
          [self = shared_from_this(), wanted = get.length()](const absl::Status& status) {
            self->WindowDone(wanted, status);
          });
  {
    const MutexLock lock(mutex_);
    if (!over_) window_ = std::exchange(call, nullptr);
  }
  if (call != nullptr) call->Cancel();
}

// A window that is shorter than asked for is the end: the hash tells whether it is the right one.
void RetrieveDriver::WindowDone(uint64_t wanted, const absl::Status& status) {
  if (!status.ok()) return ContentDone(status);
  bool end = false;
  {
    const MutexLock lock(mutex_);
    reading_ = false;
    end = wanted == 0 || taken_bytes_ - window_begin_ < wanted ||
          taken_bytes_ >= document_.size_bytes();
  }
  if (end) return ContentDone(absl::OkStatus());
  ReadWindow();
}

absl::string_view RetrieveDriver::Wanted(absl::string_view chunk, uint64_t at) const {
  const uint64_t begin = std::max(at, request_.offset());
  const uint64_t chunk_end = at + chunk.size();
  const uint64_t room = std::numeric_limits<uint64_t>::max() - request_.offset();
  const uint64_t end =
      request_.length() == 0
          ? chunk_end
          : std::min(chunk_end, request_.offset() + std::min(room, request_.length()));
  return begin >= end ? absl::string_view() : chunk.substr(begin - at, end - begin);
}

void RetrieveDriver::FetchFromMember() {
  exchange::ContentRequest request;
  request.member = MemberId(document_.member());
  request.patient = patient_;
  request.unique_id = document_.unique_id();
  request.budget = kContentBudget;
  request.request_id = asker_.actor.request_id;
  std::shared_ptr<exchange::MemberCall> fetch = services_.members().Fetch(
      request,
      [self = shared_from_this()](absl::string_view chunk) { return self->TakeChunk(chunk); },
      [self = shared_from_this()](const absl::Status& status) { self->ContentDone(status); });
  {
    const MutexLock lock(mutex_);
    if (!over_) fetch_ = std::exchange(fetch, nullptr);
  }
  if (fetch != nullptr) fetch->Cancel();
}

bool RetrieveDriver::TakeChunk(absl::string_view chunk) {
  bool fits = false;
  {
    const MutexLock lock(mutex_);
    if (over_) return false;
    hasher_.Update(chunk);
    if (OnlySha1()) sha1_.Update(chunk);
    const absl::string_view wanted = Wanted(chunk, taken_bytes_);
    taken_bytes_ += chunk.size();
    if (!wanted.empty()) waiting_.emplace_back(wanted);
    waiting_bytes_ += wanted.size();
    fits = waiting_bytes_ <= kContentWaitingMax;
  }
  if (!fits) {
    End(absl::ResourceExhaustedError("the document was read too slowly"), Ending::kReset, "");
    return false;
  }
  Pump();
  return true;
}

void RetrieveDriver::ContentDone(const absl::Status& status) {
  if (absl::IsDataLoss(status)) {
    return End(absl::DataLossError("the content is damaged"), Ending::kReset, "content-damaged");
  }
  if (!status.ok()) {
    const bool missing = absl::IsNotFound(status);
    return End(missing ? absl::NotFoundError("the content is not there any more")
                       : absl::UnavailableError("the content was not given; try again"),
               Ending::kReset, missing ? "document-missing" : "");
  }
  bool right = false;
  {
    const MutexLock lock(mutex_);
    if (over_) return;
    digest_ = hasher_.Finish();
    // FHIR's own hash of an attachment is SHA-1: what was registered by it is held to it.
    right = OnlySha1() ? document_.sha1() == sha1_.Finish()
                       : document_.sha256().empty() || document_.sha256() == digest_;
    complete_ = right;
    if (waiting_.empty()) waiting_.emplace_back();  // The last message says the hash.
  }
  if (right) return Pump();
  End(absl::DataLossError("the content is not what was registered"), Ending::kReset,
      "hash-mismatch");
}

void RetrieveDriver::OpenGate() {
  mpi::v1::ConfirmLinksRequest confirm;
  confirm.set_eid(person_.eid.value());
  confirm.set_link_version(person_.link_version);
  CallRole<MpiService::ConfirmLinks>(
      *services_.roles().mpi, "the patient index", *context_, confirm,
      [self = shared_from_this()](absl::StatusOr<mpi::v1::ConfirmLinksResponse> response) {
        if (!response.ok()) return self->GateAnswered(response.status());
        self->ConfirmConsent();
      });
}

// Last, as in a query: the release begins when consent confirms.
void RetrieveDriver::ConfirmConsent() {
  absl::StatusOr<consent::v1::ConfirmFenceRequest> request;
  {
    const MutexLock lock(mutex_);
    request = exchange::ToProto(batch_->token());
  }
  if (!request.ok()) return GateAnswered(absl::InternalError("token: bad shape"));
  CallRole<ConsentService::ConfirmFence>(
      *services_.roles().consent, "consent", *context_, *request,
      [self = shared_from_this()](absl::StatusOr<consent::v1::ConfirmFenceResponse> response) {
        self->GateAnswered(response.status());
      });
}

void RetrieveDriver::GateAnswered(const absl::Status& status) {
  if (absl::IsAborted(status)) {
    return End(absl::AbortedError("consent or identity changed; ask again"), Ending::kFinish, "");
  }
  if (!status.ok()) return End(status, Ending::kFinish, "");
  {
    const MutexLock lock(mutex_);
    gate_ = Gate::kOpen;
    fenced_at_ = services_.clock().Now();
  }
  Pump();
}

void RetrieveDriver::Pump() {
  exchange::v1::RetrieveResponse message;
  bool last = false;
  bool fresh = false;
  {
    const MutexLock lock(mutex_);
    // One chunk is held back until the whole is known to be right.
    const bool ready = complete_ ? !waiting_.empty() : waiting_.size() > 1;
    if (over_ || writing_ || !ready || gate_ == Gate::kFencing) return;
    fresh = gate_ == Gate::kOpen &&
            (begun_ || services_.clock().Now() <= fenced_at_ + exchange::kFenceLife);
    if (fresh) {
      if (!begun_) Describe(document_, message);
      begun_ = true;
      writing_ = true;
      message.set_data(std::move(waiting_.front()));
      waiting_.pop_front();
      waiting_bytes_ -= message.data().size();
      if (HasRange()) sent_hasher_.Update(message.data());
      last = complete_ && waiting_.empty();
      if (last) message.set_sha256(digest_);
    } else {
      gate_ = Gate::kFencing;
    }
  }
  if (!fresh) return OpenGate();
  writer_.Write(message, [self = shared_from_this(), bytes = message.data().size(),
                          last](bool taken) { self->Written(bytes, last, taken); });
}

void RetrieveDriver::Written(size_t bytes, bool last, bool taken) {
  if (!taken) return End(absl::CancelledError("the caller has gone"), Ending::kFinish, "");
  {
    const MutexLock lock(mutex_);
    writing_ = false;
    written_bytes_ += bytes;
    if (over_) return;
  }
  if (last) return End(absl::OkStatus(), Ending::kFinish, "");
  if (!document_.content_id().empty()) ReadWindow();
  Pump();
}

void RetrieveDriver::End(absl::Status status, Ending ending, const std::string& safety) {
  std::shared_ptr<exchange::MemberCall> fetch;
  std::shared_ptr<rpc::CallHandle> window;
  bool begun = false;
  bool intended = false;
  bool by_break_glass = false;
  {
    const MutexLock lock(mutex_);
    if (std::exchange(over_, true)) return;
    begun = begun_;
    by_break_glass = by_break_glass_;
    intended = batch_.has_value();
    fetch = std::move(fetch_);
    window = std::move(window_);
    waiting_.clear();
  }
  if (fetch != nullptr) fetch->Cancel();
  if (window != nullptr) window->Cancel();
  if (intended) {
    RecordOutcome(status.ok() ? ReleaseOutcome::kReleased
                  : begun     ? ReleaseOutcome::kBroken
                              : ReleaseOutcome::kNotReleased,
                  safety);
  }
  if (begun && by_break_glass) NoteDisclosure();
  // Once bytes have left, only a reset tells the reader that they are not the whole.
  if (begun && ending == Ending::kReset) {
    writer_.Reset();
  } else {
    writer_.Finish(std::move(status));
  }
}

// The custodian's privacy officer is told, as of items.
void RetrieveDriver::NoteDisclosure() {
  consent::v1::NoteDisclosureRequest request;
  request.set_session_id(request_.session_id());
  request.add_custodians(document_.member());
  services_.notes().Tell(rpc::ChildCall(*context_), std::move(request));
}

void RetrieveDriver::RecordOutcome(ReleaseOutcome outcome, const std::string& safety) {
  exchange::AuditEvent event;
  event.kind = AuditKind::kOutcome;
  event.event_id = absl::StrCat(id_, "/i/o");
  event.patients = {patient_};
  event.custodian = MemberId(document_.member());
  event.intent_event_id = absl::StrCat(id_, "/i");
  event.outcome = outcome;
  {
    const MutexLock lock(mutex_);
    event.released_bytes = written_bytes_;
    if (outcome == ReleaseOutcome::kReleased) {
      event.released_sha256 = HasRange() ? sent_hasher_.Finish() : digest_;
    }
  }
  std::vector<audit::v1::Event> events = {exchange::ToProto(event, asker_)};
  if (!safety.empty()) {
    exchange::AuditEvent alarm;
    alarm.kind = AuditKind::kSafety;
    alarm.event_id = absl::StrCat(id_, "/s");
    alarm.patients = {patient_};
    alarm.custodian = event.custodian;
    alarm.item_ids = {document_.id()};
    alarm.details = {safety};
    events.push_back(exchange::ToProto(alarm, asker_));
  }
  Record(services_, *context_, std::move(events), [](const absl::Status&) {});
}

}  // namespace hie::edge
