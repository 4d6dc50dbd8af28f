#include "gateway/agent/agent_session.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "services/common/wire/wire.h"

namespace hie::agent {
namespace {

constexpr size_t kChunkBytesMax = 1 << 20;      // Of the contract.
constexpr size_t kResourceBytesMax = 3 << 20;   // A message holds 4 MiB.
constexpr size_t kContentPieceMax = 256 << 10;  // Of the contract.
constexpr absl::Duration kWritePatience = absl::Seconds(30);
constexpr absl::Duration kSleepStep = absl::Milliseconds(20);
// Room for the answers of every call the gateway may have under way.
constexpr members::WriteQueue::Bounds kWriteBounds = {.messages_max = 64, .bytes_max = 8 << 20};

v1::AnswerStatus StatusOf(AnswerState state) {
  switch (state) {
    case AnswerState::kComplete:
      return v1::ANSWER_STATUS_COMPLETE;
    case AnswerState::kPartial:
      return v1::ANSWER_STATUS_PARTIAL;
    case AnswerState::kPatientUnknown:
      return v1::ANSWER_STATUS_PATIENT_UNKNOWN;
    case AnswerState::kFailed:
      return v1::ANSWER_STATUS_FAILED;
  }
  return v1::ANSWER_STATUS_FAILED;
}

v1::AttachRequest LastQueryChunk(uint64_t id, v1::AnswerStatus status) {
  v1::AttachRequest message;
  message.mutable_query_chunk()->set_id(id);
  message.mutable_query_chunk()->set_status(status);
  return message;
}

v1::AttachRequest LastContentChunk(uint64_t id, v1::AnswerStatus status) {
  v1::AttachRequest message;
  message.mutable_content_chunk()->set_id(id);
  message.mutable_content_chunk()->set_status(status);
  return message;
}

// Another patient's id, for the fault of that name.
std::string SomebodyElse(const RecordIndex& index, const std::string& id) {
  for (const auto& [other, record] : index.patients()) {
    if (other != id && !record.patients.empty()) return other;
  }
  return id;
}

// A resource that no message holds is left out, and the answer is partial for it.
void LeaveOutOversized(Answer& answer) {
  const size_t before = answer.resources.size();
  std::erase_if(answer.resources, [](const SourceResource* resource) {
    return resource->json.size() > kResourceBytesMax;
  });
  if (answer.resources.size() < before && answer.state == AnswerState::kComplete) {
    answer.state = AnswerState::kPartial;
  }
}

}  // namespace

AgentSession::AgentSession(std::shared_ptr<AgentCore> core, Send send)
    : core_(std::move(core)),
      send_(std::move(send)),
      writes_(std::make_shared<members::WriteQueue>(kWriteBounds)) {}

bool AgentSession::Push(v1::AttachRequest message) {
  const size_t bytes = message.ByteSizeLong();
  return writes_->Push([send = send_, message = std::move(message)](
                           members::WriteQueue::Done done) { send(message, std::move(done)); },
                       bytes);
}

void AgentSession::Start() {
  v1::AttachRequest hello;
  hello.mutable_hello()->set_version(core_->version);
  hello.mutable_hello()->set_domain(core_->domain);
  Push(std::move(hello));
}

bool AgentSession::OnMessage(const v1::AttachResponse& message) {
  const auto self = shared_from_this();
  switch (message.message_case()) {
    case v1::AttachResponse::kWelcome:
      return OnWelcome(message.welcome());
    case v1::AttachResponse::kQuery:
      RunCall(
          message.query().id(), [self, query = message.query()] { self->Answer(query); },
          LastQueryChunk(message.query().id(), v1::ANSWER_STATUS_FAILED));
      return true;
    case v1::AttachResponse::kFetchContent:
      RunCall(
          message.fetch_content().id(),
          [self, fetch = message.fetch_content()] { self->AnswerContent(fetch); },
          LastContentChunk(message.fetch_content().id(), v1::ANSWER_STATUS_FAILED));
      return true;
    case v1::AttachResponse::kCancel: {
      MutexLock lock(mutex_);
      running_.erase(message.cancel().id());
      return true;
    }
    case v1::AttachResponse::kPing: {
      v1::AttachRequest pong;
      pong.mutable_pong()->set_sequence(message.ping().sequence());
      return Push(std::move(pong));
    }
    case v1::AttachResponse::kAnnouncementTaken:
      OnTaken(message.announcement_taken());
      return true;
    default:
      return true;  // Of a newer gateway.
  }
}

bool AgentSession::OnWelcome(const v1::Welcome& welcome) {
  if (welcome.member() != core_->member) {
    core_->Log(log::Level::kError, "wrong-certificate",
               "--member is not the member that the certificate names");
    return false;
  }
  {
    MutexLock lock(mutex_);
    welcomed_ = true;
  }
  core_->Log(log::Level::kInfo, "attached", welcome.member());
  core_->pool->TryRun([self = shared_from_this()] { self->AnnounceMore(); });
  return true;
}

void AgentSession::AnnounceMore() {
  std::optional<v1::Announcement> next;
  bool done = false;
  {
    MutexLock lock(core_->mutex);
    next = core_->book->Next();
    done = core_->book->Done();
  }
  if (done && core_->announced) core_->announced();
  if (!next) return;
  v1::AttachRequest message;
  *message.mutable_announcement() = *std::move(next);
  const size_t bytes = message.ByteSizeLong();
  const bool pushed = writes_->WaitAndPush(
      [send = send_, message = std::move(message)](members::WriteQueue::Done written) {
        send(message, std::move(written));
      },
      bytes, kWritePatience);
  if (pushed) return;
  // The gateway never saw it: it waits again, until the folder is next looked at.  Where the stream
  // has ended, Ended puts it back.
  {
    MutexLock lock(mutex_);
    if (ended_) return;
  }
  MutexLock lock(core_->mutex);
  core_->book->StreamLost();
}

void AgentSession::OnTaken(const v1::AnnouncementTaken& taken) {
  for (const std::string& problem : taken.problems()) {
    core_->Log(log::Level::kWarning, "patient-not-taken", problem);
  }
  {
    MutexLock lock(core_->mutex);
    core_->book->Taken(taken.sequence());
  }
  core_->pool->TryRun([self = shared_from_this()] { self->AnnounceMore(); });
}

void AgentSession::RunCall(uint64_t id, std::function<void()> task, v1::AttachRequest if_busy) {
  {
    MutexLock lock(mutex_);
    running_.insert(id);
  }
  if (core_->pool->TryRun(std::move(task))) return;
  Push(std::move(if_busy));
  MutexLock lock(mutex_);
  running_.erase(id);
}

bool AgentSession::IsRunning(uint64_t id) const {
  MutexLock lock(mutex_);
  return !ended_ && running_.contains(id);
}

bool AgentSession::WaitOut(uint64_t id, absl::Duration delay) {
  for (const absl::Time end = absl::Now() + delay; absl::Now() < end;) {
    if (!IsRunning(id)) return false;
    absl::SleepFor(std::min(kSleepStep, end - absl::Now()));
  }
  return IsRunning(id);
}

bool AgentSession::SendPart(uint64_t id, v1::AttachRequest message) {
  if (!IsRunning(id)) return false;
  const size_t bytes = message.ByteSizeLong();
  return writes_->WaitAndPush(
      [send = send_, message = std::move(message)](members::WriteQueue::Done done) {
        send(message, std::move(done));
      },
      bytes, kWritePatience);
}

void AgentSession::Answer(const v1::Query& query) {
  if (core_->fault.kind == Fault::Kind::kSilent) return;
  if (core_->fault.kind == Fault::Kind::kSlow && !WaitOut(query.id(), core_->fault.delay)) return;
  if (core_->fault.kind == Fault::Kind::kGarbage) {
    v1::AttachRequest garbage = LastQueryChunk(query.id(), v1::ANSWER_STATUS_COMPLETE);
    garbage.mutable_query_chunk()->add_resources("<html>502 Bad Gateway</html>");
    SendPart(query.id(), std::move(garbage));
    return;
  }
  const absl::StatusOr<LocalPatient> patient =
      wire::FromProto(query.patient(), "patient", wire::Incarnation::kMayBeCurrent);
  const std::shared_ptr<const RecordIndex> index = core_->source->index();
  ::hie::agent::Answer answer = {AnswerState::kPatientUnknown, {}};
  if (patient.ok()) {
    LocalPatient asked = *patient;
    if (core_->fault.kind == Fault::Kind::kWrongPatient) {
      asked.id = Phi<std::string>(SomebodyElse(*index, asked.id.value()));
    }
    std::vector<ClinicalClass> classes;
    for (const int wanted : query.classes()) classes.push_back(static_cast<ClinicalClass>(wanted));
    answer = SelectAnswer(*index, core_->domain, asked, classes);
  }
  LeaveOutOversized(answer);
  SendAnswer(query, answer);
  MutexLock lock(mutex_);
  running_.erase(query.id());
}

void AgentSession::SendAnswer(const v1::Query& query, const ::hie::agent::Answer& answer) {
  for (const auto& chunk : Chunked(answer.resources, kChunkBytesMax)) {
    v1::AttachRequest message;
    message.mutable_query_chunk()->set_id(query.id());
    for (const SourceResource* resource : chunk) {
      message.mutable_query_chunk()->add_resources(resource->json);
      message.mutable_query_chunk()->add_full_urls(resource->full_url);
    }
    if (!SendPart(query.id(), std::move(message))) return;
  }
  SendPart(query.id(), LastQueryChunk(query.id(), StatusOf(answer.state)));
}

void AgentSession::AnswerContent(const v1::FetchContent& fetch) {
  if (core_->fault.kind == Fault::Kind::kSilent) return;
  if (core_->fault.kind == Fault::Kind::kSlow && !WaitOut(fetch.id(), core_->fault.delay)) return;
  const std::shared_ptr<const RecordIndex> index = core_->source->index();
  const PatientRecord* record = index->Find(fetch.patient().id());
  if (fetch.patient().assigning_authority() != core_->domain) record = nullptr;
  const SourceDocument* document = nullptr;
  if (record != nullptr) {
    const auto found = record->documents.find(fetch.unique_id());
    if (found != record->documents.end()) document = &found->second;
  }
  absl::StatusOr<std::string> content = absl::NotFoundError("document: not here");
  if (document != nullptr) content = core_->source->Content(*document);
  if (!content.ok()) {
    const bool absent = content.status().code() == absl::StatusCode::kNotFound;
    SendPart(fetch.id(), LastContentChunk(fetch.id(), absent ? v1::ANSWER_STATUS_NOT_FOUND
                                                             : v1::ANSWER_STATUS_FAILED));
    return;
  }
  for (size_t at = 0; at < content->size(); at += kContentPieceMax) {
    v1::AttachRequest message;
    message.mutable_content_chunk()->set_id(fetch.id());
    message.mutable_content_chunk()->set_data(content->substr(at, kContentPieceMax));
    if (at == 0) message.mutable_content_chunk()->set_media_type(document->facts.media_type);
    if (!SendPart(fetch.id(), std::move(message))) return;
  }
  SendPart(fetch.id(), LastContentChunk(fetch.id(), v1::ANSWER_STATUS_COMPLETE));
  MutexLock lock(mutex_);
  running_.erase(fetch.id());
}

void AgentSession::Ended() {
  writes_->Close();
  {
    MutexLock lock(mutex_);
    if (std::exchange(ended_, true)) return;
    running_.clear();
  }
  MutexLock lock(core_->mutex);
  core_->book->StreamLost();
}

bool AgentSession::welcomed() const {
  MutexLock lock(mutex_);
  return welcomed_;
}

}  // namespace hie::agent
