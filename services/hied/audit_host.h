#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "services/hied/role_host.h"

namespace hie::hied {

// Opens the audit role and starts its server:
//   <data_dir>/audit/segments  the log      <data_dir>/audit/mark   its high-water mark
//   <data_dir>/audit/index     rebuildable  <data_dir>/audit-keys   the patients' keys
//   <data_dir>/audit.kek       wraps them: back it up apart from the rest
absl::StatusOr<std::unique_ptr<RoleHost>> OpenAuditHost(const Process& process);

}  // namespace hie::hied
