#pragma once

#include <cstddef>
#include <memory>

#include "absl/time/time.h"
#include "hie/mpi/v1/review_service.pb.h"
#include "services/common/journal/journal.h"
#include "services/common/rpc/call_context.h"
#include "services/common/rpc/method_registrar.h"

namespace hie::mpi {

// Sends events to those who follow them, in order, from any sequence on.
//
// One thread of its own reads the journal's committed state and hands out what is new; a follower
// who reads slowly is waited for by nobody.  Thread-safe.  Followers whose calls outlive the feed
// end with UNAVAILABLE.
class EventFeed {
 public:
  struct Options {
    Journal* journal = nullptr;  // Must outlive the feed.
    // How often it looks for new events.
    absl::Duration poll = absl::Milliseconds(50);
    // A follower for whom there is nothing hears so after so long.
    absl::Duration heartbeat = absl::Seconds(10);
    // Beyond so many: RESOURCE_EXHAUSTED.
    size_t followers_max = 64;
  };

  static std::unique_ptr<EventFeed> Start(Options options);
  virtual ~EventFeed() = default;  // Stops; ends the calls.

  // Serves one call; see ReviewService.FollowEvents.  Returns at once.
  virtual void Follow(const std::shared_ptr<rpc::CallContext>& context,
                      const v1::FollowEventsRequest& request,
                      rpc::ServerWriter<v1::FollowEventsResponse> to) = 0;
};

}  // namespace hie::mpi
