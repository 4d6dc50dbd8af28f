#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "gateway/exchange/batch.h"
#include "gateway/exchange/query_action.h"
#include "gateway/exchange/query_event.h"
#include "hie/audit/v1/audit.pb.h"
#include "hie/consent/v1/consent_service.pb.h"
#include "hie/exchange/v1/exchange_service.pb.h"
#include "hie/mpi/v1/mpi_service.pb.h"
#include "hie/registry/v1/registry_service.pb.h"

// Between the reducer's values and the contracts.
namespace hie::exchange {

// INVALID_ARGUMENT: a role's answer that is not of the shape it promises.
absl::StatusOr<Person> FromProto(const mpi::v1::Person& proto);
absl::StatusOr<SearchResult> FromProto(const mpi::v1::SearchPersonsResponse& proto);
absl::StatusOr<Located> FromProto(const registry::v1::FindResponse& proto);
absl::StatusOr<IndexEntry> FromProto(const registry::v1::DocumentEntry& proto);
// An item's decision other than PERMIT, or twice, is no permit.
DecisionSet FromProto(const consent::v1::DecideResponse& proto);

// Who asks, and within which session: what every decision and audit event of a query carries.
struct Asker {
  Actor actor;
  std::string session_id;
};
consent::v1::DecideRequest ToProto(const action::DecideBatch& action, const Asker& asker);
audit::v1::Event ToProto(const AuditEvent& event, const Asker& asker);
// INVALID_ARGUMENT: the token is not one that FromProto gave.
absl::StatusOr<consent::v1::ConfirmFenceRequest> ToProto(const FenceToken& token);

// A message to the caller, and what the audit says of it.
struct WireBatch {
  v1::QueryResponse response;
  uint64_t bytes = 0;
  std::string sha256;  // Over the serialised items in order.
};
// The only way from a batch to bytes.
WireBatch ToWire(const Batch<Audited>& batch, const std::optional<QueryHead>& head,
                 const DirectoryView& directory);
v1::QueryResponse ToWire(const MemberOutcome& outcome);
v1::QueryResponse ToWire(const QueryEnd& end);

}  // namespace hie::exchange
