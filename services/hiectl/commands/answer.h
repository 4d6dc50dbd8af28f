#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "hie/exchange/v1/exchange_service.pb.h"
#include "services/hiectl/output.h"
#include "services/hiectl/session.h"

namespace hie::ctl {

// A whole answer of Query, as it was streamed.
struct Answer {
  std::optional<exchange::v1::Begin> begin;
  std::vector<registry::v1::DocumentEntry> documents;
  std::vector<exchange::v1::ClinicalItem> items;
  std::vector<exchange::v1::MemberOutcome> outcomes;
  std::optional<exchange::v1::End> end;  // Nothing: the stream broke.
};

// Runs a query and collects its answer; in JSON every message is printed as it comes, one a line.
//
// UNAVAILABLE: the stream broke before its end, whatever was shown until then.
absl::StatusOr<Answer> RunQuery(Session& session, const exchange::v1::QueryRequest& request,
                                Output& output);

// Prints an answer for a person to read: who was found and why; allergies, medicines and problems
// first, each with source and date; documents; how each member answered.
void PrintAnswer(Output& output, const Answer& answer);

// kOk where every expected member answered in full, else kPartial.
ExitCode ExitCodeFor(const Answer& answer);

}  // namespace hie::ctl
