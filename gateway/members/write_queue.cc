#include "gateway/members/write_queue.h"

#include <utility>

namespace hie::members {

bool WriteQueue::HasRoom(size_t bytes) const {
  const size_t messages = waiting_.size() + (writing_ ? 1 : 0);
  if (messages == 0) return true;
  return messages < bounds_.messages_max && held_bytes_ + bytes <= bounds_.bytes_max;
}

void WriteQueue::Add(Entry entry) {
  held_bytes_ += entry.bytes;
  waiting_.push_back(std::move(entry));
}

bool WriteQueue::Push(Write write, size_t bytes) {
  {
    MutexLock lock(mutex_);
    if (closed_ || !HasRoom(bytes)) return false;
    Add({std::move(write), bytes});
  }
  Pump();
  return true;
}

bool WriteQueue::WaitAndPush(Write write, size_t bytes, absl::Duration patience) {
  {
    MutexLock lock(mutex_);
    const bool room = changed_.WaitFor(mutex_, patience, [&]() HIE_NO_THREAD_SAFETY_ANALYSIS {
      return closed_ || HasRoom(bytes);
    });
    if (!room || closed_) return false;
    Add({std::move(write), bytes});
  }
  Pump();
  return true;
}

void WriteQueue::Close() {
  std::deque<Entry> dropped;
  {
    MutexLock lock(mutex_);
    closed_ = true;
    dropped.swap(waiting_);
  }
  changed_.NotifyAll();
}

// One thread at a time starts writes.  A `done` that is called at once, or on another thread
// before the loop has looked again, is seen by the loop; so the stack does not grow.
void WriteQueue::Pump() {
  while (true) {
    Write write;
    {
      MutexLock lock(mutex_);
      if (pumping_ || writing_ || closed_ || waiting_.empty()) return;
      write = std::move(waiting_.front().write);
      current_bytes_ = waiting_.front().bytes;
      waiting_.pop_front();
      writing_ = true;
      pumping_ = true;
    }
    write([self = shared_from_this()](bool ok) { self->OnDone(ok); });
    MutexLock lock(mutex_);
    pumping_ = false;
  }
}

void WriteQueue::OnDone(bool ok) {
  {
    MutexLock lock(mutex_);
    writing_ = false;
    held_bytes_ -= current_bytes_;
    if (!ok) closed_ = true;
  }
  changed_.NotifyAll();
  Pump();
}

}  // namespace hie::members
