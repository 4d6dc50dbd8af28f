#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "gateway/auth/access_token.h"
#include "gateway/auth/api_access.h"
#include "gateway/auth/client_assertion.h"
#include "gateway/auth/client_keys.h"
#include "gateway/auth/token_request.h"
#include "gateway/auth/used_assertions.h"
#include "gateway/http/exchange.h"
#include "gateway/members/member_directory.h"
#include "services/common/base/clock.h"
#include "services/common/base/random_source.h"
#include "services/common/crypto/signing_key.h"
#include "services/common/json/value.h"

namespace hie::log {
class Logger;
}  // namespace hie::log

namespace hie::auth {

inline constexpr char kTokenPath[] = "/oauth2/token";
inline constexpr char kJwksPath[] = "/oauth2/jwks";

// The token endpoint (SMART Backend Services, IUA ITI-71), and the access tokens that it issues
// (ITI-72).  Thread-safe; does not block; a token request costs one verification (0.05 to 0.5 ms).
class SmartTokenService final : public ApiAccess {
 public:
  struct Options {
    const members::MemberDirectorySource* directory = nullptr;  // Must outlive the service.
    const Clock* clock = nullptr;                               // Must outlive the service.
    RandomSource* random = nullptr;                             // Must outlive the service.
    std::string issuer;    // "https://gw.hie.example"; the token URL is issuer + kTokenPath.
    std::string audience;  // The FHIR base: "https://gw.hie.example/fhir".
    std::string signing_key_file;      // ES256 in PEM; made, with mode 0600, where there is none.
    std::string used_assertions_file;  // As UsedAssertions; empty: a restart forgets.
    ClientKeys::Fetch fetch_key_set = nullptr;   // Null: clients with a jwks_url are refused.
    std::shared_ptr<log::Logger> log = nullptr;  // Null: no log.
    absl::Duration directory_age_max = absl::Hours(24);  // As GatewayAccessPolicy.
    size_t assertions_max = 100'000;                     // Remembered; about 150 bytes each.
    size_t tokens_max = 20'000;                          // Remembered; about 1 KiB each.
  };

  // INVALID_ARGUMENT: an issuer or audience is missing, or the key file holds another key.
  // UNAVAILABLE: a file cannot be read or written; the message names it.
  static absl::StatusOr<std::unique_ptr<SmartTokenService>> Open(Options options);
  ~SmartTokenService() override;

  // Answers kTokenPath and kJwksPath; 404 elsewhere.
  void Handle(const std::shared_ptr<http::Exchange>& exchange);
  // What Handle answers.
  http::Response Answer(const http::Request& request);

  absl::StatusOr<ApiCaller> Authenticate(absl::string_view authorization,
                                         absl::string_view certificate_sha256,
                                         absl::string_view request_id) const override;

  // The token endpoint's URL.
  const std::string& token_url() const { return assertions_.audience; }
  // Fetches the key sets that are due, now; waits.  For starts and tests.
  void RefreshKeySets() { keys_->RefreshNow(); }

 private:
  using Directory = std::shared_ptr<const members::MemberDirectory>;
  // A client that proved who it is, and what it asserted.
  struct ProvenClient {
    Directory directory;  // Keeps what follows alive.
    members::RegisteredClient registered;
    AssertionClaims claims;
  };

  SmartTokenService(Options options, crypto::PrivateKey key, std::unique_ptr<UsedAssertions> used);
  absl::StatusOr<Directory> CurrentDirectory() const;
  http::Response AnswerToken(const http::Request& request);
  absl::StatusOr<std::string> Issue(const http::Request& request);
  absl::StatusOr<ProvenClient> Prove(const TokenRequest& form, const ClientAssertion& assertion,
                                     absl::string_view certificate_sha256);
  absl::Status VerifySignature(const ApiClient& client, const ClientAssertion& assertion);
  absl::StatusOr<std::string> Mint(AccessClaims claims, const ProvenClient& proven);
  absl::StatusOr<std::shared_ptr<const AccessClaims>> Verify(absl::string_view token) const;
  void Note(const absl::Status& refused) const;

  const Options options_;
  const AssertionPolicy assertions_;
  const crypto::PrivateKey key_;
  const std::string key_id_;
  const std::unique_ptr<UsedAssertions> used_;
  const std::unique_ptr<ClientKeys> keys_;
  mutable VerifiedAccessTokens verified_;
};

}  // namespace hie::auth
