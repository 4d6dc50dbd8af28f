#include "services/hied/daemon.h"

#include <prometheus/registry.h>

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "services/common/base/status_macros.h"
#include "services/common/crypto/files.h"
#include "services/common/metrics/admin_listener.h"
#include "services/common/metrics/metrics_text.h"

namespace hie::hied {
namespace {

constexpr size_t kCredentialBytes = 32;
constexpr absl::Duration kGatewayGrace = absl::Seconds(5);
constexpr absl::Duration kRoleGrace = absl::Seconds(2);

}  // namespace

absl::StatusOr<std::unique_ptr<Daemon>> Daemon::Start(const DaemonOptions& options,
                                                      const Clock& clock, RandomSource& random,
                                                      FileSystem& files) {
  auto daemon = std::unique_ptr<Daemon>(new Daemon(options, clock, random, files));
  HIE_RETURN_IF_ERROR(daemon->OpenLog());
  HIE_RETURN_IF_ERROR(daemon->StartRoles());
  HIE_RETURN_IF_ERROR(daemon->StartGateway());
  HIE_RETURN_IF_ERROR(daemon->StartAdmin());
  HIE_RETURN_IF_ERROR(daemon->AnnounceReady());
  return daemon;
}

Daemon::Daemon(const DaemonOptions& options, const Clock& clock, RandomSource& random,
               FileSystem& files)
    : options_(options),
      process_{options_,
               clock,
               random,
               files,
               nullptr,
               std::make_shared<prometheus::Registry>(),
               absl::BytesToHexString(random.Bytes(kCredentialBytes))} {}

Daemon::~Daemon() { Stop(); }

absl::Status Daemon::OpenLog() {
  constexpr int kStandardError = 2;
  if (options_.log.empty()) {
    process_.log_sink = std::make_shared<log::DescriptorSink>(kStandardError);
  } else {
    HIE_ASSIGN_OR_RETURN(process_.log_sink, log::FileSink::Open(options_.log));
  }
  log_ = std::make_unique<log::Logger>(
      log::Logger::Options{"hied", &process_.clock, process_.log_sink});
  return absl::OkStatus();
}

absl::Status Daemon::StartRoles() {
  for (const absl::string_view name : kRoles) {
    const std::string role(name);
    if (role == "gateway" || options_.roles.count(role) == 0) continue;
    HIE_ASSIGN_OR_RETURN(roles_[role], OpenStateRole(process_, role));
    log_->Write(log::Level::kInfo, "role-serves", {{"name", role}});
  }
  for (const auto& [role, host] : roles_) {
    if (role == "audit") continue;
    HIE_ASSIGN_OR_RETURN(std::shared_ptr<rpc::Channel> audit, ChannelTo("audit", role));
    host->StartRelay(std::move(audit));
  }
  return absl::OkStatus();
}

absl::Status Daemon::StartGateway() {
  if (options_.roles.count("gateway") == 0) return absl::OkStatus();
  GatewayChannels channels;
  for (const auto& [role, channel] :
       {std::pair{"audit", &channels.audit}, std::pair{"directory", &channels.directory},
        std::pair{"consent", &channels.consent}, std::pair{"registry", &channels.registry},
        std::pair{"mpi", &channels.mpi}}) {
    HIE_ASSIGN_OR_RETURN(*channel, ChannelTo(role, "gateway"));
  }
  HIE_ASSIGN_OR_RETURN(gateway_, GatewayHost::Open(process_, std::move(channels)));
  log_->Write(log::Level::kInfo, "role-serves", {{"name", "gateway"}, {"port", gateway_->port()}});
  return absl::OkStatus();
}

absl::Status Daemon::StartAdmin() {
  if (options_.admin.empty()) return absl::OkStatus();
  metrics::AdminListener::Options admin;
  admin.listen = options_.admin;
  admin.ready = [this] {
    return ready_ ? absl::OkStatus() : absl::UnavailableError("not every role serves");
  };
  admin.metrics = [registry = process_.metrics] { return metrics::MetricsText(*registry); };
  HIE_ASSIGN_OR_RETURN(admin_, metrics::AdminListener::Open(std::move(admin)));
  return absl::OkStatus();
}

absl::Status Daemon::AnnounceReady() {
  ready_ = true;
  log_->Write(log::Level::kInfo, "ready", {});
  if (options_.ready_file.empty()) return absl::OkStatus();
  std::string text = absl::StrCat(gateway_ ? gateway_->port() : 0, "\n");
  if (gateway_) {
    for (const auto& [door, port] : gateway_->doors()) {
      absl::StrAppend(&text, door, " ", port, "\n");
    }
  }
  return crypto::WriteFileAtomically(options_.ready_file, text, crypto::FileAccess::kEverybody);
}

absl::StatusOr<std::shared_ptr<rpc::Channel>> Daemon::ChannelTo(const std::string& role,
                                                                const std::string& from) {
  if (const auto here = roles_.find(role); here != roles_.end()) {
    return here->second->server().InProcessChannel(from);
  }
  const auto at = options_.addresses.find(role);
  if (at == options_.addresses.end()) {
    return absl::FailedPreconditionError(absl::StrCat(from, " needs ", role,
                                                      ": host it here (--roles) or say where it is "
                                                      "(--addresses ",
                                                      role, "=host:port)"));
  }
  return rpc::Channel::Dial(at->second, RoleTls(options_, from));
}

void Daemon::WriteCheckpoints() {
  const std::string name =
      absl::FormatTime("%Y%m%dT%H%M%SZ", process_.clock.Now(), absl::UTCTimeZone());
  const std::string parent = absl::StrCat("checkpoints/", name);
  for (const auto& [role, host] : roles_) {
    const auto directory = RoleDirectory(process_, parent);
    const absl::Status written =
        directory.ok() ? host->Checkpoint(absl::StrCat(*directory, "/", role)) : directory.status();
    log_->Write(written.ok() ? log::Level::kInfo : log::Level::kError, "checkpoint",
                {{"name", role}, {"status", written.ToString()}});
  }
  if (gateway_ == nullptr) return;
  const auto directory = RoleDirectory(process_, parent);
  const absl::Status written =
      directory.ok() ? gateway_->Checkpoint(*directory + "/gateway") : directory.status();
  log_->Write(written.ok() ? log::Level::kInfo : log::Level::kError, "checkpoint",
              {{"name", "gateway"}, {"status", written.ToString()}});
}

void Daemon::Stop() {
  if (std::exchange(stopped_, true)) return;
  ready_ = false;
  if (log_) log_->Write(log::Level::kInfo, "stopping", {});
  if (gateway_) gateway_->Stop(kGatewayGrace);
  for (const absl::string_view name : kRoles) {
    const auto host = roles_.find(std::string(name));
    // The audit goes last: relays of the others still deliver to it.
    if (host != roles_.end() && name != "audit") host->second->server().Shutdown(kRoleGrace);
  }
  for (auto host = roles_.begin(); host != roles_.end();) {
    host = host->first == "audit" ? std::next(host) : roles_.erase(host);
  }
  gateway_.reset();
  if (const auto audit = roles_.find("audit"); audit != roles_.end()) {
    audit->second->server().Shutdown(kRoleGrace);
  }
  roles_.clear();
  admin_.reset();
  if (log_) log_->Write(log::Level::kInfo, "stopped", {});
}

}  // namespace hie::hied
