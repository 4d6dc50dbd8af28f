#pragma once

#include <memory>

#include "absl/time/time.h"
#include "services/common/base/clock.h"
#include "services/common/journal/journal.h"

namespace hie::registry {

// Removes staged contents that no submission named in time: at once, and every period.
//
// Owns one thread; what fails is tried again the next time.
class StagedSweeper {
 public:
  // Both must outlive it.
  static std::unique_ptr<StagedSweeper> Start(Journal& journal, const Clock& clock,
                                              absl::Duration period);
  virtual ~StagedSweeper() = default;  // Stops; waits for a running removal.
};

}  // namespace hie::registry
