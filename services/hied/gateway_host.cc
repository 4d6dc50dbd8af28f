#include "services/hied/gateway_host.h"

#include <utility>

#include "gateway/auth/gateway_access_policy.h"
#include "gateway/edge/gateway_edge.h"
#include "gateway/edge/local_door.h"
#include "gateway/feed/announcement_feed.h"
#include "gateway/feed/patient_feed.h"
#include "gateway/members/agent_hub.h"
#include "gateway/members/member_directory_cache.h"
#include "services/common/base/status_macros.h"
#include "services/hied/https_door.h"
#include "services/hied/member_ways.h"
#include "services/hied/mllp_door.h"

namespace hie::hied {
namespace {

// Beyond the longest budget of a query, and time to read a document over a slow line.  A caller who
// does not read must not keep its place for longer.  Agents' streams are not bounded by it.
constexpr absl::Duration kCallTimeMax = absl::Minutes(5);
constexpr int kPoolThreads = 4;

// Members, hub, edge and server, in the order in which they stand on one another.
class OpenGateway final : public GatewayHost {
 public:
  OpenGateway(const Process& process, GatewayChannels channels)
      : process_(process),
        channels_(std::move(channels)),
        log_(std::make_shared<log::Logger>(
            log::Logger::Options{"gateway", &process.clock, process.log_sink})) {}

  ~OpenGateway() override {
    // What listens first: no call begins any more when what it calls goes.  The edge waits for what
    // is in flight, which may still ask the hub, and whose end the doors are still told.
    if (https_ != nullptr) https_->Close();
    server_.reset();
    mllp_.reset();
    if (local_ != nullptr) local_->Stop();
    edge_.reset();
    if (local_ != nullptr) local_->WaitUntilIdle();
    https_.reset();
    local_.reset();
    ways_.reset();
    hub_.reset();
  }

  absl::Status Open() {
    HIE_RETURN_IF_ERROR(ReadDirectory());
    auth::GatewayAccessPolicy::Options access;
    access.directory = directory_.get();
    access.clock = &process_.clock;
    access_ = std::make_shared<auth::GatewayAccessPolicy>(access);
    feed_ = std::make_unique<feed::PatientFeed>(feed::PatientFeed::Options{
        channels_.mpi, channels_.registry, directory_.get(), &process_.clock});
    OpenHub();
    HIE_ASSIGN_OR_RETURN(ways_, MemberWays::Open(process_, *directory_, *hub_));
    HIE_RETURN_IF_ERROR(OpenEdge());
    HIE_RETURN_IF_ERROR(OpenLocalDoor());
    HIE_ASSIGN_OR_RETURN(mllp_, MllpDoor::Open(process_, *local_, *directory_, channels_.audit));
    HIE_RETURN_IF_ERROR(OpenServer());
    if (process_.options.https.empty()) return absl::OkStatus();
    HIE_ASSIGN_OR_RETURN(https_, HttpsDoor::Open(process_, *local_, *directory_, ways_->client()));
    return absl::OkStatus();
  }

  int port() const override { return server_->port(); }
  std::map<std::string, int> doors() const override {
    std::map<std::string, int> ports;
    if (https_ != nullptr) ports["https"] = https_->port();
    if (!process_.options.mllp.empty()) ports["mllp"] = mllp_->door().port();
    if (!process_.options.mllp_tls.empty()) ports["mllp_tls"] = mllp_->door().tls_port();
    return ports;
  }
  absl::Status Checkpoint(const std::string& directory) const override {
    return mllp_->Checkpoint(directory);
  }

  // Feeds first: what they were told is accepted must still be acknowledged.
  void Stop(absl::Duration grace) override {
    mllp_->door().Drain(grace);
    if (https_ != nullptr) https_->Drain(grace);
    server_->Shutdown(grace);
  }

 private:
  absl::Status ReadDirectory() {
    members::MemberDirectoryCache::Options options;
    options.fetch = members::MemberDirectoryCache::FromChannel(channels_.directory, process_.clock);
    options.clock = &process_.clock;
    options.on_failure = [log = log_](const absl::Status& status) {
      log->Write(log::Level::kWarning, "directory-not-read", {{"status", status.ToString()}});
    };
    directory_ = std::make_unique<members::MemberDirectoryCache>(std::move(options));
    return directory_->Refresh();
  }

  void OpenHub() {
    members::AgentHub::Options options;
    options.clock = &process_.clock;
    options.announce = feed::RegisterAnnouncements(*feed_, process_.clock, process_.random);
    options.owns_domain = [this](const MemberId& member, absl::string_view domain) {
      const auto directory = directory_->Current().directory;
      const Member* owner = directory == nullptr ? nullptr : directory->FindByDomain(domain);
      return owner != nullptr && owner->id == member;
    };
    options.still_admitted = [access = access_](const rpc::Caller& caller) {
      return access->Reaffirm(caller, hie::options::v1::PERMISSION_AGENT_ATTACH);
    };
    options.log = log_;
    hub_ = std::make_unique<members::AgentHub>(std::move(options));
  }

  absl::Status OpenEdge() {
    edge::GatewayEdge::Options options;
    options.roles = {channels_.mpi, channels_.registry, channels_.consent, channels_.audit,
                     channels_.directory};
    options.members = &ways_->port();
    options.directory = directory_.get();
    options.clock = &process_.clock;
    options.random = &process_.random;
    HIE_ASSIGN_OR_RETURN(edge_, edge::GatewayEdge::Create(std::move(options)));
    return absl::OkStatus();
  }

  absl::Status OpenLocalDoor() {
    edge::LocalDoor::Options options;
    options.access = access_;
    options.log = log_;
    options.metrics = process_.metrics;
    HIE_ASSIGN_OR_RETURN(local_, edge::LocalDoor::Create(std::move(options)));
    edge_->Serve(*local_);
    return absl::OkStatus();
  }

  absl::Status OpenServer() {
    rpc::Server::Options options;
    options.name = "gateway";
    options.listen = process_.options.listen;
    options.tls = RoleTls(process_.options, "gateway");
    options.access = access_;
    options.clock = &process_.clock;
    options.random = &process_.random;
    options.log = log_;
    options.metrics = process_.metrics;
    options.limits.pool_threads = kPoolThreads;
    options.limits.call_time_max = kCallTimeMax;
    HIE_ASSIGN_OR_RETURN(server_, rpc::Server::Create(std::move(options)));
    edge_->Serve(*server_);
    hub_->Serve(*server_);
    mllp_->door().Serve(*server_);
    return server_->Start();
  }

  const Process& process_;
  const GatewayChannels channels_;
  const std::shared_ptr<log::Logger> log_;
  std::unique_ptr<members::MemberDirectoryCache> directory_;
  std::shared_ptr<auth::GatewayAccessPolicy> access_;
  std::unique_ptr<feed::PatientFeed> feed_;
  std::unique_ptr<members::AgentHub> hub_;
  std::unique_ptr<MemberWays> ways_;
  std::unique_ptr<edge::GatewayEdge> edge_;
  std::unique_ptr<edge::LocalDoor> local_;
  std::unique_ptr<MllpDoor> mllp_;
  std::unique_ptr<rpc::Server> server_;
  std::unique_ptr<HttpsDoor> https_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<GatewayHost>> GatewayHost::Open(const Process& process,
                                                               GatewayChannels channels) {
  auto gateway = std::make_unique<OpenGateway>(process, std::move(channels));
  HIE_RETURN_IF_ERROR(gateway->Open());
  return gateway;
}

}  // namespace hie::hied
