#pragma once

#include "gateway/auth/api_access.h"

namespace hie::fhir::testing {

// Verifies nothing.  "Bearer <word>" is client "client-<word>" with every scope and purpose TREAT;
// "poor" has no scope, "aimless" no purpose, "bad" is expired.
class FakeAccess final : public auth::ApiAccess {
 public:
  absl::StatusOr<auth::ApiCaller> Authenticate(absl::string_view authorization,
                                               absl::string_view certificate_sha256,
                                               absl::string_view request_id) const override;
};

}  // namespace hie::fhir::testing
