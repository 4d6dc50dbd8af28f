#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "gateway/edge/exchange_calls.h"
#include "gateway/hl7v2/inbox.h"
#include "gateway/hl7v2/intake_plan.h"
#include "gateway/hl7v2/reception.h"
#include "services/common/base/clock.h"

namespace hie::hl7v2 {

// What came of carrying out a plan.
struct EffectResult {
  // Not OK: nothing is known to have happened; try again.
  absl::Status retry;
  // The exchange refused, or the message itself could not be applied.
  std::optional<Finding> finding;
  // What the inbox shall remember with the message's end.
  std::vector<exchange::v1::FieldWrite> writes;
  std::vector<exchange::v1::IntakeCount> counts;
};

// Carries out plans through the exchange's own methods, on behalf of the member that sent the
// message.  A member in LIVE is served; of one in TEST or SHADOW only a preview is asked, and
// counted.  Thread-safe; never waits.
class EffectRunner {
 public:
  struct Options {
    edge::ExchangeCalls* exchange = nullptr;  // Must outlive the runner and what it runs.
    const Inbox* inbox = nullptr;             // As `exchange`.
    const Clock* clock = nullptr;             // As `exchange`.
    absl::Duration call_time;
  };
  // See Run.
  using Done = std::function<void(EffectResult)>;

  explicit EffectRunner(Options options) : options_(options) {}

  // Calls `done` once, on any thread.  `number` names the message in request ids.  Carrying out the
  // same plan again has no further effect.
  void Run(std::shared_ptr<const Reception> reception, std::shared_ptr<const IntakePlan> plan,
           uint64_t number, Done done) const;

 private:
  const Options options_;
};

// Why the exchange refused what it was told, as a finding at `where`; nothing: it may work later.
std::optional<Finding> FindingOfRefusal(const absl::Status& status, const Location& where);

}  // namespace hie::hl7v2
