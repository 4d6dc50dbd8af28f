#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "gateway/edge/disclosure_notes.h"
#include "gateway/exchange/directory_view.h"
#include "gateway/exchange/member_port.h"
#include "gateway/exchange/query_driver.h"
#include "gateway/exchange/scheduler.h"
#include "gateway/feed/patient_feed.h"
#include "gateway/members/member_directory.h"
#include "gateway/members/timer_queue.h"
#include "hie/audit/v1/audit.pb.h"
#include "services/common/base/clock.h"
#include "services/common/base/mutex.h"
#include "services/common/base/random_source.h"
#include "services/common/rpc/call_context.h"
#include "services/common/rpc/channel.h"
#include "services/common/rpc/server.h"
#include "services/common/rpc/worker_pool.h"

namespace hie::edge {

// Channels to the roles.
struct RoleChannels {
  std::shared_ptr<rpc::Channel> mpi;
  std::shared_ptr<rpc::Channel> registry;
  std::shared_ptr<rpc::Channel> consent;
  std::shared_ptr<rpc::Channel> audit;
  std::shared_ptr<rpc::Channel> directory;
};

// Counts what is in flight.  Thread-safe.
class InFlight {
 public:
  explicit InFlight(int max) : max_(max) {}
  // False: full, nothing was counted.
  bool TryEnter() HIE_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    if (count_ >= max_) return false;
    ++count_;
    return true;
  }
  void Leave() HIE_EXCLUDES(mutex_) {
    // Notified under the lock: whoever waits may destroy this as soon as it is let go.
    const MutexLock lock(mutex_);
    if (--count_ == 0) empty_.NotifyAll();
  }
  // Waits until nothing is in flight.
  void WaitUntilEmpty() HIE_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    empty_.Wait(mutex_, [this]() HIE_NO_THREAD_SAFETY_ANALYSIS { return count_ == 0; });
  }

 private:
  const int max_;
  Mutex mutex_;
  CondVar empty_;
  int count_ HIE_GUARDED_BY(mutex_) = 0;
};

// Timers of queries, on the hub's kind of queue.
class QueueScheduler final : public exchange::Scheduler {
 public:
  explicit QueueScheduler(const Clock* clock)
      : timers_(clock, members::TimerQueue::Drive::kThread) {}
  void After(absl::Duration delay, std::function<void()> task) override {
    timers_.After(delay, std::move(task));
  }
  void Stop() { timers_.Stop(); }

 private:
  members::TimerQueue timers_;
};

// Steps of queries, on a pool.
class PoolExecutor final : public exchange::Executor {
 public:
  PoolExecutor(int threads, size_t queue_max)
      : pool_({.name = "queries",
               .threads = threads,
               .queue_max = queue_max,
               .on_waiting = nullptr}) {}
  void Run(std::function<void()> task) override {
    const auto shared = std::make_shared<std::function<void()>>(std::move(task));
    if (!pool_.TryRun([shared] { (*shared)(); })) (*shared)();
  }
  void Stop() { pool_.Stop(); }

 private:
  rpc::WorkerPool pool_;
};

// What the handlers share.  Thread-safe.
class EdgeServices {
 public:
  struct Options {
    RoleChannels roles;
    exchange::MemberPort* members = nullptr;                    // Must outlive it.
    const members::MemberDirectorySource* directory = nullptr;  // Must outlive it.
    const Clock* clock = nullptr;                               // Must outlive it.
    RandomSource* random = nullptr;                             // Must outlive it.
    int queries_max = 1000;  // Queries in flight; beyond: RESOURCE_EXHAUSTED.
    int retrieves_max = 16;  // Documents in flight; each holds at most 32 MiB.
    int calls_max = 4096;    // Other calls in flight.
    int threads = 2;
  };
  explicit EdgeServices(Options options);

  const RoleChannels& roles() const { return options_.roles; }
  exchange::MemberPort& members() const { return *options_.members; }
  const Clock& clock() const { return *options_.clock; }
  const feed::PatientFeed& feed() const { return feed_; }
  InFlight& queries() { return queries_; }
  InFlight& retrieves() { return retrieves_; }
  InFlight& calls() { return calls_; }
  std::string NewId() const;

  // UNAVAILABLE: the directory was never read.
  absl::StatusOr<std::shared_ptr<const members::MemberDirectory>> Directory() const;
  // The same as queries see it; made once per version.
  absl::StatusOr<std::shared_ptr<const exchange::DirectoryView>> View();
  // The caller's member operates the exchange.
  bool IsOperator(const Actor& actor) const;

  DisclosureNotes& notes() { return notes_; }

  exchange::QueryServices ForQueries();
  exchange::Executor& executor() { return executor_; }

  // Waits for what is in flight (each has a deadline), then stops timers and steps.  After the
  // server has shut down; not from a handler.
  void Stop();

 private:
  const Options options_;
  const feed::PatientFeed feed_;
  InFlight queries_;
  InFlight retrieves_;
  InFlight calls_;
  PoolExecutor executor_;
  QueueScheduler scheduler_;
  DisclosureNotes notes_;
  Mutex mutex_;
  std::shared_ptr<const members::MemberDirectory> viewed_ HIE_GUARDED_BY(mutex_);
  std::shared_ptr<const exchange::DirectoryView> view_ HIE_GUARDED_BY(mutex_);
};

// Answers a unary call, once, on any thread.
template <typename Response>
using Answer = std::function<void(absl::StatusOr<Response>)>;

// Returns what a caller may hear of a role's refusal: the caller's own mistakes as they are, our
// troubles as UNAVAILABLE with the role's name for people.
absl::Status TellCaller(const absl::Status& status, absl::string_view role);

// What one call to a role may take, whatever time its caller has.
inline constexpr absl::Duration kRoleCallTime = absl::Seconds(30);

// Returns the options of a call to a role on behalf of `context`.
rpc::CallOptions RoleCall(const rpc::CallContext& context);

// Calls a role for a handler, within the caller's time.  `next` gets what TellCaller says of a
// failure.
template <typename Method>
void CallRole(rpc::Channel& channel, absl::string_view role, const rpc::CallContext& context,
              const typename Method::Request& request,
              std::function<void(absl::StatusOr<typename Method::Response>)> next) {
  channel.Call<Method>(RoleCall(context), request,
                       [role = std::string(role), next = std::move(next)](
                           absl::StatusOr<typename Method::Response> response) {
                         if (!response.ok()) return next(TellCaller(response.status(), role));
                         next(std::move(response));
                       });
}

// Registers an asynchronous handler that is counted as in flight until it has answered; it must
// not touch `services` after that.
//   handler: void(EdgeServices&, std::shared_ptr<CallContext>, Request, Answer<Response>)
template <typename Method, typename Handler>
void ServeCounted(rpc::MethodRegistrar& server, EdgeServices& services, Handler handler) {
  server.ServeAsync<Method>([&services, handler](std::shared_ptr<rpc::CallContext> context,
                                                 typename Method::Request request,
                                                 Answer<typename Method::Response> answer) {
    if (!services.calls().TryEnter()) {
      return answer(absl::ResourceExhaustedError("too many calls are on their way"));
    }
    handler(services, std::move(context), std::move(request),
            [&services,
             answer = std::move(answer)](absl::StatusOr<typename Method::Response> response) {
              answer(std::move(response));
              services.calls().Leave();
            });
  });
}

// Makes events durable, then goes on.  UNAVAILABLE: they could not be made durable.
void Record(EdgeServices& services, const rpc::CallContext& context,
            std::vector<audit::v1::Event> events, std::function<void(absl::Status)> next);

// An event of the caller, with an id of its own.
audit::v1::Event MakeEvent(const EdgeServices& services, const Actor& actor,
                           audit::v1::EventType type, const std::string& detail);

}  // namespace hie::edge
