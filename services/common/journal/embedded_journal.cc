#include "services/common/journal/embedded_journal.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/base/status_macros.h"
#include "services/common/journal/overlay_reader.h"
#include "services/common/storage/key_codec.h"
#include "services/common/storage/posix_file_system.h"

namespace hie {
namespace {

// EX_SOFTWARE of sysexits.h: the process cannot know what its disk holds.
constexpr int kExitAfterFailedCommit = 70;

// The one row of kJournalTable.
constexpr absl::string_view kPositionKey = "position";

[[noreturn]] void LogAndExit(const absl::Status& status) {
  const std::string text = absl::StrCat("journal: fatal: ", status.ToString(), "\n");
  std::fputs(text.c_str(), stderr);
  // No destructors: nothing more may be written or answered.
  _exit(kExitAfterFailedCommit);
}

absl::Status Closing() { return absl::UnavailableError("journal: closing"); }

absl::Status CheckSize(absl::string_view command) {
  if (command.size() <= EmbeddedJournal::kCommandBytesMax) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("command: want at most ", EmbeddedJournal::kCommandBytesMax, " bytes"));
}

// Refuses a store that does not hold what the mark says was acknowledged.
absl::Status CheckMark(const std::string& path, std::optional<uint64_t> mark, uint64_t applied) {
  if (!mark.has_value() && applied > 0) {
    return absl::DataLossError(absl::StrCat("journal: the high-water mark ", path,
                                            " is missing, but the store holds sequence ", applied,
                                            "; restore both from a checkpoint"));
  }
  if (mark.has_value() && applied < *mark) {
    return absl::DataLossError(
        absl::StrCat("journal: the store of ", ParentDir(path), " ends at sequence ", applied,
                     ", but its high-water mark ", path, " says that ", *mark,
                     " was acknowledged: changes are lost; restore from a checkpoint"));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<HighWaterMark>> OpenMark(FileSystem& files, const std::string& path,
                                                        uint64_t applied) {
  if (path.empty()) {
    if (applied == 0) return nullptr;
    return absl::FailedPreconditionError(
        "journal: want a high-water mark for a store that outlives the process");
  }
  HIE_ASSIGN_OR_RETURN(const std::optional<uint64_t> mark, HighWaterMark::Read(files, path));
  HIE_RETURN_IF_ERROR(CheckMark(path, mark, applied));
  return HighWaterMark::Open(files, path, applied);
}

}  // namespace

absl::StatusOr<uint64_t> AppliedSequence(const KvReader& state) {
  HIE_ASSIGN_OR_RETURN(const EmbeddedJournal::Position position,
                       EmbeddedJournal::ReadPosition(state));
  return position.sequence;
}

KvEntry JournalRow(const Stamp& stamp) {
  return {std::string(kPositionKey), EmbeddedJournal::Encode({stamp.sequence, stamp.time})};
}

absl::StatusOr<std::unique_ptr<EmbeddedJournal>> EmbeddedJournal::Open(Options options) {
  std::unique_ptr<FileSystem> own_files;
  if (options.files == nullptr) {
    own_files = std::make_unique<PosixFileSystem>();
    options.files = own_files.get();
  }
  if (options.on_fatal == nullptr) options.on_fatal = LogAndExit;
  HIE_ASSIGN_OR_RETURN(const Position position, ReadPosition(*options.store->Snapshot()));
  HIE_ASSIGN_OR_RETURN(std::unique_ptr<HighWaterMark> mark,
                       OpenMark(*options.files, options.mark_path, position.sequence));
  return std::unique_ptr<EmbeddedJournal>(
      new EmbeddedJournal(std::move(options), std::move(own_files), std::move(mark), position));
}

EmbeddedJournal::EmbeddedJournal(Options options, std::unique_ptr<FileSystem> own_files,
                                 std::unique_ptr<HighWaterMark> mark, Position position)
    : options_(std::move(options)),
      own_files_(std::move(own_files)),
      mark_(std::move(mark)),
      position_(position),
      applied_(position.sequence) {
  committer_ = std::thread([this] { RunCommitter(); });
  if (mark_ != nullptr) syncer_ = std::thread([this] { RunSyncer(); });
}

EmbeddedJournal::~EmbeddedJournal() {
  {
    MutexLock lock(mutex_);
    closing_ = true;
    wake_committer_.NotifyAll();
    wake_syncer_.NotifyAll();
  }
  committer_.join();
  if (syncer_.joinable()) syncer_.join();
  // The last group's mark.  What fails here only lets the mark lag.
  if (mark_ != nullptr) mark_->Sync().IgnoreError();
}

void EmbeddedJournal::Propose(std::string command, Callback done) {
  absl::StatusOr<std::string> plan = Prepare(command);
  if (!plan.ok()) return done(std::move(plan).status());
  ProposePlanned(std::move(command), *std::move(plan), std::move(done));
}

absl::StatusOr<std::string> EmbeddedJournal::Prepare(absl::string_view command) const {
  HIE_RETURN_IF_ERROR(CheckSize(command));
  return options_.machine->Prepare(command, *Snapshot());
}

void EmbeddedJournal::ProposePlanned(std::string command, std::string plan, Callback done) {
  if (absl::Status fits = CheckSize(command); !fits.ok()) return done(std::move(fits));
  Proposal proposal{std::move(command), std::move(plan), std::move(done)};
  // Reported outside the lock: the callback may propose again.
  if (const absl::Status taken = Enqueue(proposal); !taken.ok()) proposal.done(taken);
}

std::shared_ptr<const KvReader> EmbeddedJournal::Snapshot() const {
  return options_.store->Snapshot();
}

uint64_t EmbeddedJournal::applied_sequence() const {
  return applied_.load(std::memory_order_acquire);
}

absl::StatusOr<EmbeddedJournal::Position> EmbeddedJournal::ReadPosition(const KvReader& state) {
  HIE_ASSIGN_OR_RETURN(const std::optional<std::string> row,
                       state.Get(kJournalTable, kPositionKey));
  if (!row.has_value()) return Position();
  KeyReader reader(*row);
  Position position;
  HIE_ASSIGN_OR_RETURN(position.sequence, reader.U64());
  HIE_ASSIGN_OR_RETURN(position.time, reader.Time());
  if (!reader.done()) return absl::DataLossError("journal: the position row is malformed");
  return position;
}

std::string EmbeddedJournal::Encode(const Position& position) {
  return KeyWriter().U64(position.sequence).Time(position.time).key();
}

absl::Status EmbeddedJournal::Enqueue(Proposal& proposal) {
  MutexLock lock(mutex_);
  if (closing_ || failed_) return Closing();
  if (waiting_.size() >= options_.waiting_max ||
      waiting_bytes_ + proposal.bytes() > options_.waiting_bytes_max) {
    return absl::ResourceExhaustedError("journal: too many proposals wait");
  }
  waiting_bytes_ += proposal.bytes();
  waiting_.push_back(std::move(proposal));
  if (waiting_.size() == 1) wake_committer_.NotifyOne();
  return absl::OkStatus();
}

void EmbeddedJournal::RunCommitter() {
  for (std::vector<Proposal> group = NextGroup(); !group.empty(); group = NextGroup()) {
    Commit(group);
  }
  RefuseWaiting();
}

std::vector<EmbeddedJournal::Proposal> EmbeddedJournal::NextGroup() {
  MutexLock lock(mutex_);
  wake_committer_.Wait(mutex_, [this] { return closing_ || failed_ || !waiting_.empty(); });
  std::vector<Proposal> group;
  if (closing_ || failed_) return group;
  while (!waiting_.empty() && group.size() < options_.group_max) {
    waiting_bytes_ -= waiting_.front().bytes();
    group.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  return group;
}

void EmbeddedJournal::Commit(std::vector<Proposal>& group) {
  Outcome outcome = Apply(group);
  if (const absl::Status durable = MakeDurable(outcome); !durable.ok()) {
    Fail(durable);
    outcome.results.assign(
        group.size(), absl::DataLossError("journal: the commit failed; its outcome is unknown"));
  } else {
    position_ = outcome.position;
    applied_.store(position_.sequence, std::memory_order_release);
  }
  for (size_t i = 0; i < group.size(); ++i) group[i].done(std::move(outcome.results[i]));
}

EmbeddedJournal::Outcome EmbeddedJournal::Apply(const std::vector<Proposal>& group) const {
  const std::shared_ptr<const KvReader> base = Snapshot();
  OverlayReader state(*base);
  Outcome outcome{.results = {}, .batch = {}, .position = position_, .readable = {}};
  for (const Proposal& proposal : group) {
    const Stamp stamp = NextStamp(outcome.position);
    outcome.position = {stamp.sequence, stamp.time};
    WriteBatch changes;
    absl::StatusOr<std::string> reply =
        options_.machine->Apply(proposal.command, proposal.plan, stamp, state, changes);
    if (!reply.ok()) {
      outcome.results.push_back(std::move(reply).status());
      continue;
    }
    state.Add(changes);
    outcome.results.push_back(Applied{stamp, *std::move(reply)});
  }
  // What several commands of the group changed is written once.
  outcome.batch = state.Changes();
  outcome.batch.Put(kJournalTable, kPositionKey, Encode(outcome.position));
  outcome.readable = state.base_status();
  return outcome;
}

absl::Status EmbeddedJournal::MakeDurable(const Outcome& outcome) {
  HIE_RETURN_IF_ERROR(outcome.readable);
  HIE_RETURN_IF_ERROR(options_.store->Write(outcome.batch, Durability::kSynced));
  return mark_ == nullptr ? absl::OkStatus() : mark_->Advance(outcome.position.sequence);
}

// Whole microseconds: what rows and keys keep without loss, so that stored times rise strictly.
Stamp EmbeddedJournal::NextStamp(const Position& last) const {
  const absl::Time now = absl::FromUnixMicros(absl::ToUnixMicros(options_.clock->Now()));
  return {last.sequence + 1, std::max(now, last.time + absl::Microseconds(1))};
}

void EmbeddedJournal::RefuseWaiting() {
  std::deque<Proposal> refused;
  {
    MutexLock lock(mutex_);
    refused.swap(waiting_);
    waiting_bytes_ = 0;
  }
  for (Proposal& proposal : refused) proposal.done(Closing());
}

void EmbeddedJournal::RunSyncer() {
  while (true) {
    {
      MutexLock lock(mutex_);
      if (wake_syncer_.WaitFor(mutex_, options_.mark_sync_period,
                               [this] { return closing_ || failed_; })) {
        return;
      }
    }
    if (const absl::Status synced = mark_->Sync(); !synced.ok()) return Fail(synced);
  }
}

void EmbeddedJournal::Fail(const absl::Status& status) {
  options_.on_fatal(status);
  MutexLock lock(mutex_);
  failed_ = true;
  wake_committer_.NotifyAll();
  wake_syncer_.NotifyAll();
}

}  // namespace hie
