#include "services/common/rpc/write_queue.h"

#include <optional>
#include <utility>

namespace hie::rpc {

std::shared_ptr<WriteQueue> WriteQueue::Make(Send send, size_t bytes_max) {
  return std::shared_ptr<WriteQueue>(new WriteQueue(std::move(send), bytes_max));
}

bool WriteQueue::Push(std::string message) {
  {
    MutexLock lock(mutex_);
    if (closed_ || message.size() > bytes_max_ - bytes_) return false;
    bytes_ += message.size();
    if (sending_) {
      waiting_.push_back(std::move(message));
      return true;
    }
    sending_ = true;
  }
  SendNext(std::move(message));
  return true;
}

void WriteQueue::CloseThen(std::function<void()> then) {
  {
    MutexLock lock(mutex_);
    closed_ = true;
    if (sending_) {
      then_ = std::move(then);
      return;
    }
  }
  then();
}

void WriteQueue::SendNext(std::string message) {
  const size_t size = message.size();
  send_(std::move(message), [self = shared_from_this(), size](bool ok) { self->Sent(size, ok); });
}

void WriteQueue::Sent(size_t size, bool ok) {
  std::optional<std::string> next;
  std::function<void()> then;
  {
    MutexLock lock(mutex_);
    bytes_ -= size;
    if (!ok) {
      closed_ = true;
      waiting_.clear();
      bytes_ = 0;
    }
    if (waiting_.empty()) {
      sending_ = false;
      then = std::exchange(then_, nullptr);
    } else {
      next = std::move(waiting_.front());
      waiting_.pop_front();
    }
  }
  if (next) return SendNext(*std::move(next));
  if (then) then();
}

}  // namespace hie::rpc
