#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "gateway/members/timer_queue.h"
#include "hie/agent/v1/agent_service.pb.h"
#include "services/common/base/clock.h"
#include "services/common/base/strong_id.h"
#include "services/common/log/log.h"
#include "services/common/rpc/worker_pool.h"

namespace hie::members {

// Caps of what members may send, and of what we ask of one.
struct HubLimits {
  size_t calls_per_member_max = 16;        // Questions and fetches at once; beyond: shed.
  size_t answer_resources_max = 20'000;    // One answer; beyond: what came is used, too large.
  size_t answer_bytes_max = 32 << 20;      // The same.
  size_t content_bytes_max = 64 << 20;     // One document.
  size_t announcement_patients_max = 100;  // One message.
  absl::Duration ping_interval = absl::Seconds(10);
  absl::Duration silence_max = absl::Seconds(30);        // Then the agent is taken for gone.
  absl::Duration announcement_retry = absl::Seconds(2);  // When the sink failed.
  absl::Duration budget_max = absl::Minutes(2);          // Of any call.
  int parse_threads = 2;
  size_t parse_queue_max = 256;  // Beyond: shed.
};

// A patient of an announcement that was not taken.
struct AnnouncementProblem {
  int index = 0;     // Of the patient in the announcement that the sink got.
  std::string what;  // What to mend; never about the patient's data.
};

// Takes an announcement durably: registers its patients and submits its documents.
//
// Every patient and document in it belongs to `member`, whose domain was checked; `entry.member`
// and `entry.patient` are set; labels are not.  `done` is called once, on any thread: OK when all
// is durable, with the patients that were refused; another status: nothing may be assumed, the
// hub sends it again.  Called on the hub's pool, one announcement per member at a time.
using AnnouncementSink =
    std::function<void(const MemberId& member, const agent::v1::Announcement& announcement,
                       std::function<void(absl::StatusOr<std::vector<AnnouncementProblem>>)> done)>;

// Tells whether `domain` (an OID) is a patient-id domain of `member`.  Thread-safe, fast.
using DomainOwner = std::function<bool(const MemberId& member, absl::string_view domain)>;

// What the hub and its streams share.  Outlives every stream.
struct HubServices {
  HubServices(const Clock* the_clock, TimerQueue::Drive drive, const HubLimits& the_limits)
      : clock(the_clock),
        limits(the_limits),
        timers(the_clock, drive),
        pool({.name = "answers",
              .threads = the_limits.parse_threads,
              .queue_max = the_limits.parse_queue_max,
              .on_waiting = nullptr}) {}

  const Clock* clock;
  const HubLimits limits;
  AnnouncementSink announce;
  DomainOwner owns_domain;
  std::shared_ptr<log::Logger> log;  // Null: silent.
  TimerQueue timers;
  rpc::WorkerPool pool;

  void Log(log::Level level, absl::string_view event, const MemberId& member,
           absl::string_view what) const {
    if (log != nullptr) log->Write(level, event, {{"member", member.value()}, {"what", what}});
  }
};

}  // namespace hie::members
