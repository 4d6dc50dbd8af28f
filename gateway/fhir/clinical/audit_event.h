#pragma once

#include "gateway/fhir/call.h"
#include "hie/audit/v1/audit.pb.h"
#include "services/common/json/value.h"

namespace hie::fhir {

// A leaf of the audit as an AuditEvent (INTERFACES 7.4, BALP's elements).
//
// `id` is the leaf's sequence.  Agents: the client's member, the gateway, the user; for a
// disclosure its custodian.  Entities: the patients that the caller may know, released items, the
// request id, the break-glass session, and the machine words of the log as details.  The log keeps
// words, not the line of the request: entity.query holds what stands for it.  With `eid` patients
// are told by reference, too: every one of them is that person.
json::Value AuditEventResource(const Call& call, const audit::v1::AuditRecord& record,
                               const std::string& eid);

// "A" of (system, code): for searches.
struct AuditCodes {
  std::string action;   // C, R, U, D or E.
  std::string outcome;  // "0", "4", "8" or "12".
  std::string purpose;  // v3-ActReason; empty: none.
  std::string type;     // Code of AuditEvent.type.
  std::string subtype;  // Code of the first subtype.
};
AuditCodes CodesOf(const audit::v1::AuditRecord& record);

}  // namespace hie::fhir
