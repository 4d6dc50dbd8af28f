#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "hie/exchange/v1/exchange_service.pb.h"
#include "services/hiectl/session.h"

namespace hie::testing {

// Reads everything that the audit has about a person, page by page, newest first.
//
// `session` acts as a privacy officer; the operator's sees the leaves of every member.
absl::StatusOr<std::vector<audit::v1::AuditRecord>> ReadAuditOf(
    ctl::Session& session, const exchange::v1::PatientSubject& subject);

}  // namespace hie::testing
