#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "services/common/base/mutex.h"
#include "services/common/journal/journal.h"
#include "services/common/storage/kv_store.h"

namespace hie::testing {

// One command as it was applied.
struct Recorded {
  Stamp stamp;
  std::string command;
};

// Commands by sequence.
using Recording = std::map<uint64_t, Recorded>;

// Applies the commands, one by one and without a plan, to `store`; a refused one changes nothing.
// What a role's state must be equal to.
absl::Status Replay(const Recording& recording, const StateMachine& machine, KvStore& store);

// A journal that keeps what was proposed through it and applied.  Thread-safe.
class RecordingJournal final : public Journal {
 public:
  // `journal` must outlive this one.
  explicit RecordingJournal(Journal& journal) : journal_(journal) {}

  void Propose(std::string command, Callback done) override;
  absl::StatusOr<std::string> Prepare(absl::string_view command) const override {
    return journal_.Prepare(command);
  }
  void ProposePlanned(std::string command, std::string plan, Callback done) override;
  std::shared_ptr<const KvReader> Snapshot() const override { return journal_.Snapshot(); }
  uint64_t applied_sequence() const override { return journal_.applied_sequence(); }

  // Returns the commands whose callback said OK.
  Recording recording() const;

 private:
  // `done`, told after the command was kept.
  Callback Keeping(const std::string& command, Callback done) const;

  Journal& journal_;
  // Shared with callbacks, which may come after this journal's end.
  struct Kept {
    Mutex mutex;
    Recording recording HIE_GUARDED_BY(mutex);
  };
  const std::shared_ptr<Kept> kept_ = std::make_shared<Kept>();
};

// A state machine that keeps what was applied, whether its commit succeeded or not.  A sequence
// that is applied again (after a crash) replaces what it was before.  Thread-safe.
class RecordingMachine final : public StateMachine {
 public:
  // `machine` must outlive this one.
  explicit RecordingMachine(const StateMachine& machine) : machine_(machine) {}

  absl::StatusOr<std::string> Prepare(absl::string_view command,
                                      const KvReader& snapshot) const override {
    return machine_.Prepare(command, snapshot);
  }
  absl::StatusOr<std::string> Apply(absl::string_view command, absl::string_view plan,
                                    const Stamp& stamp, const KvReader& state,
                                    WriteBatch& changes) const override;

  // Returns the commands from `first` to `last`.
  Recording Between(uint64_t first, uint64_t last) const;

 private:
  const StateMachine& machine_;
  mutable Mutex mutex_;
  mutable Recording recording_ HIE_GUARDED_BY(mutex_);
};

}  // namespace hie::testing
