#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "gateway/edge/exchange_calls.h"
#include "gateway/fetch/https_client.h"
#include "gateway/members/member_directory.h"
#include "services/hied/role_host.h"

namespace hie::hied {

// FHIR R4 and the token endpoint over HTTPS, on one port:
//   <path of --base_url>/...  the FHIR door,
//   /oauth2/...               tokens and keys,
//   /livez                    200 while it listens.
class HttpsDoor {
 public:
  // `exchange`, `directory` and `client`, which fetches clients' key sets, must outlive it.  Errors
  // as of the parts, which name what is wrong.
  static absl::StatusOr<std::unique_ptr<HttpsDoor>> Open(
      const Process& process, edge::ExchangeCalls& exchange,
      const members::MemberDirectorySource& directory, fetch::HttpsClient& client);

  // Close must have been called, and every call into `exchange` must have ended.
  virtual ~HttpsDoor() = default;

  virtual int port() const = 0;
  // Accepts no more, answers what is in flight until `grace` has passed.
  virtual void Drain(absl::Duration grace) = 0;
  // Closes every connection.  Calls into `exchange` may still end after it.
  virtual void Close() = 0;
};

}  // namespace hie::hied
