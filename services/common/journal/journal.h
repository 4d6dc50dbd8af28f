#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/common/storage/kv_store.h"

namespace hie {

// What the journal adds to a command.
struct Stamp {
  uint64_t sequence = 0;  // Place in the journal, from 1, without gaps.
  absl::Time time;        // Rises strictly, whatever the machine's clock does.
};

// A deterministic state machine over a store: the whole of a role's state.
//
// Everything that is not determined by (command, state, stamp) must be inside the command: ids,
// randomness.  No clock, randomness, floating point or unordered iteration in Apply.
class StateMachine {
 public:
  virtual ~StateMachine() = default;

  // Does what is expensive, on any thread, against a snapshot that may be old when Apply runs.
  //
  // Returns a *plan*: a hint that names the versions of everything it read.  Apply must give the
  // same result with the plan, with another plan and without any.  A refusal here ends the
  // proposal.  The default prepares nothing.
  virtual absl::StatusOr<std::string> Prepare(absl::string_view command,
                                              const KvReader& snapshot) const;

  // Decides the command against `state` and writes its changes into `changes`.
  //
  // Returns the reply, or a refusal (any status that is not OK): then `changes` are dropped.
  // Must not fail for another reason than the command and the state.
  virtual absl::StatusOr<std::string> Apply(absl::string_view command, absl::string_view plan,
                                            const Stamp& stamp, const KvReader& state,
                                            WriteBatch& changes) const = 0;
};

// What became of a proposal that was applied.
struct Applied {
  Stamp stamp;
  std::string reply;
};

// Orders commands, applies them and makes them durable.  Thread-safe.
//
// The interface admits a replicated journal: a proposal is bytes, its result arrives later, and
// nothing here names a file.  See README.md.
class Journal {
 public:
  // Called once, on a thread of the journal: must not block.  OK: applied and durable.  A refusal
  // of the state machine arrives as its status.  UNAVAILABLE: the journal is closing; nothing
  // happened.
  using Callback = std::function<void(absl::StatusOr<Applied>)>;

  virtual ~Journal() = default;

  // Proposes a command.  Prepare runs on the calling thread; the call does not wait for the disk.
  virtual void Propose(std::string command, Callback done) = 0;

  // The two halves of Propose, for whoever prepares many commands at once and yet proposes them in
  // an order of its own.
  //
  // Returns the machine's plan of the command against the committed state; the machine's refusal,
  // or INVALID_ARGUMENT where the command is too large.  Changes nothing.
  virtual absl::StatusOr<std::string> Prepare(absl::string_view command) const = 0;
  // Proposes a command with the plan that Prepare made of it, however long ago, or with none.
  // Commands of one thread are applied in the order of its calls.
  virtual void ProposePlanned(std::string command, std::string plan, Callback done) = 0;

  // Returns the committed state.  What a callback reported is in it.
  virtual std::shared_ptr<const KvReader> Snapshot() const = 0;

  // Sequence of the last applied command.
  virtual uint64_t applied_sequence() const = 0;
};

// Proposes and waits.  For role pools and tests; never on an RPC or journal thread.
absl::StatusOr<Applied> ProposeAndWait(Journal& journal, std::string command);

}  // namespace hie
