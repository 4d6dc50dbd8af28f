#pragma once

#include <cstdint>
#include <string>

#include "hie/exchange/v1/exchange_service.pb.h"
#include "services/hiectl/commands/context.h"

namespace hie::ctl {

// `audit list`: who looked, and why; by person or by member.
struct AuditListOptions {
  std::string subject;  // File of a hie.exchange.v1.PatientSubject; empty: by member.
  std::string member;   // Empty: the caller's own.
  uint32_t limit = 100;
};
ExitCode AuditList(const Context& context, const AuditListOptions& options);

// Prints audit records as `audit list` does.
void PrintAudit(Output& output, const exchange::v1::ListAuditResponse& list);

// `audit verify`: recomputes the hash chain in the running exchange, or offline over the segment
// files in `directory`.  kCheckFailed: something does not verify; its sequence is named.
ExitCode AuditVerify(const Context& context, const std::string& directory);

// `audit notices`: what waits for a member's privacy officer.
ExitCode AuditNotices(const Context& context, const std::string& member);

}  // namespace hie::ctl
