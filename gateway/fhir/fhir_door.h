#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "gateway/auth/api_access.h"
#include "gateway/edge/exchange_calls.h"
#include "gateway/fhir/interaction.h"
#include "gateway/http/exchange.h"
#include "gateway/members/member_directory.h"
#include "services/common/base/clock.h"
#include "services/common/base/random_source.h"

namespace hie::fhir {

// The FHIR R4 door: router, authentication, negotiation, CapabilityStatement.  Thread-safe.
class FhirDoor {
 public:
  struct Options {
    edge::ExchangeCalls* exchange = nullptr;                    // Must outlive the door.
    const auth::ApiAccess* access = nullptr;                    // Must outlive the door.
    const members::MemberDirectorySource* directory = nullptr;  // Must outlive the door.
    const Clock* clock = nullptr;                               // Must outlive the door.
    RandomSource* random = nullptr;                             // Must outlive the door.
    std::string base_url;   // Absolute, "https://host[:port]/fhir".
    std::string token_url;  // For SMART discovery and the CapabilityStatement.
    std::string software_version = "0.1.0";
    // Beside those of the door itself (metadata, smart-configuration, async status).
    std::vector<Interaction> interactions;
  };

  // INVALID_ARGUMENT: two interactions have the same method and path, or a base URL that is none.
  static absl::StatusOr<std::unique_ptr<FhirDoor>> Create(Options options);
  virtual ~FhirDoor() = default;

  // Answers a request whose path is at or below the base's.  The door must outlive the answer.
  virtual void Handle(std::shared_ptr<http::Exchange> exchange) = 0;

  // The router table, the door's own rows included; the CapabilityStatement is made of it.
  virtual const std::vector<Interaction>& interactions() const = 0;
};

}  // namespace hie::fhir
