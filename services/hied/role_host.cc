#include "services/hied/role_host.h"

#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "hie/audit/v1/audit_service.methods.h"
#include "mpi/service/mpi_role.h"
#include "services/common/base/status_macros.h"
#include "services/common/crypto/files.h"
#include "services/common/storage/rocksdb_kv_store.h"
#include "services/consent/consent_role.h"
#include "services/directory/directory_role.h"
#include "services/hied/audit_host.h"
#include "services/registry/registry_role.h"

namespace hie::hied {
namespace {

constexpr absl::Duration kDeliveryDeadline = absl::Seconds(10);

absl::Status Named(const std::string& role, const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat(role, ": ", status.message()));
}

// A role over one journaled store.
template <typename Role>
class JournaledHost final : public RoleHost {
 public:
  template <typename Configure>
  static absl::StatusOr<std::unique_ptr<RoleHost>> Open(const Process& process,
                                                        const std::string& name,
                                                        Configure configure) {
    auto host = std::unique_ptr<JournaledHost>(new JournaledHost(process, name));
    HIE_ASSIGN_OR_RETURN(const std::string directory, RoleDirectory(process, name));
    RocksDbKvStore::Options store;
    store.path = directory + "/db";
    store.tables = Role::Tables();
    if constexpr (requires { Role::Tunings(); }) {
      store.tunings = Role::Tunings();
      store.block_cache_bytes = Role::kBlockCacheBytes;
    }
    HIE_ASSIGN_OR_RETURN(host->store_, RocksDbKvStore::Open(std::move(store)));
    typename Role::Options options;
    options.store = host->store_.get();
    options.mark_path = directory + "/mark";
    if constexpr (requires { options.files; }) options.files = &process.files;
    if constexpr (requires { options.metrics; }) options.metrics = process.metrics;
    options.clock = &process.clock;
    options.random = &process.random;
    HIE_RETURN_IF_ERROR(configure(options));
    HIE_ASSIGN_OR_RETURN(host->role_, Role::Open(std::move(options)));
    HIE_ASSIGN_OR_RETURN(host->server_, MakeRoleServer(process, name));
    host->role_->Serve(*host->server_);
    HIE_RETURN_IF_ERROR(host->server_->Start());
    return host;
  }

  ~JournaledHost() override {
    relay_.reset();
    server_.reset();
  }

  void StartRelay(std::shared_ptr<rpc::Channel> audit) override {
    outbox::Relay::Options options;
    options.store = store_.get();
    options.deliver = DeliverTo(std::move(audit), clock_);
    // Changes that the audit does not take wait, and the operator must hear of it.
    options.on_failure = [log = log_](const absl::Status& status) {
      log->Write(log::Level::kWarning, "outbox-not-delivered",
                 {{"status", absl::StatusCodeToString(status.code())}});
    };
    relay_ = outbox::Relay::Start(std::move(options));
  }

  absl::Status Checkpoint(const std::string& directory) const override {
    return store_->Checkpoint(directory);
  }

 private:
  JournaledHost(const Process& process, const std::string& name)
      : clock_(process.clock),
        log_(std::make_shared<log::Logger>(
            log::Logger::Options{name, &process.clock, process.log_sink})) {}

  const Clock& clock_;
  const std::shared_ptr<log::Logger> log_;
  std::unique_ptr<KvStore> store_;
  std::unique_ptr<Role> role_;
  std::unique_ptr<outbox::Relay> relay_;
};

absl::Status ConfigureDirectory(const DaemonOptions& options,
                                directory::DirectoryRole::Options& role) {
  if (options.bootstrap.empty()) return absl::OkStatus();
  HIE_ASSIGN_OR_RETURN(role.bootstrap, crypto::ReadWholeFile(options.bootstrap));
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<RoleHost>> OpenUnnamed(const Process& process,
                                                      const std::string& role) {
  const auto nothing_more = [](auto&) { return absl::OkStatus(); };
  if (role == "audit") return OpenAuditHost(process);
  if (role == "directory") {
    return JournaledHost<directory::DirectoryRole>::Open(
        process, role, [&](auto& o) { return ConfigureDirectory(process.options, o); });
  }
  if (role == "consent") {
    return JournaledHost<consent::ConsentRole>::Open(process, role,
                                                     [&](consent::ConsentRole::Options& o) {
                                                       o.policy_path = process.options.policy;
                                                       return absl::OkStatus();
                                                     });
  }
  if (role == "registry") {
    return JournaledHost<registry::RegistryRole>::Open(
        process, role, [&](registry::RegistryRole::Options& o) {
          o.content_kek_path = process.options.data_dir + "/registry.kek";
          return absl::OkStatus();
        });
  }
  return JournaledHost<mpi::MpiRole>::Open(process, role, nothing_more);
}

}  // namespace

absl::StatusOr<std::unique_ptr<rpc::Server>> MakeRoleServer(const Process& process,
                                                            const std::string& role) {
  rpc::Server::Options options;
  options.name = role;
  options.access = std::make_shared<rpc::RoleAccessPolicy>(process.in_process_credential);
  options.in_process_credential = process.in_process_credential;
  options.clock = &process.clock;
  options.random = &process.random;
  options.metrics = process.metrics;
  options.log =
      std::make_shared<log::Logger>(log::Logger::Options{role, &process.clock, process.log_sink});
  if (const auto at = process.options.addresses.find(role); at != process.options.addresses.end()) {
    options.listen = at->second;
    options.tls = RoleTls(process.options, role);
  }
  return rpc::Server::Create(std::move(options));
}

absl::StatusOr<std::unique_ptr<RoleHost>> OpenStateRole(const Process& process,
                                                        const std::string& role) {
  absl::StatusOr<std::unique_ptr<RoleHost>> host = OpenUnnamed(process, role);
  if (!host.ok()) return Named(role, host.status());
  return host;
}

outbox::Relay::Deliver DeliverTo(std::shared_ptr<rpc::Channel> audit, const Clock& clock) {
  return [audit = std::move(audit), &clock](const std::vector<audit::v1::Event>& events) {
    audit::v1::AppendRequest request;
    for (const audit::v1::Event& event : events) *request.add_events() = event;
    rpc::CallOptions call;
    call.deadline = clock.Now() + kDeliveryDeadline;
    return audit->CallAndWait<audit::v1::AuditService::Append>(call, request).status();
  };
}

absl::StatusOr<std::unique_ptr<KvStore>> OpenRoleStore(const std::string& path,
                                                       std::vector<std::string> tables) {
  RocksDbKvStore::Options options;
  options.path = path;
  options.tables = std::move(tables);
  HIE_ASSIGN_OR_RETURN(std::unique_ptr<KvStore> store, RocksDbKvStore::Open(std::move(options)));
  return store;
}

absl::StatusOr<std::string> RoleDirectory(const Process& process, const std::string& role) {
  const std::string directory = absl::StrCat(process.options.data_dir, "/", role);
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) return absl::UnavailableError(absl::StrCat(directory, ": cannot be made"));
  std::filesystem::permissions(directory, std::filesystem::perms::owner_all, error);
  return directory;
}

std::shared_ptr<rpc::TlsFiles> RoleTls(const DaemonOptions& options, const std::string& role) {
  auto tls = std::make_shared<rpc::TlsFiles>();
  tls->certificate_chain = absl::StrCat(options.pki_dir, "/roles/", role, ".crt");
  tls->private_key = absl::StrCat(options.pki_dir, "/roles/", role, ".key");
  tls->trust_anchors = absl::StrCat(options.pki_dir, "/ca.crt");
  return tls;
}

}  // namespace hie::hied
