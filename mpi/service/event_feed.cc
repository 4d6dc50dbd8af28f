#include "mpi/service/event_feed.h"

#include <chrono>
#include <deque>
#include <thread>
#include <utility>
#include <vector>

#include "mpi/service/review_view.h"
#include "mpi/store/event_log.h"
#include "services/common/base/mutex.h"
#include "services/common/base/status_macros.h"

namespace hie::mpi {
namespace {

// Events read ahead for one follower: what its own writes send without the feed's thread.
constexpr size_t kReadAheadMax = 64;

using SteadyTime = std::chrono::steady_clock::time_point;

// Wakes the feed's thread; outlives the feed where a write is still under way.
struct Bell {
  Mutex mutex;
  CondVar changed;
  bool rung HIE_GUARDED_BY(mutex) = false;
  bool stopping HIE_GUARDED_BY(mutex) = false;

  void Ring() {
    MutexLock lock(mutex);
    rung = true;
    changed.NotifyAll();
  }
};

// One call.  The feed's thread fills the queue, the transport empties it: one write at a time.
class Follower : public std::enable_shared_from_this<Follower> {
 public:
  Follower(rpc::ServerWriter<v1::FollowEventsResponse> to, std::shared_ptr<Bell> bell,
           uint64_t position)
      : to_(std::move(to)), bell_(std::move(bell)), position(position) {}

  // Of the feed's thread alone.
  bool Hungry() {
    MutexLock lock(mutex_);
    return !gone_ && !writing_ && queue_.empty();
  }

  bool gone() {
    MutexLock lock(mutex_);
    return gone_;
  }

  void Send(std::deque<v1::FollowEventsResponse> messages) {
    {
      MutexLock lock(mutex_);
      if (gone_ || messages.empty()) return;
      queue_ = std::move(messages);
      writing_ = true;
    }
    WriteNext();
  }

  void End(absl::Status status) {
    Leave();
    to_.Finish(std::move(status));
  }

  // The call is over.
  void Leave() {
    MutexLock lock(mutex_);
    gone_ = true;
    queue_.clear();
  }

 private:
  void WriteNext() {
    v1::FollowEventsResponse next;
    {
      MutexLock lock(mutex_);
      if (gone_ || queue_.empty()) {
        writing_ = false;
        return;
      }
      next = std::move(queue_.front());
      queue_.pop_front();
    }
    to_.Write(next, [self = shared_from_this()](bool ok) { self->Written(ok); });
  }

  // On an RPC thread.
  void Written(bool ok) {
    bool empty = false;
    {
      MutexLock lock(mutex_);
      if (!ok) gone_ = true;
      empty = gone_ || queue_.empty();
      if (empty) writing_ = false;
    }
    if (!empty) return WriteNext();
    bell_->Ring();
  }

  const rpc::ServerWriter<v1::FollowEventsResponse> to_;
  const std::shared_ptr<Bell> bell_;
  Mutex mutex_;
  std::deque<v1::FollowEventsResponse> queue_ HIE_GUARDED_BY(mutex_);
  bool writing_ HIE_GUARDED_BY(mutex_) = false;
  bool gone_ HIE_GUARDED_BY(mutex_) = false;

 public:
  // Of the feed's thread alone: what was handed out, whether it has heard that there is no more,
  // and when it heard last.
  uint64_t position = 0;
  bool at_end = false;
  SteadyTime heard = std::chrono::steady_clock::now();
};

class ThreadEventFeed final : public EventFeed {
 public:
  explicit ThreadEventFeed(Options options) : options_(options), bell_(std::make_shared<Bell>()) {
    thread_ = std::thread([this] { Run(); });
  }

  ~ThreadEventFeed() override {
    {
      MutexLock lock(bell_->mutex);
      bell_->stopping = true;
      bell_->changed.NotifyAll();
    }
    thread_.join();
    MutexLock lock(mutex_);
    for (const auto& follower : followers_) {
      follower->End(absl::UnavailableError("events: the role is stopping"));
    }
  }

  void Follow(const std::shared_ptr<rpc::CallContext>& context,
              const v1::FollowEventsRequest& request,
              rpc::ServerWriter<v1::FollowEventsResponse> to) override {
    // Whoever is ahead of the index follows another one, or one that was restored: what comes next
    // would be skipped in silence.
    if (request.after_sequence() > options_.journal->applied_sequence()) {
      to.Finish(absl::OutOfRangeError("after_sequence: the index has not come so far"));
      return;
    }
    auto follower = std::make_shared<Follower>(to, bell_, request.after_sequence());
    {
      MutexLock lock(mutex_);
      if (followers_.size() >= options_.followers_max) {
        to.Finish(absl::ResourceExhaustedError("events: too many follow"));
        return;
      }
      followers_.push_back(follower);
    }
    context->WhenCancelled([weak = std::weak_ptr<Follower>(follower), bell = bell_] {
      if (const auto gone = weak.lock()) gone->Leave();
      bell->Ring();
    });
    bell_->Ring();
  }

 private:
  void Run() {
    while (Wait()) {
      for (const auto& follower : Present()) {
        if (const absl::Status served = Serve(*follower); !served.ok()) follower->End(served);
      }
    }
  }

  // Returns false when the feed stops.
  bool Wait() {
    MutexLock lock(bell_->mutex);
    Bell& bell = *bell_;
    bell.changed.WaitFor(bell.mutex, options_.poll, [&bell] { return bell.stopping || bell.rung; });
    bell.rung = false;
    return !bell.stopping;
  }

  // Those who are still there.
  std::vector<std::shared_ptr<Follower>> Present() {
    MutexLock lock(mutex_);
    std::vector<std::shared_ptr<Follower>> present;
    for (const auto& follower : followers_) {
      if (!follower->gone()) present.push_back(follower);
    }
    followers_ = present;
    return present;
  }

  absl::Status Serve(Follower& follower) {
    if (!follower.Hungry()) return absl::OkStatus();
    // Read before the snapshot: the snapshot holds it.
    const uint64_t applied = options_.journal->applied_sequence();
    std::deque<v1::FollowEventsResponse> messages;
    if (applied > follower.position)
      HIE_RETURN_IF_ERROR(Read(follower.position, applied, messages));
    const bool full = messages.size() >= kReadAheadMax;
    if (!messages.empty()) {
      follower.position = messages.back().sequence();
      follower.at_end = false;
    }
    if (!full && applied > follower.position) follower.position = applied;
    const SteadyTime now = std::chrono::steady_clock::now();
    const bool late = now - follower.heard >= absl::ToChronoMicroseconds(options_.heartbeat);
    if (!full && (!follower.at_end || late)) {
      // There is no more up to here.
      messages.emplace_back().set_sequence(follower.position);
      follower.at_end = true;
    }
    if (messages.empty()) return absl::OkStatus();
    follower.heard = now;
    follower.Send(std::move(messages));
    return absl::OkStatus();
  }

  absl::Status Read(uint64_t after, uint64_t last,
                    std::deque<v1::FollowEventsResponse>& messages) const {
    const std::shared_ptr<const KvReader> state = options_.journal->Snapshot();
    absl::Status bad;
    HIE_RETURN_IF_ERROR(
        EventReader(*state).VisitAfter(after, [&](uint64_t sequence, const v1::EventRow& event) {
          if (sequence > last) return false;
          absl::StatusOr<v1::LinkEvent> view = ViewEvent(*state, sequence, event);
          bad = view.status();
          if (!view.ok()) return false;
          v1::FollowEventsResponse& message = messages.emplace_back();
          message.set_sequence(sequence);
          *message.mutable_event() = *std::move(view);
          return messages.size() < kReadAheadMax;
        }));
    return bad;
  }

  const Options options_;
  const std::shared_ptr<Bell> bell_;
  Mutex mutex_;
  std::vector<std::shared_ptr<Follower>> followers_ HIE_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace

std::unique_ptr<EventFeed> EventFeed::Start(Options options) {
  return std::make_unique<ThreadEventFeed>(options);
}

}  // namespace hie::mpi
