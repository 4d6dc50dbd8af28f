#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/crypto/assertion_key.h"
#include "services/common/member/member.h"
#include "tests/support/stack/exchange_stack.h"

struct ssl_ctx_st;

namespace hie::testing {

// One answer of the FHIR door, everything that a caller can see of it.
struct DoorAnswer {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;  // In order, names as sent.
  std::string body;

  // Empty: none.
  std::string Header(absl::string_view name) const;
};

// One request to the FHIR door.
struct DoorRequest {
  std::string method = "GET";
  std::string target;  // Below the FHIR base, with its leading slash.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

// As whom a backend client signs in.
struct DoorPerson {
  std::string purpose = "TREAT";
  std::string person;  // Empty: the system itself.
  std::string role;
};

// A backend client of the exchange over HTTPS: a token by SMART Backend Services, then one
// connection per request.  Not thread-safe.
class DoorClient {
 public:
  // A client `id` for a member of a stack, registered with every read and write scope.
  static ApiClient Registered(const std::string& id, const crypto::AssertionPrivateKey& key);

  // Gets a token.  `stack` must outlive the client.  UNAUTHENTICATED: it was refused.
  static absl::StatusOr<std::unique_ptr<DoorClient>> SignIn(const ExchangeStack& stack,
                                                            const std::string& id,
                                                            const crypto::AssertionPrivateKey& key,
                                                            const DoorPerson& person);
  ~DoorClient();

  // UNAVAILABLE: the connection broke, or the answer is no HTTP.
  absl::StatusOr<DoorAnswer> Ask(const DoorRequest& request) const;

 private:
  DoorClient(const ExchangeStack& stack, std::shared_ptr<ssl_ctx_st> trust)
      : stack_(stack), trust_(std::move(trust)) {}
  absl::Status TakeToken(const std::string& id, const crypto::AssertionPrivateKey& key,
                         const DoorPerson& person);
  // `head`: method, absolute target and header lines, each ended.
  absl::StatusOr<DoorAnswer> Exchange(const std::string& method, const std::string& target,
                                      const std::string& head, const std::string& body) const;

  const ExchangeStack& stack_;
  const std::shared_ptr<ssl_ctx_st> trust_;
  std::string authorization_;
};

}  // namespace hie::testing
