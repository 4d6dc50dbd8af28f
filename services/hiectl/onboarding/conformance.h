#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "gateway/fetch/https_client.h"
#include "hie/directory/v1/directory.pb.h"
#include "services/common/crypto/assertion_key.h"

namespace hie::ctl {

enum class CheckOutcome { kPass, kFail, kSkipped };

// One line of a conformance run, in words that a hospital's engineer understands.  No patient data.
struct CheckResult {
  std::string check;
  CheckOutcome outcome = CheckOutcome::kPass;
  std::string advice;  // What was seen and what to do; empty where it passed.
};

// What a run needs.
struct ConformanceOptions {
  directory::v1::Endpoint endpoint;  // Of kind FHIR R4.
  std::string identifier_system;     // Of a test patient.
  std::string identifier_value;
  // Signs in where the endpoint says so; null: the sign-in is skipped, and what follows with it.
  const crypto::AssertionPrivateKey* key = nullptr;
  std::string assertion_id;  // Never the same twice.
  absl::Time now;
};

// Asks a server and waits; as fetch::HttpsClient.
using Ask = std::function<absl::StatusOr<fetch::FetchResponse>(fetch::FetchRequest)>;

// Runs the exchange's own expectations against a member's FHIR server: reached over TLS, metadata,
// sign-in, refusal without a token, the patient by identifier, every resource search, paging, and
// the hash and size of a document.  Reads only.  What follows from a failure is skipped.
std::vector<CheckResult> RunConformance(const ConformanceOptions& options, const Ask& ask);

}  // namespace hie::ctl
