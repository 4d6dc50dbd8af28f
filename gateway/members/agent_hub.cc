#include "gateway/members/agent_hub.h"

#include <algorithm>
#include <utility>

#include "hie/agent/v1/agent_service.methods.h"

namespace hie::members {
namespace {

// The handle of a call that could not begin.
class NoCall final : public exchange::MemberCall {
 public:
  void Cancel() override {}
};

}  // namespace

AgentHub::AgentHub(Options options)
    : services_(std::make_shared<HubServices>(options.clock, options.drive, options.limits)),
      still_admitted_(std::move(options.still_admitted)),
      links_(std::make_shared<Links>()) {
  services_->announce = std::move(options.announce);
  services_->owns_domain = std::move(options.owns_domain);
  services_->log = std::move(options.log);
}

AgentHub::~AgentHub() {
  std::vector<std::shared_ptr<AgentLink>> open;
  {
    MutexLock lock(links_->mutex);
    links_->stopped = true;
    for (const auto& [pointer, weak] : links_->open) {
      if (auto link = weak.lock()) open.push_back(std::move(link));
    }
  }
  for (const auto& link : open) link->Close(absl::UnavailableError("the gateway is going down"));
  services_->timers.Stop();
  services_->pool.Stop();
}

void AgentHub::Serve(rpc::Server& server) {
  server.ServeBidi<agent::v1::AgentService::Attach>(
      [this](std::shared_ptr<rpc::CallContext> context,
             rpc::ServerWriter<agent::v1::AttachResponse> writer) {
        return Attach(context->caller(), std::move(writer));
      });
}

std::function<void(const agent::v1::AttachRequest*)> AgentHub::Attach(
    const rpc::Caller& caller, rpc::ServerWriter<agent::v1::AttachResponse> writer) {
  const MemberId& member = caller.actor.member;
  AgentLink::Events events;
  if (still_admitted_ != nullptr) {
    events.still_admitted = [ask = still_admitted_, caller] { return ask(caller); };
  }
  events.ready = [links = links_](std::shared_ptr<AgentLink> link) {
    std::shared_ptr<AgentLink> replaced;
    {
      MutexLock lock(links->mutex);
      replaced = std::exchange(links->by_member[link->member()], link);
    }
    if (replaced != nullptr) {
      replaced->Close(absl::AbortedError("another stream of this member replaced this one"));
    }
  };
  events.closed = [links = links_](std::shared_ptr<AgentLink> link) {
    MutexLock lock(links->mutex);
    links->open.erase(link.get());
    const auto found = links->by_member.find(link->member());
    if (found != links->by_member.end() && found->second == link) links->by_member.erase(found);
  };
  auto link = std::make_shared<AgentLink>(member, std::move(writer), services_, std::move(events));
  bool stopped = false;
  {
    MutexLock lock(links_->mutex);
    stopped = links_->stopped;
    links_->open.emplace(link.get(), link);
  }
  if (stopped || member.empty()) {
    link->Close(stopped ? absl::UnavailableError("the gateway is going down")
                        : absl::PermissionDeniedError("certificate: want that of a member"));
  } else {
    link->Start();
  }
  return [link](const agent::v1::AttachRequest* request) { link->Receive(request); };
}

std::shared_ptr<AgentLink> AgentHub::Find(const MemberId& member) const {
  MutexLock lock(links_->mutex);
  const auto found = links_->by_member.find(member);
  return found == links_->by_member.end() ? nullptr : found->second;
}

std::shared_ptr<exchange::MemberCall> AgentHub::Ask(
    const exchange::MemberQuestion& question, std::function<void(exchange::MemberAnswer)> done) {
  if (const auto link = Find(question.member)) return link->Ask(question, std::move(done));
  services_->timers.After(absl::ZeroDuration(), [done = std::move(done)] {
    done({exchange::MemberAnswerStatus::kUnreachable, {}, {}});
  });
  return std::make_shared<NoCall>();
}

std::shared_ptr<exchange::MemberCall> AgentHub::Fetch(
    const exchange::ContentRequest& request, std::function<bool(absl::string_view)> on_chunk,
    std::function<void(absl::Status)> done) {
  if (const auto link = Find(request.member)) {
    return link->Fetch(request, std::move(on_chunk), std::move(done));
  }
  services_->timers.After(absl::ZeroDuration(), [done = std::move(done)] {
    done(absl::UnavailableError("document: member not reachable"));
  });
  return std::make_shared<NoCall>();
}

bool AgentHub::Reachable(const MemberId& member) const { return Find(member) != nullptr; }

std::vector<MemberId> AgentHub::Attached() const {
  std::vector<MemberId> members;
  {
    MutexLock lock(links_->mutex);
    for (const auto& [member, link] : links_->by_member) members.push_back(member);
  }
  std::sort(members.begin(), members.end());
  return members;
}

}  // namespace hie::members
