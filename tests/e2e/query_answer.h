#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "hie/exchange/v1/exchange_service.pb.h"
#include "services/hiectl/session.h"
#include "tests/e2e/synthea_region.h"

namespace hie::testing {

// A whole answer, kept as it came.
struct QueryAnswer {
  absl::Status status;
  std::vector<exchange::v1::QueryResponse> messages;
  absl::Duration took;

  std::optional<exchange::v1::Begin> begin() const;
  std::optional<exchange::v1::End> end() const;
  std::vector<exchange::v1::ClinicalItem> items() const;
  // Member, type and id of every item, as its resource says.
  std::set<ResourceKey> keys() const;
  // How the member answered; nothing where it was not expected.
  std::optional<exchange::v1::MemberOutcome> outcome(const std::string& member) const;
};

// Asks and waits for the end.
QueryAnswer Ask(ctl::Session& session, const exchange::v1::QueryRequest& request);

// A query by the caller's own patient id.
exchange::v1::QueryRequest ByLocalId(const std::string& member, const std::string& mrn);

// The subject of the same.
exchange::v1::PatientSubject SubjectOf(const std::string& member, const std::string& mrn);

}  // namespace hie::testing
