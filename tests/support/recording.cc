#include "tests/support/recording.h"

#include <utility>

#include "services/common/base/status_macros.h"

namespace hie::testing {

absl::Status Replay(const Recording& recording, const StateMachine& machine, KvStore& store) {
  for (const auto& [sequence, recorded] : recording) {
    WriteBatch changes;
    const auto reply =
        machine.Apply(recorded.command, "", recorded.stamp, *store.Snapshot(), changes);
    if (!reply.ok()) continue;
    HIE_RETURN_IF_ERROR(store.Write(changes, Durability::kBuffered));
  }
  return absl::OkStatus();
}

Journal::Callback RecordingJournal::Keeping(const std::string& command, Callback done) const {
  return [kept = kept_, command, done = std::move(done)](absl::StatusOr<Applied> result) {
    if (result.ok()) {
      MutexLock lock(kept->mutex);
      kept->recording[result->stamp.sequence] = {result->stamp, command};
    }
    done(std::move(result));
  };
}

void RecordingJournal::Propose(std::string command, Callback done) {
  Callback keeping = Keeping(command, std::move(done));
  journal_.Propose(std::move(command), std::move(keeping));
}

void RecordingJournal::ProposePlanned(std::string command, std::string plan, Callback done) {
  Callback keeping = Keeping(command, std::move(done));
  journal_.ProposePlanned(std::move(command), std::move(plan), std::move(keeping));
}

Recording RecordingJournal::recording() const {
  MutexLock lock(kept_->mutex);
  return kept_->recording;
}

absl::StatusOr<std::string> RecordingMachine::Apply(absl::string_view command,
                                                    absl::string_view plan, const Stamp& stamp,
                                                    const KvReader& state,
                                                    WriteBatch& changes) const {
  {
    MutexLock lock(mutex_);
    recording_[stamp.sequence] = {stamp, std::string(command)};
  }
  return machine_.Apply(command, plan, stamp, state, changes);
}

Recording RecordingMachine::Between(uint64_t first, uint64_t last) const {
  MutexLock lock(mutex_);
  return {recording_.lower_bound(first), recording_.upper_bound(last)};
}

}  // namespace hie::testing
