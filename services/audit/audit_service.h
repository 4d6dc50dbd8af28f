#pragma once

#include <functional>

#include "absl/status/statusor.h"
#include "hie/audit/v1/audit_service.pb.h"
#include "services/audit/audit_log.h"
#include "services/audit/patient_key_ring.h"
#include "services/common/base/random_source.h"
#include "services/common/rpc/server.h"

namespace hie::audit {

// Limits of the service.
inline constexpr int kAppendEventsMax = 256;
inline constexpr int kListPatientsMax = 256;
inline constexpr uint32_t kListLimitMax = 1000;
inline constexpr uint32_t kListLimitDefault = 100;

// What the handlers work on; all of it must outlive the calls.
struct AuditParts {
  AuditLog* log = nullptr;
  PatientKeyRing* keys = nullptr;
  RandomSource* random = nullptr;
};

// Called once; must not block.
using AppendDone = std::function<void(absl::StatusOr<v1::AppendResponse>)>;

// The handlers of hie.audit.v1.AuditService.  Callable without a server; thread-safe.
//
// Append waits for the keys' journal only where a patient is new; it answers through `done`, when
// the events are durable.  Whatever keeps them from it is UNAVAILABLE.
void HandleAppend(const v1::AppendRequest& request, const AuditParts& parts, AppendDone done);
absl::StatusOr<v1::ListResponse> HandleList(const v1::ListRequest& request,
                                            const AuditParts& parts);
absl::StatusOr<v1::VerifyResponse> HandleVerify(const v1::VerifyRequest& request,
                                                const AuditParts& parts);

// Registers them.
void ServeAudit(rpc::Server& server, const AuditParts& parts);

}  // namespace hie::audit
