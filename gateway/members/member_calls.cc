#include "gateway/members/member_calls.h"

#include <algorithm>
#include <utility>

namespace hie::members {
namespace {

using exchange::MemberAnswer;
using exchange::MemberAnswerStatus;

constexpr size_t kContentPieceMax = 256 << 10;  // Of the port's contract.

MemberAnswerStatus StatusOf(agent::v1::AnswerStatus status) {
  switch (status) {
    case agent::v1::ANSWER_STATUS_COMPLETE:
      return MemberAnswerStatus::kComplete;
    case agent::v1::ANSWER_STATUS_PARTIAL:
      return MemberAnswerStatus::kPartial;
    case agent::v1::ANSWER_STATUS_PATIENT_UNKNOWN:
      return MemberAnswerStatus::kPatientUnknown;
    case agent::v1::ANSWER_STATUS_FAILED:
      return MemberAnswerStatus::kFailed;
    default:
      return MemberAnswerStatus::kBadResponse;
  }
}

// An answer of which something could not be read is never complete: partial where something could
// be read, else bad.
MemberAnswerStatus Weakened(MemberAnswerStatus status, const ParsedAnswer& parsed) {
  if (parsed.unparsable + parsed.conflicting == 0) return status;
  if (parsed.items.empty() && parsed.patients.empty()) return MemberAnswerStatus::kBadResponse;
  return status == MemberAnswerStatus::kComplete ? MemberAnswerStatus::kPartial : status;
}

}  // namespace

QuestionCall::QuestionCall(exchange::MemberQuestion question,
                           std::function<void(MemberAnswer)> done,
                           std::shared_ptr<HubServices> services)
    : question_(std::move(question)), services_(std::move(services)), done_(std::move(done)) {}

ChunkVerdict QuestionCall::Add(const agent::v1::QueryChunk& chunk) {
  bool too_large = false;
  {
    MutexLock lock(mutex_);
    for (int i = 0; i < chunk.resources_size() && !too_large; ++i) {
      const std::string& resource = chunk.resources(i);
      too_large = resources_.size() >= services_->limits.answer_resources_max ||
                  bytes_ + resource.size() > services_->limits.answer_bytes_max;
      if (too_large) break;
      bytes_ += resource.size();
      resources_.push_back({resource, i < chunk.full_urls_size() ? chunk.full_urls(i) : ""});
    }
  }
  if (too_large) {
    ParseLater(MemberAnswerStatus::kTooLarge);
    return ChunkVerdict::kTooLarge;
  }
  if (chunk.status() == agent::v1::ANSWER_STATUS_UNSPECIFIED) return ChunkVerdict::kMore;
  ParseLater(StatusOf(chunk.status()));
  return ChunkVerdict::kLast;
}

void QuestionCall::ParseLater(MemberAnswerStatus status) {
  const bool taken =
      services_->pool.TryRun([self = shared_from_this(), status] { self->ParseNow(status); });
  if (!taken) End(MemberAnswerStatus::kShed);
}

void QuestionCall::ParseNow(MemberAnswerStatus status) {
  std::vector<ReceivedResource> resources;
  {
    MutexLock lock(mutex_);
    if (done_ == nullptr) return;
    resources.swap(resources_);
  }
  ParsedAnswer parsed =
      ParseAnswer(question_.member, question_.patient, std::move(resources), question_.classes);
  if (parsed.unparsable + parsed.conflicting > 0) {
    services_->Log(log::Level::kWarning, "answer-not-readable", question_.member,
                   question_.request_id);
  }
  std::function<void(MemberAnswer)> done;
  if (!TakeDone(done)) return;
  const MemberAnswerStatus weakened = Weakened(status, parsed);
  done({weakened, std::move(parsed.patients), std::move(parsed.items)});
}

bool QuestionCall::TakeDone(std::function<void(MemberAnswer)>& done) {
  MutexLock lock(mutex_);
  done = std::move(done_);
  done_ = nullptr;
  return done != nullptr;
}

bool QuestionCall::End(MemberAnswerStatus status) {
  std::function<void(MemberAnswer)> done;
  if (!TakeDone(done)) return false;
  done({status, {}, {}});
  return true;
}

void QuestionCall::Abandon() {
  std::function<void(MemberAnswer)> dropped;
  TakeDone(dropped);
}

FetchCall::FetchCall(std::function<bool(absl::string_view)> on_chunk,
                     std::function<void(absl::Status)> done, std::shared_ptr<HubServices> services)
    : on_chunk_(std::move(on_chunk)), services_(std::move(services)), done_(std::move(done)) {}

ChunkVerdict FetchCall::Add(const agent::v1::ContentChunk& chunk) {
  const agent::v1::AnswerStatus status = chunk.status();
  if (status == agent::v1::ANSWER_STATUS_NOT_FOUND ||
      status == agent::v1::ANSWER_STATUS_PATIENT_UNKNOWN) {
    End(absl::NotFoundError("document: the member does not have it"));
    return ChunkVerdict::kLast;
  }
  const bool last = status != agent::v1::ANSWER_STATUS_UNSPECIFIED;
  if (last && status != agent::v1::ANSWER_STATUS_COMPLETE) {
    End(absl::UnavailableError("document: the member's source failed"));
    return ChunkVerdict::kLast;
  }
  bool too_large = false;
  {
    MutexLock lock(mutex_);
    bytes_ += chunk.data().size();
    too_large = bytes_ > services_->limits.content_bytes_max;
    if (!too_large && !chunk.data().empty()) waiting_.push_back(chunk.data());
    complete_ = last && !too_large;
  }
  if (too_large) {
    End(absl::UnavailableError("document: larger than the exchange passes on"));
    return ChunkVerdict::kTooLarge;
  }
  PassOnLater();
  if (!last && ended()) return ChunkVerdict::kTooLarge;
  return last ? ChunkVerdict::kLast : ChunkVerdict::kMore;
}

void FetchCall::PassOnLater() {
  {
    MutexLock lock(mutex_);
    if (passing_on_) return;
    passing_on_ = true;
  }
  const bool taken = services_->pool.TryRun([self = shared_from_this()] { self->PassOn(); });
  if (!taken) End(absl::UnavailableError("document: too busy to pass it on"));
}

void FetchCall::PassOn() {
  while (true) {
    std::string data;
    {
      MutexLock lock(mutex_);
      if (waiting_.empty()) {
        passing_on_ = false;
        if (!complete_) return;
        break;
      }
      if (done_ == nullptr) return;
      data = std::move(waiting_.front());
      waiting_.pop_front();
    }
    for (absl::string_view rest = data; !rest.empty();
         rest.remove_prefix(std::min(rest.size(), kContentPieceMax))) {
      if (on_chunk_(rest.substr(0, kContentPieceMax))) continue;
      End(absl::CancelledError("document: no longer wanted"));
      return;
    }
  }
  End(absl::OkStatus());
}

bool FetchCall::End(absl::Status status) {
  std::function<void(absl::Status)> done;
  {
    MutexLock lock(mutex_);
    done = std::move(done_);
    done_ = nullptr;
  }
  if (done == nullptr) return false;
  done(std::move(status));
  return true;
}

void FetchCall::Abandon() {
  std::function<void(absl::Status)> dropped;
  MutexLock lock(mutex_);
  dropped = std::move(done_);
  done_ = nullptr;
}

bool FetchCall::ended() const {
  MutexLock lock(mutex_);
  return done_ == nullptr;
}

}  // namespace hie::members
