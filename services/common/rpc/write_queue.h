#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "services/common/base/mutex.h"

namespace hie::rpc {

// Sends messages of many writers over a stream that takes one at a time.  Thread-safe.
//
// An answer to a message may arrive before that message's `done`, so that whoever writes in
// reaction to what it reads needs this.  Owned by shared_ptr: a write under way keeps it.
class WriteQueue : public std::enable_shared_from_this<WriteQueue> {
 public:
  using Done = std::function<void(bool ok)>;
  // The stream's Write; called one at a time.
  using Send = std::function<void(std::string message, Done done)>;

  // Holds at most `bytes_max` of messages that wait or are under way.
  static std::shared_ptr<WriteQueue> Make(Send send, size_t bytes_max);

  // Takes a message to send in turn, and returns true; false: over, or full.  Full is what a
  // reader that does not read looks like: end the stream, or drop the message and say so.
  bool Push(std::string message) HIE_EXCLUDES(mutex_);

  // Takes no more; calls `then` once all was sent or sending failed, at once if it has.
  void CloseThen(std::function<void()> then) HIE_EXCLUDES(mutex_);

 private:
  WriteQueue(Send send, size_t bytes_max) : send_(std::move(send)), bytes_max_(bytes_max) {}
  void SendNext(std::string message);
  void Sent(size_t size, bool ok) HIE_EXCLUDES(mutex_);

  const Send send_;
  const size_t bytes_max_;
  Mutex mutex_;
  std::deque<std::string> waiting_ HIE_GUARDED_BY(mutex_);
  size_t bytes_ HIE_GUARDED_BY(mutex_) = 0;
  bool sending_ HIE_GUARDED_BY(mutex_) = false;
  bool closed_ HIE_GUARDED_BY(mutex_) = false;
  std::function<void()> then_ HIE_GUARDED_BY(mutex_);
};

}  // namespace hie::rpc
