#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"

namespace hie::hl7v2 {

// Order of jobs: those that share a key run one after the other, in the order in which they were
// added; all others may run at the same time.  Not thread-safe.  O(keys of a job) per call.
class Lanes {
 public:
  // Adds a job with a new number; keys must be distinct.
  void Add(uint64_t job, std::vector<std::string> keys);

  // Takes a job that no earlier one holds up; nothing: every job waits or runs.
  std::optional<uint64_t> TakeReady();

  // The job that was taken is done: those behind it move up.
  void Done(uint64_t job);

  // Jobs added and not done.
  size_t size() const { return jobs_.size(); }

 private:
  struct Job {
    std::vector<std::string> keys;
    size_t blocked = 0;  // Keys at which it is not the first.
  };

  absl::flat_hash_map<uint64_t, Job> jobs_;
  absl::flat_hash_map<std::string, std::deque<uint64_t>> queues_;
  std::deque<uint64_t> ready_;
};

}  // namespace hie::hl7v2
