#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "gateway/exchange/member_port.h"
#include "gateway/members/agent_link.h"
#include "gateway/members/hub_services.h"
#include "services/common/base/mutex.h"
#include "services/common/rpc/server.h"

namespace hie::members {

// Every attached agent, as the exchange's way to its members.  Thread-safe.
//
// One stream per member, by the certificate's identity; a second stream replaces the first.
// Answers are parsed on a pool of the hub's own; `done` runs there, or on its timer thread, never
// within Ask or Fetch.  No log line carries patient data.
class AgentHub final : public exchange::MemberPort {
 public:
  struct Options {
    const Clock* clock = nullptr;  // Must outlive the hub.
    AnnouncementSink announce;
    DomainOwner owns_domain;
    // Asked at every ping whether the caller may still attach; PERMISSION_DENIED or UNAUTHENTICATED
    // ends its stream.  Null: whoever has attached stays.  Thread-safe, fast.
    std::function<absl::Status(const rpc::Caller&)> still_admitted;
    std::shared_ptr<log::Logger> log;  // Null: silent.
    HubLimits limits;
    TimerQueue::Drive drive = TimerQueue::Drive::kThread;
  };

  explicit AgentHub(Options options);
  // Ends every stream and call; waits for running parses.
  ~AgentHub() override;

  // Registers AgentService.  A stream lasts as long as both sides want: the server's call_time_max
  // does not bound it.  The hub must outlive the server.
  void Serve(rpc::Server& server);

  // Opens a stream of `caller`'s member and returns the receiver of its messages (null once: gone).
  std::function<void(const agent::v1::AttachRequest*)> Attach(
      const rpc::Caller& caller, rpc::ServerWriter<agent::v1::AttachResponse> writer);

  std::shared_ptr<exchange::MemberCall> Ask(
      const exchange::MemberQuestion& question,
      std::function<void(exchange::MemberAnswer)> done) override;
  std::shared_ptr<exchange::MemberCall> Fetch(const exchange::ContentRequest& request,
                                              std::function<bool(absl::string_view)> on_chunk,
                                              std::function<void(absl::Status)> done) override;
  bool Reachable(const MemberId& member) const override;

  // Members with a stream, in order.
  std::vector<MemberId> Attached() const;

  // With Drive::kByHand: runs what is due.
  void RunTimers() { services_->timers.RunDue(); }

 private:
  // Outlives the hub in callbacks of streams that are about to end.
  struct Links {
    mutable Mutex mutex;
    absl::flat_hash_map<MemberId, std::shared_ptr<AgentLink>> by_member HIE_GUARDED_BY(mutex);
    // All that are open, those without Hello included.
    absl::flat_hash_map<AgentLink*, std::weak_ptr<AgentLink>> open HIE_GUARDED_BY(mutex);
    bool stopped HIE_GUARDED_BY(mutex) = false;
  };

  std::shared_ptr<AgentLink> Find(const MemberId& member) const;

  const std::shared_ptr<HubServices> services_;
  const std::function<absl::Status(const rpc::Caller&)> still_admitted_;
  const std::shared_ptr<Links> links_;
};

}  // namespace hie::members
