#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "services/hiectl/session.h"
#include "tests/fault/kill_ledger.h"
#include "tests/support/region/region_stack.h"

namespace hie::testing {

// Asks the exchange for everything that its clients were told, and tells what is not there.
// Not thread-safe.
class KillCheck {
 public:
  // What was found to be there.
  struct Counts {
    size_t registrations = 0;
    size_t directives = 0;
    size_t items = 0;     // Received: clinical items and documents.
    size_t clinical = 0;  // Clinical items among them.
    size_t intents = 0;   // Intents that name received items.
    uint64_t leaves = 0;  // Of the audit, verified.
  };
  // From where in the ledger to check registrations and receipts; directives are checked whole.
  struct Since {
    size_t registrations = 0;
    size_t received = 0;
  };

  // Both must outlive the check.
  KillCheck(RegionStack& region, const KillLedger& ledger) : region_(region), ledger_(ledger) {}

  // Returns what is lost, in words without patients; empty: nothing.
  std::vector<std::string> FindLosses(const Since& since);

  // Of the last FindLosses.
  const Counts& counts() const { return counts_; }

 private:
  using Intents = std::map<std::string, std::set<std::string>>;  // Query id: item ids.

  ctl::Session& SignIn(const std::string& member, const std::string& role,
                       const std::string& purpose);
  void CheckRegistrations(size_t from);
  void CheckDirectives();
  void CheckIntents(size_t from);
  void CheckChain();
  // The person whom the exchange finds.
  absl::StatusOr<std::string> EidOf(ctl::Session& session,
                                    const exchange::v1::PatientSubject& subject);
  Intents ReadIntents(const exchange::v1::PatientSubject& subject);
  void Lose(const std::string& what) { losses_.push_back(what); }

  RegionStack& region_;
  const KillLedger& ledger_;
  std::map<std::string, std::unique_ptr<ctl::Session>> sessions_;
  std::vector<std::string> losses_;
  Counts counts_;
};

}  // namespace hie::testing
