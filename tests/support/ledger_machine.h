#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "services/common/journal/journal.h"

namespace hie::testing {

// A small state machine for tests of the journal: accounts and transfers.
//
// Half a transfer shows: the sum of all balances is what was minted.  Decisions depend on the
// state (a balance may not fall below zero), so that a wrong order shows too.
class LedgerMachine final : public StateMachine {
 public:
  // The tables it needs, the journal's own included.
  static std::vector<std::string> Tables();

  // Returns a command: moves `amount` between accounts; an empty `from` mints.  `id` is unique.
  static std::string Transfer(const std::string& id, const std::string& from, const std::string& to,
                              uint32_t amount);

  // The plan holds the versions of both accounts and their new balances.
  absl::StatusOr<std::string> Prepare(absl::string_view command,
                                      const KvReader& snapshot) const override;

  // FAILED_PRECONDITION: the balance is too small; ALREADY_EXISTS: the id was used.  The reply is
  // the id.
  absl::StatusOr<std::string> Apply(absl::string_view command, absl::string_view plan,
                                    const Stamp& stamp, const KvReader& state,
                                    WriteBatch& changes) const override;

  // Tells whether a transfer with this id is in the state.
  static bool Has(const KvReader& state, const std::string& id);
};

}  // namespace hie::testing
