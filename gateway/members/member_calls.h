#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "gateway/exchange/member_port.h"
#include "gateway/members/fhir_items.h"
#include "gateway/members/hub_services.h"
#include "hie/agent/v1/agent_service.pb.h"
#include "services/common/base/mutex.h"

// The gateway's side of one question or fetch.  Both are made by std::make_shared, are thread-safe
// and call `done` at most once, whoever ends them first.
namespace hie::members {

// What became of a chunk.
enum class ChunkVerdict {
  kMore,      // The call goes on.
  kLast,      // It was the last one.
  kTooLarge,  // A cap was reached: the agent should stop; what came is used.
};

// One question: gathers chunks, then parses them on the pool.
class QuestionCall : public std::enable_shared_from_this<QuestionCall> {
 public:
  QuestionCall(exchange::MemberQuestion question, std::function<void(exchange::MemberAnswer)> done,
               std::shared_ptr<HubServices> services);

  const exchange::MemberQuestion& question() const { return question_; }
  // Adds a chunk.  After kLast or kTooLarge the call answers by itself.
  ChunkVerdict Add(const agent::v1::QueryChunk& chunk) HIE_EXCLUDES(mutex_);
  // Answers without items, unless it was answered.  True: this call did it.
  bool End(exchange::MemberAnswerStatus status) HIE_EXCLUDES(mutex_);
  // Ends without answering.
  void Abandon() HIE_EXCLUDES(mutex_);

 private:
  bool TakeDone(std::function<void(exchange::MemberAnswer)>& done) HIE_EXCLUDES(mutex_);
  void ParseLater(exchange::MemberAnswerStatus status) HIE_EXCLUDES(mutex_);
  void ParseNow(exchange::MemberAnswerStatus status) HIE_EXCLUDES(mutex_);

  const exchange::MemberQuestion question_;
  const std::shared_ptr<HubServices> services_;
  Mutex mutex_;
  std::function<void(exchange::MemberAnswer)> done_ HIE_GUARDED_BY(mutex_);  // Null: ended.
  std::vector<ReceivedResource> resources_ HIE_GUARDED_BY(mutex_);
  size_t bytes_ HIE_GUARDED_BY(mutex_) = 0;
};

// One fetch: passes content on in order, on the pool.
class FetchCall : public std::enable_shared_from_this<FetchCall> {
 public:
  FetchCall(std::function<bool(absl::string_view)> on_chunk, std::function<void(absl::Status)> done,
            std::shared_ptr<HubServices> services);

  // Adds a chunk.  kTooLarge: the call ends with UNAVAILABLE.
  ChunkVerdict Add(const agent::v1::ContentChunk& chunk) HIE_EXCLUDES(mutex_);
  bool End(absl::Status status) HIE_EXCLUDES(mutex_);
  void Abandon() HIE_EXCLUDES(mutex_);
  // The receiver refused to go on, or the call ended: the agent should stop.
  bool ended() const HIE_EXCLUDES(mutex_);

 private:
  void PassOnLater() HIE_EXCLUDES(mutex_);
  void PassOn() HIE_EXCLUDES(mutex_);

  const std::function<bool(absl::string_view)> on_chunk_;
  const std::shared_ptr<HubServices> services_;
  mutable Mutex mutex_;
  std::function<void(absl::Status)> done_ HIE_GUARDED_BY(mutex_);  // Null: ended.
  std::deque<std::string> waiting_ HIE_GUARDED_BY(mutex_);
  size_t bytes_ HIE_GUARDED_BY(mutex_) = 0;
  bool passing_on_ HIE_GUARDED_BY(mutex_) = false;
  bool complete_ HIE_GUARDED_BY(mutex_) = false;  // The last chunk came.
};

}  // namespace hie::members
