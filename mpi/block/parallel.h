#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <thread>
#include <vector>

namespace hie::mpi {

// Runs `part(thread)` on `threads` threads, the caller's among them, and waits for all.
inline void RunParallel(size_t threads, const std::function<void(size_t thread)>& part) {
  std::vector<std::thread> others;
  for (size_t i = 1; i < threads; ++i) others.emplace_back(part, i);
  part(0);
  for (std::thread& other : others) other.join();
}

// Divides 0..count-1 into one range per thread: `part(begin, end, thread)`.
inline void ForRanges(size_t threads, size_t count,
                      const std::function<void(size_t begin, size_t end, size_t thread)>& part) {
  threads = std::max<size_t>(threads, 1);
  RunParallel(threads, [&](size_t thread) {
    part(count * thread / threads, count * (thread + 1) / threads, thread);
  });
}

}  // namespace hie::mpi
