#include "services/hied/audit_host.h"

#include <filesystem>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/audit/audit_role.h"
#include "services/common/base/status_macros.h"

namespace hie::hied {
namespace {

namespace fs = std::filesystem;

class AuditHost final : public RoleHost {
 public:
  static absl::StatusOr<std::unique_ptr<RoleHost>> Open(const Process& process) {
    auto host = std::unique_ptr<AuditHost>(new AuditHost());
    HIE_ASSIGN_OR_RETURN(host->directory_, RoleDirectory(process, "audit"));
    HIE_ASSIGN_OR_RETURN(const std::string segments, RoleDirectory(process, "audit/segments"));
    HIE_ASSIGN_OR_RETURN(const std::string keys, RoleDirectory(process, "audit-keys"));
    HIE_ASSIGN_OR_RETURN(host->index_,
                         OpenRoleStore(host->directory_ + "/index", audit::AuditRole::Tables()));
    HIE_ASSIGN_OR_RETURN(host->keys_, OpenRoleStore(keys + "/db", audit::AuditRole::KeyTables()));
    audit::AuditRole::Options options;
    options.directory = segments;
    options.mark_path = host->directory_ + "/mark";
    options.files = &process.files;
    options.index = host->index_.get();
    options.keys = host->keys_.get();
    options.keys_mark_path = keys + "/mark";
    options.kek_path = process.options.data_dir + "/audit.kek";
    options.clock = &process.clock;
    options.random = &process.random;
    HIE_ASSIGN_OR_RETURN(host->role_, audit::AuditRole::Open(std::move(options)));
    HIE_ASSIGN_OR_RETURN(host->server_, MakeRoleServer(process, "audit"));
    host->role_->Serve(*host->server_);
    HIE_RETURN_IF_ERROR(host->server_->Start());
    return host;
  }

  ~AuditHost() override { server_.reset(); }

  // The mark before the segments: a copy may hold more than its mark says, never less.
  absl::Status Checkpoint(const std::string& directory) const override {
    std::error_code error;
    fs::create_directories(directory + "/segments", error);
    if (!error) fs::copy_file(directory_ + "/mark", directory + "/mark", error);
    for (const auto& entry : fs::directory_iterator(directory_ + "/segments", error)) {
      if (error) break;
      fs::copy_file(entry.path(), directory + "/segments/" + entry.path().filename().string(),
                    error);
    }
    if (error) return absl::UnavailableError(absl::StrCat(directory, ": ", error.message()));
    return keys_->Checkpoint(directory + "/keys");
  }

 private:
  AuditHost() = default;

  std::string directory_;
  std::unique_ptr<KvStore> index_;
  std::unique_ptr<KvStore> keys_;
  std::unique_ptr<audit::AuditRole> role_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<RoleHost>> OpenAuditHost(const Process& process) {
  return AuditHost::Open(process);
}

}  // namespace hie::hied
