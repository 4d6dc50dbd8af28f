#include "mpi/store/first_load_input.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <tuple>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/hash/hash.h"
#include "absl/strings/str_cat.h"
#include "hie/mpi/v1/load_service.pb.h"
#include "mpi/block/parallel.h"
#include "mpi/store/mpi_reader.h"
#include "mpi/store/tables.h"
#include "services/common/base/mutex.h"
#include "services/common/base/status_macros.h"
#include "services/common/storage/key_codec.h"
#include "services/common/storage/row_sorter.h"
#include "services/common/storage/spool_file.h"
#include "services/common/wire/wire.h"

namespace hie::mpi {
namespace {

// The sorted tables of one thread.
struct Sorters {
  std::unique_ptr<RowSorter> keys;
  std::unique_ptr<RowSorter> query_keys;
  std::unique_ptr<RowSorter> holders;
};

// A line that is a record by its form.
struct ReadyLine {
  LoadedRecord made;
  RecordNumber number = 0;  // 0: a line about an id that was there.
};

struct ReadyPart {
  LoadPart part;  // Without the lines that are refused; as many as `lines`.
  std::vector<ReadyLine> lines;
};

LoadProblem ProblemOf(const LoadLine& line, absl::string_view message) {
  LoadProblem problem{line.file, line.line, "", std::string(message)};
  const size_t colon = message.find(": ");
  if (colon != absl::string_view::npos && message.substr(0, colon).find(' ') == message.npos) {
    problem.field = std::string(message.substr(0, colon));
    problem.reason = std::string(message.substr(colon + 2));
  }
  return problem;
}

// The ids that were seen.
//
// As 128 bits of each: two ids that share these are not to be met before the universe ends, and the
// texts themselves would take five times the memory.
class SeenIds {
 public:
  // Returns whether `holder_key` is new.
  bool Insert(const std::string& holder_key) {
    return seen_.emplace(absl::Hash<std::string>()(holder_key), FingerprintOf(holder_key)).second;
  }

 private:
  absl::flat_hash_set<std::pair<uint64_t, uint64_t>> seen_;
};

// One run of ReadInput.
class Reading {
 public:
  Reading(const ReadInputOptions& options, LoadInput& input)
      : options_(options), input_(input), sorters_(std::max<size_t>(options.threads, 1)) {}

  absl::StatusOr<ReadInputResult> Run() {
    HIE_ASSIGN_OR_RETURN(records_, Spool(kRecordSpool));
    HIE_ASSIGN_OR_RETURN(features_, Spool(kFeatureSpool));
    HIE_ASSIGN_OR_RETURN(repeats_, Spool(kRepeatSpool));
    HIE_ASSIGN_OR_RETURN(rejects_, Spool(kRejectSpool));
    for (size_t thread = 0; thread < sorters_.size(); ++thread) {
      sorters_[thread] = {Sorter(kKeysTable, thread), Sorter(kQueryKeysTable, thread),
                          Sorter(kHoldersTable, thread)};
    }
    RunParallel(sorters_.size(), [this](size_t thread) { Work(thread); });
    HIE_RETURN_IF_ERROR(failed_);
    for (SpoolWriter* spool : {records_.get(), features_.get(), repeats_.get(), rejects_.get()}) {
      HIE_RETURN_IF_ERROR(spool->Finish());
    }
    HIE_RETURN_IF_ERROR(options_.files->SyncDir(options_.directory));
    return std::move(result_);
  }

 private:
  absl::StatusOr<std::unique_ptr<SpoolWriter>> Spool(absl::string_view name) const {
    return SpoolWriter::Create(*options_.files, absl::StrCat(options_.directory, "/", name));
  }

  std::unique_ptr<RowSorter> Sorter(absl::string_view table, size_t thread) const {
    return std::make_unique<RowSorter>(RowSorter::Options{
        options_.files, absl::StrCat(options_.directory, "/", table, ".", thread),
        options_.sorter_bytes});
  }

  // Reads and prepares parts beside the other threads; numbers and spools them in order.
  void Work(size_t thread) {
    absl::Status status;
    while (status.ok()) {
      const size_t index = next_.fetch_add(1);
      ReadyPart ready;
      const absl::StatusOr<bool> more = Prepare(index, ready);
      if (more.ok() && !*more) break;
      status = more.status();
      if (!TakeTurn(index)) return;
      if (status.ok()) status = NumberAndSpool(ready);
      EndTurn(status);
      if (status.ok()) status = Sort(ready, sorters_[thread]);
    }
    if (status.ok()) status = FinishSorters(sorters_[thread]);
    if (!status.ok()) Fail(status);
  }

  absl::StatusOr<bool> Prepare(size_t index, ReadyPart& ready) const {
    LoadPart read;
    HIE_ASSIGN_OR_RETURN(const bool more, input_.Read(index, read));
    if (!more) return false;
    ready.part.problems = std::move(read.problems);
    for (LoadLine& line : read.lines) {
      absl::StatusOr<LoadedRecord> made = MakeLoadedRecord(line, options_.loaded);
      if (absl::IsInvalidArgument(made.status())) {
        ready.part.problems.push_back(ProblemOf(line, made.status().message()));
        continue;
      }
      if (!made.ok()) return made.status();
      ready.lines.push_back({*std::move(made)});
      ready.part.lines.push_back(std::move(line));
    }
    std::stable_sort(ready.part.problems.begin(), ready.part.problems.end(),
                     [](const LoadProblem& a, const LoadProblem& b) {
                       return std::tie(a.file, a.line) < std::tie(b.file, b.line);
                     });
    return true;
  }

  // Waits until all parts before are spooled; false: the run has failed.
  bool TakeTurn(size_t index) {
    MutexLock lock(mutex_);
    turn_changed_.Wait(mutex_, [&] { return turn_ == index || !failed_.ok(); });
    return failed_.ok();
  }

  void EndTurn(const absl::Status& status) {
    MutexLock lock(mutex_);
    ++turn_;
    if (!status.ok() && failed_.ok()) failed_ = status;
    turn_changed_.NotifyAll();
  }

  void Fail(const absl::Status& status) {
    MutexLock lock(mutex_);
    if (failed_.ok()) failed_ = status;
    turn_changed_.NotifyAll();
  }

  // Only ever on the thread whose turn it is.
  absl::Status NumberAndSpool(ReadyPart& ready) {
    for (const LoadProblem& problem : ready.part.problems) {
      HIE_RETURN_IF_ERROR(
          rejects_->Add(KeyWriter().U32(problem.file).U64(problem.line).Text(problem.field).key(),
                        problem.reason));
    }
    result_.rejected += ready.part.problems.size();
    result_.lines += ready.part.problems.size() + ready.lines.size();
    for (size_t i = 0; i < ready.lines.size(); ++i) {
      ReadyLine& line = ready.lines[i];
      if (!seen_.Insert(line.made.holder_key)) {
        HIE_RETURN_IF_ERROR(SpoolRepeat(ready.part.lines[i]));
        continue;
      }
      line.number = ++result_.records;
      HIE_RETURN_IF_ERROR(records_->Add(line.made.row_before_eid, line.made.row_after_eid));
      HIE_RETURN_IF_ERROR(features_->Add("", line.made.compact));
    }
    if (options_.progress) options_.progress("reading", result_.lines, 0);
    return absl::OkStatus();
  }

  absl::Status SpoolRepeat(const LoadLine& line) {
    v1::LoadLine repeat;
    repeat.set_line_number(++result_.repeated);
    *repeat.mutable_patient() = wire::ToProto(line.patient);
    HIE_ASSIGN_OR_RETURN(*repeat.mutable_demographics(), LoadedDemographics(line));
    repeat.set_event_micros(line.event_micros);
    // What the source says to be older than what is held must not take its place.
    repeat.set_kind(v1::REGISTER_KIND_UPDATE);
    return repeats_->Add(KeyWriter().U32(line.file).U64(line.line).key(),
                         repeat.SerializeAsString());
  }

  absl::Status Sort(const ReadyPart& ready, Sorters& sorters) const {
    for (const ReadyLine& line : ready.lines) {
      if (line.number == 0) continue;
      for (const BlockKey& key : line.made.keys) {
        HIE_RETURN_IF_ERROR(sorters.keys->Add(FilingKey(key, line.number), ""));
      }
      for (const std::string& key : line.made.query_keys) {
        HIE_RETURN_IF_ERROR(sorters.query_keys->Add(QueryFilingKey(key, line.number), ""));
      }
      HIE_RETURN_IF_ERROR(sorters.holders->Add(line.made.holder_key, LoadedHolderRow(line.number)));
    }
    return absl::OkStatus();
  }

  absl::Status FinishSorters(Sorters& sorters) {
    for (RowSorter* sorter :
         {sorters.keys.get(), sorters.query_keys.get(), sorters.holders.get()}) {
      HIE_ASSIGN_OR_RETURN(const std::vector<std::string> runs, sorter->Finish());
      MutexLock lock(mutex_);
      for (const std::string& path : runs) AddRun(path);
    }
    return absl::OkStatus();
  }

  // Runs are named `<table>.<thread>.<number>`.
  void AddRun(absl::string_view path) {
    const absl::string_view name = path.substr(options_.directory.size() + 1);
    v1::SortedRun run;
    run.set_table(std::string(name.substr(0, name.find('.'))));
    run.set_name(std::string(name));
    result_.runs.push_back(std::move(run));
  }

  const ReadInputOptions& options_;
  LoadInput& input_;
  std::vector<Sorters> sorters_;
  std::unique_ptr<SpoolWriter> records_;
  std::unique_ptr<SpoolWriter> features_;
  std::unique_ptr<SpoolWriter> repeats_;
  std::unique_ptr<SpoolWriter> rejects_;
  SeenIds seen_;
  ReadInputResult result_;
  std::atomic<size_t> next_{0};
  Mutex mutex_;
  CondVar turn_changed_;
  size_t turn_ = 0;
  absl::Status failed_;
};

}  // namespace

absl::StatusOr<ReadInputResult> ReadInput(const ReadInputOptions& options, LoadInput& input) {
  return Reading(options, input).Run();
}

absl::Status VisitRejects(FileSystem& files, const std::string& directory,
                          absl::FunctionRef<absl::Status(const LoadProblem&)> visit) {
  HIE_ASSIGN_OR_RETURN(const auto spool,
                       SpoolReader::Open(files, absl::StrCat(directory, "/", kRejectSpool)));
  while (true) {
    HIE_ASSIGN_OR_RETURN(const bool more, spool->Next());
    if (!more) return absl::OkStatus();
    KeyReader key(spool->key());
    LoadProblem problem;
    HIE_ASSIGN_OR_RETURN(problem.file, key.U32());
    HIE_ASSIGN_OR_RETURN(problem.line, key.U64());
    HIE_ASSIGN_OR_RETURN(problem.field, key.Text());
    problem.reason = std::string(spool->value());
    HIE_RETURN_IF_ERROR(visit(problem));
  }
}

}  // namespace hie::mpi
