#include "mpi/service/first_load_repeats.h"

#include <memory>
#include <optional>
#include <utility>

#include "hie/mpi/v1/load_service.pb.h"
#include "mpi/service/load_commands.h"
#include "mpi/store/derived_eid.h"
#include "mpi/store/first_load_progress.h"
#include "mpi/store/load_progress.h"
#include "mpi/store/mpi_machine.h"
#include "services/common/base/mutex.h"
#include "services/common/base/status_macros.h"
#include "services/common/journal/embedded_journal.h"
#include "services/common/storage/key_codec.h"
#include "services/common/storage/spool_file.h"

namespace hie::mpi {
namespace {

// Lines on their way: enough for a commit to take many, few enough to end soon after an error.
constexpr uint64_t kLinesUnderWay = 1'024;

// A bulk load's id is a UUIDv7, as EIDs are; no person of the load has index 1.
std::string LoadIdOf(const v1::FirstLoadRow& load) {
  return DerivedEid(static_cast<uint64_t>(load.loaded_micros() / 1'000), load.input_sha256(), 0, 1);
}

// Proposes in order, a number of commands at a time.
class Proposing {
 public:
  explicit Proposing(Journal& journal) : journal_(journal) {}
  ~Proposing() { WaitFor(0); }
  Proposing(const Proposing&) = delete;
  Proposing& operator=(const Proposing&) = delete;

  // Fails with what an earlier command failed with.
  absl::Status Propose(const v1::MpiCommand& command) {
    WaitFor(kLinesUnderWay - 1);
    {
      const MutexLock lock(mutex_);
      HIE_RETURN_IF_ERROR(failed_);
      ++under_way_;
    }
    journal_.Propose(command.SerializeAsString(), [this](const absl::StatusOr<Applied>& applied) {
      const MutexLock lock(mutex_);
      if (!applied.ok() && failed_.ok()) failed_ = applied.status();
      --under_way_;
      changed_.NotifyAll();
    });
    return absl::OkStatus();
  }

  absl::Status Finish() {
    WaitFor(0);
    const MutexLock lock(mutex_);
    return failed_;
  }

 private:
  void WaitFor(uint64_t under_way) {
    const MutexLock lock(mutex_);
    changed_.Wait(mutex_, [&] { return under_way_ <= under_way; });
  }

  Journal& journal_;
  Mutex mutex_;
  CondVar changed_;
  uint64_t under_way_ = 0;
  absl::Status failed_;
};

absl::Status RegisterAll(const RepeatsOptions& options, const v1::FirstLoadRow& load,
                         const LoadName& name, uint64_t applied_line, Journal& journal) {
  HIE_ASSIGN_OR_RETURN(const auto spool, SpoolReader::Open(*options.files, options.spool_path));
  Proposing proposing(journal);
  for (uint64_t read = 1;; ++read) {
    HIE_ASSIGN_OR_RETURN(const bool more, spool->Next());
    if (!more) break;
    if (read <= applied_line) continue;
    v1::LoadLine line;
    if (!line.ParseFromArray(spool->value().data(), static_cast<int>(spool->value().size())) ||
        line.line_number() != read) {
      return absl::DataLossError("spool: a line cannot be read");
    }
    HIE_RETURN_IF_ERROR(proposing.Propose(LineCommand(name, line)));
    if (options.progress) options.progress("repeats", read, load.repeated());
  }
  return proposing.Finish();
}

// Whether they are all registered.
absl::StatusOr<bool> IsDone(const KvReader& state, const v1::FirstLoadRow& load) {
  if (load.repeated() == 0) return true;
  const auto registered = ReadLoad(state, load.actor().member(), LoadIdOf(load));
  if (absl::IsNotFound(registered.status())) return false;
  HIE_RETURN_IF_ERROR(registered.status());
  return registered->ended_micros() != 0;
}

// The rejects of the load, each where the input has it.
absl::StatusOr<std::vector<LoadProblem>> Refused(const RepeatsOptions& options,
                                                 const v1::FirstLoadRow& load) {
  HIE_ASSIGN_OR_RETURN(const std::vector<v1::LineProblem> rejects,
                       ReadLoadRejects(*options.store->Snapshot(), load.actor().member(),
                                       LoadIdOf(load), 0, kLoadRejectsMax));
  std::vector<LoadProblem> refused;
  if (rejects.empty()) return refused;
  HIE_ASSIGN_OR_RETURN(const auto spool, SpoolReader::Open(*options.files, options.spool_path));
  for (uint64_t read = 1; refused.size() < rejects.size(); ++read) {
    HIE_ASSIGN_OR_RETURN(const bool more, spool->Next());
    if (!more) return absl::DataLossError("spool: a line is absent");
    const v1::LineProblem& reject = rejects[refused.size()];
    if (reject.line_number() != read) continue;
    KeyReader key(spool->key());
    LoadProblem& problem = refused.emplace_back();
    HIE_ASSIGN_OR_RETURN(problem.file, key.U32());
    HIE_ASSIGN_OR_RETURN(problem.line, key.U64());
    problem.field = reject.field();
    problem.reason = reject.reason();
  }
  return refused;
}

// Registers those that are not yet, and ends their load.
absl::Status RegisterRest(const RepeatsOptions& options, const v1::FirstLoadRow& load) {
  const MpiMachine machine(DefaultModel());
  EmbeddedJournal::Options open;
  open.store = options.store;
  open.machine = &machine;
  open.clock = options.clock;
  open.mark_path = options.mark_path;
  open.files = options.files;
  HIE_ASSIGN_OR_RETURN(const std::unique_ptr<EmbeddedJournal> journal,
                       EmbeddedJournal::Open(std::move(open)));
  v1::BeginLoad begin;
  *begin.mutable_actor() = load.actor();
  begin.set_load_id(LoadIdOf(load));
  begin.set_input_sha256(load.input_sha256());
  HIE_ASSIGN_OR_RETURN(const LoadName name, ReadLoadName(begin));
  const auto begun = ProposeAndWait(*journal, BeginCommand(name, begin).SerializeAsString());
  HIE_RETURN_IF_ERROR(begun.status());
  v1::LoadReply reply;
  if (!reply.ParseFromString(begun->reply)) return absl::InternalError("load: a bad reply");
  HIE_RETURN_IF_ERROR(RegisterAll(options, load, name, reply.load().applied_line(), *journal));
  v1::EndLoad end;
  end.set_lines(load.repeated());
  return ProposeAndWait(*journal, EndCommand(name, end).SerializeAsString()).status();
}

}  // namespace

absl::StatusOr<std::vector<LoadProblem>> RegisterLoadedRepeats(const RepeatsOptions& options,
                                                               const v1::FirstLoadRow& load) {
  HIE_ASSIGN_OR_RETURN(const bool done, IsDone(*options.store->Snapshot(), load));
  if (!done) HIE_RETURN_IF_ERROR(RegisterRest(options, load));
  return Refused(options, load);
}

absl::Status CheckFirstLoadComplete(const KvReader& state) {
  HIE_ASSIGN_OR_RETURN(const std::optional<v1::FirstLoadRow> load, ReadFirstLoad(state));
  if (!load) return absl::OkStatus();
  HIE_ASSIGN_OR_RETURN(const bool done, IsDone(state, *load));
  if (done) return absl::OkStatus();
  return absl::FailedPreconditionError(
      "first load: lines about ids that were named before are not registered yet; run the same "
      "`hiectl mpi first-load` again, it goes on where it broke off");
}

}  // namespace hie::mpi
