#include "services/common/base/random_source.h"

#include <sys/random.h>

#include <cstdlib>
#include <cstring>

namespace hie {

std::string RandomSource::Bytes(size_t count) {
  std::string bytes(count, '\0');
  for (size_t at = 0; at < count; at += sizeof(uint64_t)) {
    const uint64_t word = Next();
    std::memcpy(bytes.data() + at, &word, std::min(sizeof(word), count - at));
  }
  return bytes;
}

uint64_t SystemRandom::Next() {
  uint64_t word = 0;
  // Up to 256 bytes getrandom never returns short once the pool is ready.
  if (getrandom(&word, sizeof(word), 0) != static_cast<ssize_t>(sizeof(word))) std::abort();
  return word;
}

uint64_t SeededRandom::Next() {
  const MutexLock lock(mutex_);
  return engine_();
}

}  // namespace hie
