#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "gateway/exchange/member_port.h"
#include "gateway/fetch/https_client.h"
#include "gateway/members/fhir_question.h"
#include "gateway/members/member_directory.h"
#include "gateway/members/member_sign_in.h"
#include "gateway/members/timer_queue.h"
#include "services/common/base/clock.h"
#include "services/common/base/mutex.h"
#include "services/common/rpc/worker_pool.h"

namespace hie::members {

// Members that are reached at their own FHIR R4 servers (INTERFACES 6.6).  Addresses come from the
// directory only, and are dialled only where its rule allows.  Thread-safe.
class FhirMemberPort final : public exchange::MemberPort {
 public:
  struct Options {
    const MemberDirectorySource* directory = nullptr;  // All must outlive the port.
    fetch::HttpsClient* client = nullptr;
    MemberSignIn* sign_in = nullptr;
    const Clock* clock = nullptr;
    FhirQuestionLimits limits = {};
    int questions_per_member_max = 16;       // Beyond: shed.
    uint64_t content_bytes_max = 512 << 20;  // One document.
    int parse_threads = 2;
    size_t parse_queue_max = 256;
  };

  explicit FhirMemberPort(Options options);
  // Waits for what is being parsed.  The client must have ended its requests, or end them later
  // without calling this.
  ~FhirMemberPort() override;

  std::shared_ptr<exchange::MemberCall> Ask(
      const exchange::MemberQuestion& question,
      std::function<void(exchange::MemberAnswer)> done) override;
  std::shared_ptr<exchange::MemberCall> Fetch(const exchange::ContentRequest& request,
                                              std::function<bool(absl::string_view)> on_chunk,
                                              std::function<void(absl::Status)> done) override;
  bool Reachable(const MemberId& member) const override;

 private:
  struct Core;
  const std::shared_ptr<Core> core_;
};

}  // namespace hie::members
