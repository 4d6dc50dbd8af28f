#pragma once

#include <deque>
#include <functional>
#include <memory>

#include "absl/time/time.h"
#include "services/common/base/mutex.h"

namespace hie::members {

// Serialises the writes of one stream: one at a time, in order, within bounds.  Thread-safe.
//
// Made by std::make_shared: writes that are under way keep it alive.
class WriteQueue : public std::enable_shared_from_this<WriteQueue> {
 public:
  using Done = std::function<void(bool ok)>;
  // Starts one write; calls its argument when the transport has taken it, possibly at once.
  using Write = std::function<void(Done)>;

  // Bounds of what waits or is being written.
  struct Bounds {
    size_t messages_max;
    size_t bytes_max;  // One message is admitted whatever its size.
  };
  explicit WriteQueue(Bounds bounds) : bounds_(bounds) {}

  // Takes a write; false, dropping it, when a bound is reached or the queue is closed.
  bool Push(Write write, size_t bytes) HIE_EXCLUDES(mutex_);

  // As Push, but waits for room; false: closed, or not within `patience`.  Not on an RPC thread.
  bool WaitAndPush(Write write, size_t bytes, absl::Duration patience) HIE_EXCLUDES(mutex_);

  // Drops what waits; nothing is written any more.
  void Close() HIE_EXCLUDES(mutex_);

 private:
  struct Entry {
    Write write;
    size_t bytes;
  };

  bool HasRoom(size_t bytes) const HIE_REQUIRES(mutex_);
  void Add(Entry entry) HIE_REQUIRES(mutex_);
  void Pump() HIE_EXCLUDES(mutex_);
  void OnDone(bool ok) HIE_EXCLUDES(mutex_);

  const Bounds bounds_;
  Mutex mutex_;
  CondVar changed_;
  std::deque<Entry> waiting_ HIE_GUARDED_BY(mutex_);
  size_t held_bytes_ HIE_GUARDED_BY(mutex_) = 0;  // Waiting and being written.
  size_t current_bytes_ HIE_GUARDED_BY(mutex_) = 0;
  bool writing_ HIE_GUARDED_BY(mutex_) = false;
  bool pumping_ HIE_GUARDED_BY(mutex_) = false;
  bool closed_ HIE_GUARDED_BY(mutex_) = false;
};

}  // namespace hie::members
