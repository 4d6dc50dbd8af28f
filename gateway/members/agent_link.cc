#include "gateway/members/agent_link.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gateway/members/announcement_check.h"
#include "services/common/wire/wire.h"

namespace hie::members {
namespace {

using agent::v1::AttachRequest;
using agent::v1::AttachResponse;
using exchange::MemberAnswerStatus;

// Questions are small; an agent that does not read for so many is as good as gone.
constexpr WriteQueue::Bounds kWriteBounds = {.messages_max = 256, .bytes_max = 1 << 20};

// The caller's handle on a question or fetch.
template <typename Call>
class Ticket final : public exchange::MemberCall {
 public:
  Ticket(std::weak_ptr<AgentLink> link, uint64_t id, std::shared_ptr<Call> call)
      : link_(std::move(link)), id_(id), call_(std::move(call)) {}

  void Cancel() override {
    call_->Abandon();
    if (const std::shared_ptr<AgentLink> link = link_.lock()) link->CancelAtAgent(id_);
  }

 private:
  const std::weak_ptr<AgentLink> link_;
  const uint64_t id_;
  const std::shared_ptr<Call> call_;
};

uint32_t Millis(absl::Duration budget) {
  return static_cast<uint32_t>(std::max<int64_t>(1, absl::ToInt64Milliseconds(budget)));
}

}  // namespace

AgentLink::AgentLink(MemberId member, rpc::ServerWriter<AttachResponse> writer,
                     std::shared_ptr<HubServices> services, Events events)
    : member_(std::move(member)),
      services_(std::move(services)),
      events_(std::move(events)),
      writer_(std::move(writer)),
      writes_(std::make_shared<WriteQueue>(kWriteBounds)),
      last_heard_(services_->clock->Now()) {}

void AgentLink::Start() {
  services_->timers.After(services_->limits.ping_interval, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->Watch();
  });
}

// Pings, and takes an agent that says nothing at all for gone: TCP alone notices a pulled cable
// after a quarter of an hour.
void AgentLink::Watch() {
  AttachResponse ping;
  {
    MutexLock lock(mutex_);
    if (closed_) return;
    const bool silent = services_->clock->Now() - last_heard_ > services_->limits.silence_max;
    if (!silent) ping.mutable_ping()->set_sequence(next_ping_++);
  }
  if (!ping.has_ping()) return Close(absl::UnavailableError("nothing was heard from the agent"));
  // A key that was revoked must not go on hearing who is asked about.
  const absl::Status admitted =
      events_.still_admitted == nullptr ? absl::OkStatus() : events_.still_admitted();
  if (absl::IsPermissionDenied(admitted) || absl::IsUnauthenticated(admitted)) {
    return Close(admitted);
  }
  Send(std::move(ping));
  Start();
}

bool AgentLink::Send(AttachResponse response) {
  const size_t bytes = response.ByteSizeLong();
  return writes_->Push([writer = writer_, response = std::move(response)](
                           WriteQueue::Done done) { writer.Write(response, std::move(done)); },
                       bytes);
}

void AgentLink::Receive(const AttachRequest* request) {
  if (request == nullptr) return Close(absl::OkStatus());
  bool ready = false;
  {
    MutexLock lock(mutex_);
    if (closed_) return;
    last_heard_ = services_->clock->Now();
    ready = ready_;
  }
  if (ready == request->has_hello()) {
    return Close(absl::FailedPreconditionError("hello: want it once, first"));
  }
  switch (request->message_case()) {
    case AttachRequest::kHello:
      return TakeHello(request->hello());
    case AttachRequest::kAnnouncement:
      return TakeAnnouncement(request->announcement());
    case AttachRequest::kQueryChunk:
      return TakeQueryChunk(request->query_chunk());
    case AttachRequest::kContentChunk:
      return TakeContentChunk(request->content_chunk());
    default:
      return;  // A pong has been heard; what a newer agent says beyond is no breach.
  }
}

void AgentLink::TakeHello(const agent::v1::Hello& hello) {
  if (!services_->owns_domain(member_, hello.domain())) {
    return Close(absl::PermissionDeniedError("hello.domain: want a domain of this member"));
  }
  AttachResponse welcome;
  welcome.mutable_welcome()->set_member(member_.value());
  Send(std::move(welcome));
  {
    MutexLock lock(mutex_);
    ready_ = true;
  }
  services_->Log(log::Level::kInfo, "agent-attached", member_, hello.version().substr(0, 32));
  events_.ready(shared_from_this());
  if (closed()) events_.closed(shared_from_this());  // It was closed meanwhile: be forgotten.
}

void AgentLink::TakeAnnouncement(const agent::v1::Announcement& announcement) {
  bool second = false;
  {
    MutexLock lock(mutex_);
    second = announcing_;
    announcing_ = true;
  }
  if (second) {
    return Close(absl::FailedPreconditionError("announcement: want the one before taken first"));
  }
  if (static_cast<size_t>(announcement.patients_size()) >
      services_->limits.announcement_patients_max) {
    return Close(absl::InvalidArgumentError("announcement.patients: want fewer in one message"));
  }
  DeliverAnnouncement(std::make_shared<const CheckedAnnouncement>(
      CheckAnnouncement(member_, announcement, services_->owns_domain)));
}

void AgentLink::DeliverAnnouncement(std::shared_ptr<const CheckedAnnouncement> checked) {
  if (closed()) return;
  if (checked->accepted.patients().empty()) {
    return FinishAnnouncement(std::move(checked), std::vector<AnnouncementProblem>());
  }
  const auto deliver = [self = shared_from_this(), checked] {
    self->services_->announce(
        self->member_, checked->accepted,
        [self, checked](absl::StatusOr<std::vector<AnnouncementProblem>> problems) {
          self->FinishAnnouncement(checked, std::move(problems));
        });
  };
  if (!services_->pool.TryRun(deliver)) {
    FinishAnnouncement(std::move(checked), absl::UnavailableError("too busy"));
  }
}

void AgentLink::FinishAnnouncement(std::shared_ptr<const CheckedAnnouncement> checked,
                                   absl::StatusOr<std::vector<AnnouncementProblem>> problems) {
  if (!problems.ok()) {
    services_->Log(log::Level::kWarning, "announcement-not-taken", member_,
                   absl::StatusCodeToString(problems.status().code()));
    services_->timers.After(services_->limits.announcement_retry,
                            [weak = weak_from_this(), checked] {
                              if (const auto self = weak.lock()) self->DeliverAnnouncement(checked);
                            });
    return;
  }
  AttachResponse response;
  agent::v1::AnnouncementTaken& taken = *response.mutable_announcement_taken();
  taken.set_sequence(checked->accepted.sequence());
  for (const std::string& problem : checked->problems) taken.add_problems(problem);
  for (const AnnouncementProblem& problem : *problems) {
    if (problem.index < 0 || static_cast<size_t>(problem.index) >= checked->indexes.size())
      continue;
    taken.add_problems(
        absl::StrCat(checked->indexes[static_cast<size_t>(problem.index)], ": ", problem.what));
  }
  {
    MutexLock lock(mutex_);
    announcing_ = false;
  }
  // An agent that never hears it would wait for it, and announce nothing any more: it attaches
  // anew and announces again.
  if (!Send(std::move(response))) Close(absl::UnavailableError("the agent does not read"));
}

void AgentLink::TakeQueryChunk(const agent::v1::QueryChunk& chunk) {
  std::shared_ptr<QuestionCall> call;
  {
    MutexLock lock(mutex_);
    const auto found = questions_.find(chunk.id());
    if (found == questions_.end()) return;  // Late: it was cancelled or has timed out.
    call = found->second;
  }
  const ChunkVerdict verdict = call->Add(chunk);
  if (verdict == ChunkVerdict::kMore) return;
  if (verdict == ChunkVerdict::kTooLarge) return CancelAtAgent(chunk.id());
  Forget(chunk.id());
}

void AgentLink::TakeContentChunk(const agent::v1::ContentChunk& chunk) {
  std::shared_ptr<FetchCall> call;
  {
    MutexLock lock(mutex_);
    const auto found = fetches_.find(chunk.id());
    if (found == fetches_.end()) return;
    call = found->second;
  }
  const ChunkVerdict verdict = call->Add(chunk);
  if (verdict == ChunkVerdict::kMore) return;
  if (verdict == ChunkVerdict::kTooLarge) return CancelAtAgent(chunk.id());
  Forget(chunk.id());
}

uint64_t AgentLink::Reserve(bool& shed) {
  MutexLock lock(mutex_);
  shed = reserved_ >= services_->limits.calls_per_member_max;
  if (closed_ || !ready_ || shed) return 0;
  ++reserved_;
  return next_id_++;
}

void AgentLink::Forget(uint64_t id) {
  std::shared_ptr<QuestionCall> question;  // Destroyed outside the lock.
  std::shared_ptr<FetchCall> fetch;
  MutexLock lock(mutex_);
  if (const auto found = questions_.find(id); found != questions_.end()) {
    question = std::move(found->second);
    questions_.erase(found);
    --reserved_;
  }
  if (const auto found = fetches_.find(id); found != fetches_.end()) {
    fetch = std::move(found->second);
    fetches_.erase(found);
    --reserved_;
  }
}

void AgentLink::CancelAtAgent(uint64_t id) {
  bool running = false;
  {
    MutexLock lock(mutex_);
    running = questions_.contains(id) || fetches_.contains(id);
  }
  if (!running) return;
  Forget(id);
  AttachResponse cancel;
  cancel.mutable_cancel()->set_id(id);
  Send(std::move(cancel));
}

void AgentLink::Begin(uint64_t id, absl::Duration budget, AttachResponse message,
                      std::function<void()> refuse, std::function<bool()> expire) {
  services_->timers.After(budget, [weak = weak_from_this(), id, expire = std::move(expire)] {
    if (!expire()) return;
    if (const auto self = weak.lock()) self->CancelAtAgent(id);
  });
  if (Send(std::move(message))) return;
  Forget(id);
  services_->timers.After(absl::ZeroDuration(), std::move(refuse));
}

std::shared_ptr<exchange::MemberCall> AgentLink::Ask(
    const exchange::MemberQuestion& question, std::function<void(exchange::MemberAnswer)> done) {
  auto call = std::make_shared<QuestionCall>(question, std::move(done), services_);
  bool shed = false;
  const uint64_t id = Reserve(shed);
  const auto end_as = [call](MemberAnswerStatus status) {
    return [call, status] { call->End(status); };
  };
  if (id == 0) {
    services_->timers.After(absl::ZeroDuration(), end_as(shed ? MemberAnswerStatus::kShed
                                                              : MemberAnswerStatus::kUnreachable));
    return std::make_shared<Ticket<QuestionCall>>(weak_from_this(), id, call);
  }
  bool closed = false;
  {
    MutexLock lock(mutex_);
    closed = closed_;
    questions_.emplace(id, call);
  }
  const absl::Duration budget = std::min(question.budget, services_->limits.budget_max);
  AttachResponse message;
  agent::v1::Query& query = *message.mutable_query();
  query.set_id(id);
  *query.mutable_patient() = wire::ToProto(question.patient);
  for (const ClinicalClass wanted : question.classes) query.add_classes(wire::ToProto(wanted));
  query.set_budget_millis(Millis(budget));
  query.set_request_id(question.request_id);
  Begin(id, budget, std::move(message),
        end_as(closed ? MemberAnswerStatus::kUnreachable : MemberAnswerStatus::kShed),
        [weak = std::weak_ptr<QuestionCall>(call)] {
          const auto running = weak.lock();
          return running != nullptr && running->End(MemberAnswerStatus::kTimeout);
        });
  return std::make_shared<Ticket<QuestionCall>>(weak_from_this(), id, call);
}

std::shared_ptr<exchange::MemberCall> AgentLink::Fetch(
    const exchange::ContentRequest& request, std::function<bool(absl::string_view)> on_chunk,
    std::function<void(absl::Status)> done) {
  auto call = std::make_shared<FetchCall>(std::move(on_chunk), std::move(done), services_);
  bool shed = false;
  const uint64_t id = Reserve(shed);
  const auto refuse = [call] {
    call->End(absl::UnavailableError("document: member not reachable"));
  };
  if (id == 0) {
    services_->timers.After(absl::ZeroDuration(), refuse);
    return std::make_shared<Ticket<FetchCall>>(weak_from_this(), id, call);
  }
  {
    MutexLock lock(mutex_);
    fetches_.emplace(id, call);
  }
  const absl::Duration budget = std::min(request.budget, services_->limits.budget_max);
  AttachResponse message;
  agent::v1::FetchContent& fetch = *message.mutable_fetch_content();
  fetch.set_id(id);
  *fetch.mutable_patient() = wire::ToProto(request.patient);
  fetch.set_unique_id(request.unique_id);
  fetch.set_budget_millis(Millis(budget));
  // The timer holds no call: one that ended lets go of what its caller gave it, at once.
  Begin(id, budget, std::move(message), refuse, [weak = std::weak_ptr<FetchCall>(call)] {
    const auto running = weak.lock();
    return running != nullptr &&
           running->End(absl::DeadlineExceededError("document: not complete within the budget"));
  });
  return std::make_shared<Ticket<FetchCall>>(weak_from_this(), id, call);
}

bool AgentLink::closed() const {
  MutexLock lock(mutex_);
  return closed_;
}

void AgentLink::Close(const absl::Status& status) {
  absl::flat_hash_map<uint64_t, std::shared_ptr<QuestionCall>> questions;
  absl::flat_hash_map<uint64_t, std::shared_ptr<FetchCall>> fetches;
  {
    MutexLock lock(mutex_);
    if (closed_) return;
    closed_ = true;
    questions.swap(questions_);
    fetches.swap(fetches_);
  }
  writes_->Close();
  writer_.Finish(status);
  services_->Log(status.ok() ? log::Level::kInfo : log::Level::kWarning, "agent-detached", member_,
                 status.ok() ? "the stream ended" : status.message());
  events_.closed(shared_from_this());
  for (auto& [id, call] : questions) call->End(MemberAnswerStatus::kUnreachable);
  for (auto& [id, call] : fetches) {
    call->End(absl::UnavailableError("document: the member was lost"));
  }
}

}  // namespace hie::members
