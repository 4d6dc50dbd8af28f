#include "services/audit/audit_role.h"

#include <utility>

#include "services/common/base/status_macros.h"

namespace hie::audit {

absl::StatusOr<std::unique_ptr<AuditRole>> AuditRole::Open(Options options) {
  if (options.files == nullptr || options.index == nullptr || options.keys == nullptr ||
      options.clock == nullptr || options.random == nullptr) {
    return absl::InvalidArgumentError("audit: want files, stores, a clock and randomness");
  }
  std::unique_ptr<AuditRole> role(new AuditRole(options.random));
  PatientKeyRing::Options keys;
  keys.store = options.keys;
  keys.mark_path = options.keys_mark_path;
  keys.kek_path = options.kek_path;
  keys.files = options.files;
  keys.clock = options.clock;
  keys.random = options.random;
  keys.on_fatal = options.on_fatal;
  HIE_ASSIGN_OR_RETURN(role->keys_, PatientKeyRing::Open(std::move(keys)));
  AuditLog::Options log;
  log.segments.files = options.files;
  log.segments.directory = options.directory;
  log.segments.mark_path = options.mark_path;
  log.segments.segment_bytes = options.segment_bytes;
  log.index = options.index;
  log.clock = options.clock;
  log.on_fatal = options.on_fatal;
  HIE_ASSIGN_OR_RETURN(role->log_, AuditLog::Open(std::move(log)));
  return role;
}

void AuditRole::Serve(rpc::Server& server) { ServeAudit(server, parts()); }

std::vector<std::string> AuditRole::Tables() { return AuditIndex::Tables(); }

std::vector<std::string> AuditRole::KeyTables() { return PatientKeyRing::Tables(); }

}  // namespace hie::audit
