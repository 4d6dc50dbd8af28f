#include "mpi/service/first_load_repeats.h"

#include <memory>
#include <utility>

#include "hie/mpi/v1/load_service.pb.h"
#include "mpi/service/load_commands.h"
#include "mpi/store/derived_eid.h"
#include "mpi/store/load_progress.h"
#include "mpi/store/mpi_machine.h"
#include "services/common/base/mutex.h"
#include "services/common/base/status_macros.h"
#include "services/common/journal/embedded_journal.h"
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

}  // namespace

absl::Status RegisterLoadedRepeats(const RepeatsOptions& options, const v1::FirstLoadRow& load) {
  const auto before = ReadLoad(*options.store->Snapshot(), load.actor().member(), LoadIdOf(load));
  if (before.ok() && before->ended_micros() != 0) return absl::OkStatus();
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

}  // namespace hie::mpi
