#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "hie/audit/v1/audit.pb.h"
#include "services/common/journal/journal.h"
#include "services/common/storage/kv_store.h"

// How a role's changes reach the audit: a row in the change's own batch, delivered by a relay.
namespace hie::outbox {

// The table that every role's store has for it.
inline constexpr absl::string_view kTable = "outbox";

// Writes `event` as row (stamp.sequence, index) of the outbox into the change's own batch.  Sets
// its event id, role and role sequence, so that a second delivery is recorded once.
void Put(absl::string_view role, const Stamp& stamp, uint32_t index, audit::v1::Event event,
         WriteBatch& changes);

// Delivers rows to the audit, oldest first, at least once, and deletes what was taken.
//
// Owns one thread.  A delivery that fails is tried again with back-off, for ever; rows are never
// dropped.  `deliver` returns OK when the audit has them durably.
class Relay {
 public:
  using Deliver = std::function<absl::Status(const std::vector<audit::v1::Event>&)>;

  struct Options {
    KvStore* store = nullptr;  // Must outlive the relay.
    Deliver deliver;
    absl::Duration poll = absl::Milliseconds(50);
    absl::Duration back_off_max = absl::Seconds(5);
    size_t batch_max = 128;
    // Told of each delivery that failed, on the relay's thread; for the log.  May be null.
    std::function<void(const absl::Status&)> on_failure = nullptr;
  };

  static std::unique_ptr<Relay> Start(Options options);
  virtual ~Relay() = default;  // Stops; waits for a running delivery.

  // Tells it that there may be rows.
  virtual void Wake() = 0;
};

}  // namespace hie::outbox
