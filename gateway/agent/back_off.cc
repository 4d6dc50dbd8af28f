#include "gateway/agent/back_off.h"

#include <algorithm>

namespace hie::agent {
namespace {

constexpr int kDoublingsMax = 20;
constexpr uint64_t kJitterSteps = 1 << 16;

}  // namespace

absl::Duration BackOff::Next() {
  const absl::Duration step =
      std::min(limits_.max, limits_.first * (int64_t{1} << std::min(failures_, kDoublingsMax)));
  failures_ = std::min(failures_ + 1, kDoublingsMax);
  const double share = static_cast<double>(random_->Next() % kJitterSteps) / kJitterSteps;
  return step / 2 + step / 2 * share;
}

}  // namespace hie::agent
