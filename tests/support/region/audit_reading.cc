#include "tests/support/region/audit_reading.h"

#include "hie/exchange/v1/exchange_service.methods.h"
#include "services/common/base/status_macros.h"

namespace hie::testing {
namespace {

constexpr uint32_t kPage = 1000;

}  // namespace

absl::StatusOr<std::vector<audit::v1::AuditRecord>> ReadAuditOf(
    ctl::Session& session, const exchange::v1::PatientSubject& subject) {
  std::vector<audit::v1::AuditRecord> records;
  exchange::v1::ListAuditRequest request;
  *request.mutable_subject() = subject;
  request.set_limit(kPage);
  while (true) {
    HIE_ASSIGN_OR_RETURN(const exchange::v1::ListAuditResponse page,
                         session.Call<exchange::v1::ExchangeService::ListAudit>(request));
    records.insert(records.end(), page.records().begin(), page.records().end());
    if (!page.truncated() || page.records().empty()) return records;
    request.set_before_sequence(page.records(page.records_size() - 1).leaf().sequence());
  }
}

}  // namespace hie::testing
