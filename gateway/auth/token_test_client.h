#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gateway/auth/smart_token_service.h"
#include "services/common/base/clock.h"
#include "services/common/crypto/assertion_key.h"
#include "services/common/json/value.h"
#include "services/common/member/member.h"

// A token service in a temporary folder, and a client that asks it for tokens.  For tests.
namespace hie::auth::testing {

inline constexpr char kIssuer[] = "https://gw.hie.example";
inline constexpr char kTokenUrl[] = "https://gw.hie.example/oauth2/token";
inline constexpr char kBase[] = "https://gw.hie.example/fhir";

// Keys cost time: one of each kind for all tests.
const crypto::AssertionPrivateKey& EcKey();
const crypto::AssertionPrivateKey& RsaKey();

// What a client sends; every part can be spoiled.
struct Attempt {
  explicit Attempt(absl::Time now);
  // The form body of the attempt, signed by `key` unless `assertion` is set.
  std::string Body() const;
  http::Request Request() const;

  json::Value header;   // alg ES384, typ JWT, kid ec.
  json::Value payload;  // iss, sub, aud, jti, iat, exp of client `general-emr`.
  const crypto::AssertionPrivateKey* key = &EcKey();
  std::string assertion;    // Not empty: sent as it is.
  std::string header_text;  // Not empty: in place of `header`.
  std::string payload_text;
  std::vector<std::pair<std::string, std::string>> form;  // Without the assertion.
  std::string body;                                       // Not empty: sent as it is.
  http::Method method = http::Method::kPost;
  std::string path = kTokenPath;
  std::string query;
  http::Headers headers;
  std::string certificate;
};

// A directory that tests change.
struct ChangingDirectory final : members::MemberDirectorySource {
  members::DirectoryReading Current() const override { return reading; }
  members::DirectoryReading reading;
};

// `general` with the clients general-emr (keys `ec` and `rsa`, every scope, TREAT ETREAT BTG) and
// general-feed (the same keys, feeds only, no purposes), and `lakes` with lakes-emr.
class TokenStage {
 public:
  explicit TokenStage(SmartTokenService::Options options = {});
  ~TokenStage();

  // Shows the directory as `members` is now.
  void Publish();
  // Opens the service again on the same files.
  void Restart();

  Attempt Try();
  http::Response Send(const Attempt& attempt) { return service->Answer(attempt.Request()); }
  // The access token of an attempt; empty where it is refused.
  std::string Token(const Attempt& attempt);

  SimulatedClock clock{absl::FromUnixSeconds(1'800'000'000)};
  SeededRandom random{7};
  std::vector<Member> members;
  ChangingDirectory directory;
  std::string folder;
  SmartTokenService::Options options;
  std::unique_ptr<SmartTokenService> service;

 private:
  int next_id_ = 0;
};

// `extensions` with one IUA object.
json::Value Iua(absl::string_view purpose, absl::string_view person = "",
                absl::string_view role = "");
// `extensions` with IUA claims of a physician and a break-glass declaration.
json::Value BreakGlass();

}  // namespace hie::auth::testing
