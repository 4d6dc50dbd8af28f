#pragma once

#include <cstdint>
#include <random>
#include <string>

#include "services/common/base/mutex.h"

namespace hie {

// Where randomness comes from.  Thread-safe.
class RandomSource {
 public:
  virtual ~RandomSource() = default;
  // Returns 64 random bits.
  virtual uint64_t Next() = 0;
  // Returns `count` random bytes.
  std::string Bytes(size_t count);
};

// The kernel's generator (getrandom): fit for keys and tokens.  Made in main.cc only.
class SystemRandom final : public RandomSource {
 public:
  uint64_t Next() override;
};

// Repeatable; never for keys.
class SeededRandom final : public RandomSource {
 public:
  explicit SeededRandom(uint64_t seed) : engine_(seed) {}
  uint64_t Next() override;

 private:
  Mutex mutex_;
  std::mt19937_64 engine_ HIE_GUARDED_BY(mutex_);
};

}  // namespace hie
