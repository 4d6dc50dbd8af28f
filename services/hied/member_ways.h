#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "gateway/exchange/member_port.h"
#include "gateway/fetch/https_client.h"
#include "gateway/members/fhir_member_port.h"
#include "gateway/members/member_directory.h"
#include "gateway/members/member_router.h"
#include "gateway/members/member_sign_in.h"
#include "services/hied/role_host.h"

namespace hie::hied {

// How members are reached: by their agents, or at their own FHIR servers, where the exchange signs
// in with <data_dir>/gateway/member-client.key (ES384; made where it is missing).
class MemberWays {
 public:
  // `directory` and `agents` must outlive it.  UNAVAILABLE: the key file cannot be read or written.
  // INVALID_ARGUMENT: it holds no such key.  FAILED_PRECONDITION: --member_ca cannot be read.
  static absl::StatusOr<std::unique_ptr<MemberWays>> Open(
      const Process& process, const members::MemberDirectorySource& directory,
      exchange::MemberPort& agents);

  exchange::MemberPort& port() { return *router_; }
  // The client with which other servers are asked.
  fetch::HttpsClient& client() { return *client_; }

 private:
  std::unique_ptr<members::MemberSignIn> sign_in_;
  std::unique_ptr<members::FhirMemberPort> fhir_;
  std::unique_ptr<members::MemberRouter> router_;
  std::unique_ptr<fetch::HttpsClient> client_;  // Goes first: it ends what is under way.
};

}  // namespace hie::hied
