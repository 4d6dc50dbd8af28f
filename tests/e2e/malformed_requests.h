#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "services/hiectl/session.h"
#include "tests/support/region/region_stack.h"

namespace hie::testing {

// Stands in every malformed request where a patient's value would; must come back nowhere.
inline constexpr char kCanary[] = "Zqcanary";

// Who makes a call.
struct CallerSpec {
  std::string role;
  std::string purpose;
};

// One request that is wrong in one field.
struct MalformedRequest {
  std::string name;
  CallerSpec caller;
  std::string field;  // That the answer must name.
  std::function<absl::Status(ctl::Session&)> call;
};

// At least one for each method of ExchangeService that takes anything.  `known` is a patient of
// the caller's member, for requests that are wrong elsewhere.
std::vector<MalformedRequest> MalformedRequests(const RegionPatient& known);

}  // namespace hie::testing
