#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "gateway/agent/announcement_book.h"
#include "gateway/agent/answer.h"
#include "gateway/agent/fault.h"
#include "gateway/agent/folder_source.h"
#include "gateway/members/write_queue.h"
#include "hie/agent/v1/agent_service.pb.h"
#include "services/common/base/mutex.h"
#include "services/common/log/log.h"
#include "services/common/rpc/worker_pool.h"

namespace hie::agent {

// What every stream of one agent shares; outlives them.
struct AgentCore {
  std::string member;
  std::string domain;
  std::string version;
  Fault fault;
  std::shared_ptr<log::Logger> log;  // Null: silent.
  std::unique_ptr<FolderSource> source;
  std::function<void()> announced;  // Everything was taken once; may be null.
  std::unique_ptr<rpc::WorkerPool> pool;

  Mutex mutex;
  std::unique_ptr<AnnouncementBook> book HIE_GUARDED_BY(mutex);

  void Log(log::Level level, absl::string_view event, absl::string_view what) const {
    if (log != nullptr) log->Write(level, event, {{"what", what}});
  }
};

// The agent's side of one stream.  Made by std::make_shared.  Thread-safe; OnMessage never blocks.
class AgentSession : public std::enable_shared_from_this<AgentSession> {
 public:
  using Send = std::function<void(const v1::AttachRequest&, members::WriteQueue::Done)>;

  AgentSession(std::shared_ptr<AgentCore> core, Send send);

  // Says hello.
  void Start();
  // Takes one message of the gateway; false: the stream should end.
  bool OnMessage(const v1::AttachResponse& message);
  // Announces what is new, unless an announcement is under way.
  void AnnounceMore();
  // The stream is over.
  void Ended() HIE_EXCLUDES(mutex_);

  // The gateway has welcomed us.
  bool welcomed() const HIE_EXCLUDES(mutex_);

 private:
  bool OnWelcome(const v1::Welcome& welcome);
  void OnTaken(const v1::AnnouncementTaken& taken);
  void Answer(const v1::Query& query);
  void AnswerContent(const v1::FetchContent& fetch);
  void SendAnswer(const v1::Query& query, const ::hie::agent::Answer& answer);
  bool WaitOut(uint64_t id, absl::Duration delay);
  // From a pool thread; false: cancelled or the stream is over.
  bool SendPart(uint64_t id, v1::AttachRequest message);
  void RunCall(uint64_t id, std::function<void()> task, v1::AttachRequest if_busy);
  bool IsRunning(uint64_t id) const HIE_EXCLUDES(mutex_);
  bool Push(v1::AttachRequest message);

  const std::shared_ptr<AgentCore> core_;
  const Send send_;
  const std::shared_ptr<members::WriteQueue> writes_;

  mutable Mutex mutex_;
  bool welcomed_ HIE_GUARDED_BY(mutex_) = false;
  bool ended_ HIE_GUARDED_BY(mutex_) = false;
  absl::flat_hash_set<uint64_t> running_ HIE_GUARDED_BY(mutex_);  // Queries and fetches.
};

}  // namespace hie::agent
