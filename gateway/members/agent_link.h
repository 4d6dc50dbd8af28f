#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "gateway/exchange/member_port.h"
#include "gateway/members/hub_services.h"
#include "gateway/members/member_calls.h"
#include "gateway/members/write_queue.h"
#include "hie/agent/v1/agent_service.pb.h"
#include "services/common/base/mutex.h"
#include "services/common/rpc/server.h"

namespace hie::members {

// The gateway's side of one agent's stream.  Made by std::make_shared.  Thread-safe.
//
// Whatever ends it (the agent, silence, a second stream, a breach of the protocol) ends every
// outstanding call as unreachable.
class AgentLink : public std::enable_shared_from_this<AgentLink> {
 public:
  // What the owner is told.
  struct Events {
    std::function<void(std::shared_ptr<AgentLink>)> ready;  // After a valid Hello.
    std::function<void(std::shared_ptr<AgentLink>)> closed;
    std::function<absl::Status()> still_admitted;  // See AgentHub::Options; may be null.
  };

  AgentLink(MemberId member, rpc::ServerWriter<agent::v1::AttachResponse> writer,
            std::shared_ptr<HubServices> services, Events events);

  // Starts the watch over silence; once, after construction.
  void Start();

  const MemberId& member() const { return member_; }

  // Takes one message; null: the other side is done or gone.  Never blocks.
  void Receive(const agent::v1::AttachRequest* request) HIE_EXCLUDES(mutex_);

  // As MemberPort; `done` is never called before this returns.
  std::shared_ptr<exchange::MemberCall> Ask(const exchange::MemberQuestion& question,
                                            std::function<void(exchange::MemberAnswer)> done);
  std::shared_ptr<exchange::MemberCall> Fetch(const exchange::ContentRequest& request,
                                              std::function<bool(absl::string_view)> on_chunk,
                                              std::function<void(absl::Status)> done);

  // Ends the stream with `status`, and every call.
  void Close(const absl::Status& status) HIE_EXCLUDES(mutex_);

  // The agent of call `id` need not go on.
  void CancelAtAgent(uint64_t id) HIE_EXCLUDES(mutex_);

 private:
  void TakeHello(const agent::v1::Hello& hello) HIE_EXCLUDES(mutex_);
  void TakeAnnouncement(const agent::v1::Announcement& announcement) HIE_EXCLUDES(mutex_);
  void TakeQueryChunk(const agent::v1::QueryChunk& chunk) HIE_EXCLUDES(mutex_);
  void TakeContentChunk(const agent::v1::ContentChunk& chunk) HIE_EXCLUDES(mutex_);
  void Watch() HIE_EXCLUDES(mutex_);
  void DeliverAnnouncement(std::shared_ptr<const struct CheckedAnnouncement> checked);
  void FinishAnnouncement(std::shared_ptr<const struct CheckedAnnouncement> checked,
                          absl::StatusOr<std::vector<AnnouncementProblem>> problems);
  bool Send(agent::v1::AttachResponse response);
  // Reserves an id; 0 with `shed` set where no call can be begun.
  uint64_t Reserve(bool& shed) HIE_EXCLUDES(mutex_);
  void Forget(uint64_t id) HIE_EXCLUDES(mutex_);
  void Begin(uint64_t id, absl::Duration budget, agent::v1::AttachResponse message,
             std::function<void()> refuse, std::function<bool()> expire);
  bool closed() const HIE_EXCLUDES(mutex_);

  const MemberId member_;
  const std::shared_ptr<HubServices> services_;
  const Events events_;
  const rpc::ServerWriter<agent::v1::AttachResponse> writer_;
  const std::shared_ptr<WriteQueue> writes_;

  mutable Mutex mutex_;
  bool ready_ HIE_GUARDED_BY(mutex_) = false;
  bool closed_ HIE_GUARDED_BY(mutex_) = false;
  bool announcing_ HIE_GUARDED_BY(mutex_) = false;
  absl::Time last_heard_ HIE_GUARDED_BY(mutex_);
  uint64_t next_id_ HIE_GUARDED_BY(mutex_) = 1;
  uint64_t next_ping_ HIE_GUARDED_BY(mutex_) = 1;
  size_t reserved_ HIE_GUARDED_BY(mutex_) = 0;
  absl::flat_hash_map<uint64_t, std::shared_ptr<QuestionCall>> questions_ HIE_GUARDED_BY(mutex_);
  absl::flat_hash_map<uint64_t, std::shared_ptr<FetchCall>> fetches_ HIE_GUARDED_BY(mutex_);
};

}  // namespace hie::members
