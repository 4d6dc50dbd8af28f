#include "gateway/hl7v2/lanes.h"

#include <utility>

namespace hie::hl7v2 {

void Lanes::Add(uint64_t job, std::vector<std::string> keys) {
  Job added;
  for (const std::string& key : keys) {
    std::deque<uint64_t>& queue = queues_[key];
    if (!queue.empty()) ++added.blocked;
    queue.push_back(job);
  }
  added.keys = std::move(keys);
  if (added.blocked == 0) ready_.push_back(job);
  jobs_.emplace(job, std::move(added));
}

std::optional<uint64_t> Lanes::TakeReady() {
  if (ready_.empty()) return std::nullopt;
  const uint64_t job = ready_.front();
  ready_.pop_front();
  return job;
}

void Lanes::Done(uint64_t job) {
  const auto found = jobs_.find(job);
  if (found == jobs_.end()) return;
  const std::vector<std::string> keys = std::move(found->second.keys);
  jobs_.erase(found);
  for (const std::string& key : keys) {
    const auto queue = queues_.find(key);
    queue->second.pop_front();
    if (queue->second.empty()) {
      queues_.erase(queue);
      continue;
    }
    const uint64_t next = queue->second.front();
    if (--jobs_.at(next).blocked == 0) ready_.push_back(next);
  }
}

}  // namespace hie::hl7v2
