#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "gateway/fhir/call.h"
#include "gateway/fhir/outcome.h"
#include "hie/exchange/v1/exchange_service.pb.h"
#include "services/common/json/value.h"

namespace hie::fhir {

// A federated query, gathered.
struct FederatedAnswer {
  exchange::v1::Begin begin;
  std::vector<registry::v1::DocumentEntry> index;     // In the order of arrival.
  std::vector<exchange::v1::ClinicalItem> items;      // In the order of arrival.
  std::vector<exchange::v1::MemberOutcome> outcomes;  // One per expected member.
  exchange::v1::End end;
};

// Runs ExchangeService.Query for `call` and gathers the answer.  A stream without its end is
// INTERNAL.  `done` once.
void GatherQuery(std::shared_ptr<Call> call, const exchange::v1::QueryRequest& request,
                 std::function<void(absl::StatusOr<FederatedAnswer>)> done);

// The member-outcome issues of an answer, one per expected member that did not answer in full
// (INTERFACES 6.2), and the constant notice as an information issue.
std::vector<Issue> OutcomeIssues(const Call& call, const FederatedAnswer& answer,
                                 Severity severity);
// "expected=6, answered=4, index-only=1, missing=1"
std::string CompletenessHeader(const FederatedAnswer& answer);
// complete-as-permitted, partial, index-only, no-known-source.
std::string CompletenessCode(exchange::v1::Completeness completeness);
// Nobody answered and the index has nothing: the 504 or 503 of the contract; else nothing.
std::optional<Failure> TotalFailure(const Call& call, const FederatedAnswer& answer);

// How an interaction shows one item or index entry: the FHIR resource, or null to leave it out.
struct ItemViews {
  std::function<json::Value(const exchange::v1::ClinicalItem&, const std::string& eid)> item;
  std::function<json::Value(const registry::v1::DocumentEntry&, const std::string& eid)> entry;
};

// Streams the answer as NDJSON (or text/event-stream) as members answer (INTERFACES 6.4).
void StreamQuery(std::shared_ptr<Call> call, const exchange::v1::QueryRequest& request,
                 ItemViews views);

}  // namespace hie::fhir
