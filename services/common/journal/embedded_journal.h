#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "services/common/base/clock.h"
#include "services/common/base/mutex.h"
#include "services/common/journal/high_water_mark.h"
#include "services/common/journal/journal.h"
#include "services/common/storage/file_system.h"
#include "services/common/storage/kv_store.h"

namespace hie {

// The journal's own table, which every store under an EmbeddedJournal must have.
inline constexpr absl::string_view kJournalTable = "journal";

// Returns the sequence of the last command in `state`, 0 where there was none.  DATA_LOSS: the
// journal's row is bad.
absl::StatusOr<uint64_t> AppliedSequence(const KvReader& state);

// Returns the row of kJournalTable of a state whose last command got `stamp`: for what fills an
// empty store in another way than by commands.
KvEntry JournalRow(const Stamp& stamp);

// A journal in the process: one thread groups, applies and commits; one syncs the mark.
//
// Grouping has no timer: a group is what waits when the last commit ends.  Its changes, the
// sequence and the time of its last command are one batch, written with one sync; then the
// high-water mark; then the replies.
class EmbeddedJournal final : public Journal {
 public:
  struct Options {
    KvStore* store = nullptr;               // Must outlive the journal; holds kJournalTable.
    const StateMachine* machine = nullptr;  // Must outlive the journal.
    const Clock* clock = nullptr;           // Must outlive the journal.

    // The high-water mark's file, outside the store's directory.  Empty only where the store does
    // not outlive the process: a store that already holds a command is then refused.
    std::string mark_path = "";
    // Holds the mark; must outlive the journal.  Null: the machine's files.
    FileSystem* files = nullptr;

    // Proposals that wait at most, by number and by bytes: more are RESOURCE_EXHAUSTED.
    size_t waiting_max = kWaitingMax;
    size_t waiting_bytes_max = kWaitingBytesMax;
    // Commands in a group at most, so that the first reply does not wait for ever more of them.
    size_t group_max = kGroupMax;
    absl::Duration mark_sync_period = absl::Seconds(1);

    // Called when a commit or the mark failed: whether the group is durable is then unknown, and
    // only a restart can tell.  Null: logs to standard error and exits with status 70.  Where it
    // returns (tests), the group's callbacks get DATA_LOSS and every later one UNAVAILABLE.
    std::function<void(const absl::Status&)> on_fatal = nullptr;
  };

  static constexpr size_t kWaitingMax = 16384;
  static constexpr size_t kWaitingBytesMax = size_t{64} << 20;
  static constexpr size_t kGroupMax = 1024;
  // A larger command is INVALID_ARGUMENT.
  static constexpr size_t kCommandBytesMax = size_t{8} << 20;

  // Opens the journal at the store's last command.
  //
  // DATA_LOSS: the store is behind the mark, the mark is damaged, or it is missing beside a store
  // that holds commands: acknowledged changes are lost.  FAILED_PRECONDITION: a mark is needed.
  static absl::StatusOr<std::unique_ptr<EmbeddedJournal>> Open(Options options);

  // Ends the running group, answers UNAVAILABLE to those that wait, syncs the mark.  No call of
  // Propose may be running.
  ~EmbeddedJournal() override;

  // A refusal by Prepare, a full queue and a closing journal are reported on the calling thread.
  void Propose(std::string command, Callback done) override;
  absl::StatusOr<std::string> Prepare(absl::string_view command) const override;
  void ProposePlanned(std::string command, std::string plan, Callback done) override;
  std::shared_ptr<const KvReader> Snapshot() const override;
  uint64_t applied_sequence() const override;

 private:
  // Where the journal stands: the last applied command.
  struct Position {
    uint64_t sequence = 0;
    absl::Time time = absl::UnixEpoch();
  };
  struct Proposal {
    std::string command;
    std::string plan;
    Callback done;

    size_t bytes() const { return command.size() + plan.size(); }
  };
  // What a group comes to: a result for each proposal, and one batch.
  struct Outcome {
    std::vector<absl::StatusOr<Applied>> results;
    WriteBatch batch;
    Position position;
    absl::Status readable;  // Not OK: the store could not be read; nothing of this counts.
  };

  EmbeddedJournal(Options options, std::unique_ptr<FileSystem> own_files,
                  std::unique_ptr<HighWaterMark> mark, Position position);

  static absl::StatusOr<Position> ReadPosition(const KvReader& state);
  static std::string Encode(const Position& position);
  friend absl::StatusOr<uint64_t> AppliedSequence(const KvReader& state);
  friend KvEntry JournalRow(const Stamp& stamp);

  // Takes the proposal over, or leaves it and says why.
  absl::Status Enqueue(Proposal& proposal);
  void RunCommitter();
  // Waits for proposals; returns none when the journal ends.
  std::vector<Proposal> NextGroup();
  void Commit(std::vector<Proposal>& group);
  Outcome Apply(const std::vector<Proposal>& group) const;
  absl::Status MakeDurable(const Outcome& outcome);
  Stamp NextStamp(const Position& last) const;
  void RefuseWaiting();
  void RunSyncer();
  void Fail(const absl::Status& status);

  const Options options_;
  const std::unique_ptr<FileSystem> own_files_;
  const std::unique_ptr<HighWaterMark> mark_;  // Null: none is kept.
  Position position_;                          // Of the committer alone.
  std::atomic<uint64_t> applied_;

  Mutex mutex_;
  CondVar wake_committer_;
  CondVar wake_syncer_;
  std::deque<Proposal> waiting_ HIE_GUARDED_BY(mutex_);
  size_t waiting_bytes_ HIE_GUARDED_BY(mutex_) = 0;
  bool closing_ HIE_GUARDED_BY(mutex_) = false;
  bool failed_ HIE_GUARDED_BY(mutex_) = false;

  std::thread committer_;
  std::thread syncer_;
};

}  // namespace hie
