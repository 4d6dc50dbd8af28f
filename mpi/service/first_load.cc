#include "mpi/service/first_load.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "mpi/batch/link_batch.h"
#include "mpi/compare/compact_record.h"
#include "mpi/score/model_file.h"
#include "mpi/service/first_load_model.h"
#include "mpi/service/first_load_repeats.h"
#include "mpi/store/event_log.h"
#include "mpi/store/first_load_links.h"
#include "mpi/store/first_load_persons.h"
#include "mpi/store/first_load_progress.h"
#include "mpi/store/first_load_rows.h"
#include "mpi/store/first_load_tables.h"
#include "mpi/store/model_store.h"
#include "mpi/store/mpi_edit.h"
#include "mpi/store/tables.h"
#include "services/common/base/status_macros.h"
#include "services/common/crypto/hash.h"
#include "services/common/journal/embedded_journal.h"
#include "services/common/journal/high_water_mark.h"
#include "services/common/storage/spool_file.h"
#include "services/common/wire/wire.h"

namespace hie::mpi {
namespace {

constexpr absl::string_view kClusterSpool = "clusters.spool";
constexpr absl::string_view kModelFile = "model";
constexpr size_t kModelBytesMax = size_t{1} << 30;
constexpr absl::string_view kActivationReason = "first load";

// One run of RunFirstLoad.
class FirstLoading {
 public:
  FirstLoading(const FirstLoadOptions& options, LoadInput& input)
      : options_(options), input_(input) {}

  absl::StatusOr<FirstLoadReport> Run() {
    HIE_RETURN_IF_ERROR(CheckOptions());
    HIE_RETURN_IF_ERROR(Begin());
    HIE_RETURN_IF_ERROR(Do("read", v1::FIRST_LOAD_PHASE_READ, [this] { return ReadLines(); }));
    HIE_RETURN_IF_ERROR(Do("link", v1::FIRST_LOAD_PHASE_LINKED, [this] { return Link(); }));
    HIE_RETURN_IF_ERROR(Do("write", v1::FIRST_LOAD_PHASE_WRITTEN, [this] { return Write(); }));
    HIE_RETURN_IF_ERROR(Do("ingest", v1::FIRST_LOAD_PHASE_INGESTED, [this] { return Ingest(); }));
    HIE_RETURN_IF_ERROR(RegisterRepeats());
    report_.load = progress_.load();
    report_.lines = progress_.lines();
    report_.files = {progress_.files().begin(), progress_.files().end()};
    report_.tasks = progress_.tasks();
    HIE_ASSIGN_OR_RETURN(const std::string text, ReadModelText());
    HIE_ASSIGN_OR_RETURN(const Model model, ReadModel(text));
    report_.model_name = model.name;
    return std::move(report_);
  }

 private:
  absl::Status CheckOptions() const {
    if (options_.input_sha256.size() != crypto::kSha256Bytes) {
      return absl::InvalidArgumentError("input_sha256: want 32 bytes");
    }
    return wire::FromProto(options_.actor, "actor").status();
  }

  // Opens the work directory: a load that has begun goes on, if it is this one.
  absl::Status Begin() {
    HIE_RETURN_IF_ERROR(options_.files->CreateDir(options_.work_directory));
    HIE_ASSIGN_OR_RETURN(auto begun,
                         ReadFirstLoadProgress(*options_.files, options_.work_directory));
    HIE_RETURN_IF_ERROR(CheckStore(begun));
    if (begun) {
      progress_ = *std::move(begun);
      return CheckSameLoad();
    }
    const absl::Time started =
        options_.started == absl::InfinitePast() ? options_.clock->Now() : options_.started;
    progress_.mutable_load()->set_input_sha256(options_.input_sha256);
    *progress_.mutable_load()->mutable_actor() = options_.actor;
    progress_.mutable_load()->set_loaded_micros(absl::ToUnixMicros(started));
    progress_.set_given_model_hash(HashOfModelText(WriteModel(GivenModel())));
    return SaveProgress();
  }

  // Empty, or filled by this load: then only its end may be missing.
  absl::Status CheckStore(const std::optional<v1::FirstLoadProgress>& begun) {
    const auto state = options_.store->Snapshot();
    HIE_ASSIGN_OR_RETURN(const std::optional<v1::FirstLoadRow> held, ReadFirstLoad(*state));
    if (held && begun && held->input_sha256() == options_.input_sha256 &&
        held->SerializeAsString() == begun->load().SerializeAsString()) {
      ingested_ = true;
      return absl::OkStatus();
    }
    if (held && held->input_sha256() == options_.input_sha256) {
      return absl::AlreadyExistsError("first load: this input is what the index was filled with");
    }
    HIE_ASSIGN_OR_RETURN(const uint64_t applied, AppliedSequence(*state));
    bool empty = applied == 0;
    for (const std::string& table : StateTables()) {
      HIE_ASSIGN_OR_RETURN(const std::vector<KvEntry> rows, state->ScanPrefix(table, "", 1));
      empty = empty && rows.empty();
    }
    if (empty) return absl::OkStatus();
    return absl::FailedPreconditionError(
        "first load: want an empty index; what comes later is a bulk load");
  }

  absl::Status CheckSameLoad() const {
    const bool same =
        progress_.load().input_sha256() == options_.input_sha256 &&
        progress_.load().actor().SerializeAsString() == options_.actor.SerializeAsString() &&
        progress_.given_model_hash() == HashOfModelText(WriteModel(GivenModel()));
    if (same) return absl::OkStatus();
    return absl::FailedPreconditionError(
        absl::StrCat(options_.work_directory,
                     ": holds a load of another input, actor or model; want another directory"));
  }

  // Runs a phase unless it is complete, and notes that it is.
  template <typename Phase>
  absl::Status Do(const char* name, v1::FirstLoadPhase phase, Phase run) {
    if (progress_.phase() >= phase) return absl::OkStatus();
    const absl::Time begin = options_.clock->Now();
    HIE_RETURN_IF_ERROR(run());
    progress_.set_phase(phase);
    HIE_RETURN_IF_ERROR(SaveProgress());
    report_.phases.emplace_back(name, options_.clock->Now() - begin);
    return absl::OkStatus();
  }

  absl::Status ReadLines() {
    ReadInputOptions read;
    read.files = options_.files;
    read.directory = options_.work_directory;
    read.loaded = loaded();
    read.threads = options_.threads;
    read.sorter_bytes = options_.sorter_bytes;
    read.progress = options_.progress;
    HIE_ASSIGN_OR_RETURN(const ReadInputResult result, ReadInput(read, input_));
    if (result.records == 0) return absl::InvalidArgumentError("input: want at least one record");
    progress_.set_lines(result.lines);
    progress_.mutable_load()->set_records(result.records);
    progress_.mutable_load()->set_rejected(result.rejected);
    progress_.mutable_load()->set_repeated(result.repeated);
    progress_.mutable_runs()->Assign(result.runs.begin(), result.runs.end());
    return absl::OkStatus();
  }

  absl::StatusOr<RecordTable> ReadTable() const {
    HIE_ASSIGN_OR_RETURN(const auto spool, SpoolReader::Open(*options_.files, Path(kFeatureSpool)));
    RecordTable table;
    std::string packed;
    while (true) {
      HIE_ASSIGN_OR_RETURN(const bool more, spool->Next());
      if (!more) return table;
      HIE_RETURN_IF_ERROR(ExpandRecord(spool->value(), packed));
      table.Add(PackedView(packed.data()), 0);
    }
  }

  absl::Status Link() {
    HIE_ASSIGN_OR_RETURN(RecordTable table, ReadTable());
    BatchOptions batch;
    batch.threads = options_.threads;
    batch.seed = options_.seed;
    batch.progress = options_.progress;
    HIE_ASSIGN_OR_RETURN(const BatchResult result, LinkBatch(table, GivenModel(), batch));
    // As it will be read back: its name is that of its content.
    const std::string text = WriteModel(WithNonValues(result.model, table, result.non_values));
    HIE_ASSIGN_OR_RETURN(const Model model, ReadModel(text));
    HIE_RETURN_IF_ERROR(ReplaceFile(*options_.files, Path(kModelFile), text));
    HIE_RETURN_IF_ERROR(SaveClusters(*options_.files, Path(kClusterSpool), result.cluster));
    return KeepLinks(table, result, model, HashOfModelText(text));
  }

  absl::Status KeepLinks(const RecordTable& table, const BatchResult& result, const Model& model,
                         const std::string& model_hash) {
    std::vector<LoadedQuestion> questions;
    for (const ReviewTask& task : result.queue) {
      questions.push_back({task.a + RecordNumber{1}, task.b + RecordNumber{1}, task.weight});
    }
    const LoadedPersons persons(result.cluster);
    WriteLinksOptions write;
    write.files = options_.files;
    write.directory = options_.work_directory;
    write.loaded = loaded();
    write.threads = options_.threads;
    HIE_ASSIGN_OR_RETURN(const WriteLinksResult links,
                         WriteLinks(write, persons, table, questions, model));
    for (const v1::SortedRun& run : links.runs) *progress_.add_runs() = run;
    progress_.set_tasks(links.tasks);
    progress_.mutable_load()->set_persons(persons.size());
    progress_.mutable_load()->set_possible_links(links.possible_links);
    progress_.mutable_load()->set_model_hash(model_hash);
    return absl::OkStatus();
  }

  absl::Status Write() {
    HIE_ASSIGN_OR_RETURN(const std::vector<uint32_t> cluster,
                         ReadClusters(*options_.files, Path(kClusterSpool)));
    const LoadedPersons persons(cluster);
    WriteTablesOptions write;
    write.store = options_.table_files;
    write.files = options_.files;
    write.directory = options_.work_directory;
    write.loaded = loaded();
    write.input_sha256 = options_.input_sha256;
    write.threads = options_.threads;
    write.progress = options_.progress;
    LoadedRows rows;
    rows.persons = &persons;
    rows.runs = {progress_.runs().begin(), progress_.runs().end()};
    HIE_ASSIGN_OR_RETURN(rows.single, SingleRows());
    HIE_ASSIGN_OR_RETURN(const auto files, WriteTables(write, rows));
    progress_.mutable_files()->Assign(files.begin(), files.end());
    return absl::OkStatus();
  }

  // What one command would leave beside records and links.
  absl::StatusOr<WriteBatch> SingleRows() const {
    const Stamp stamp{kFirstLoadSequence, loaded()};
    HIE_ASSIGN_OR_RETURN(const std::string text, ReadModelText());
    HIE_ASSIGN_OR_RETURN(const Model model, ReadModel(text));
    HIE_ASSIGN_OR_RETURN(WriteBatch rows,
                         ModelRows(text, options_.actor, kActivationReason, stamp));
    PutEvent(stamp.sequence, LoadedEvent(options_.actor, model.name, stamp), rows);
    rows.Put(kLoadsTable, FirstLoadKey(), progress_.load().SerializeAsString());
    PutCounter(kRecordCounter, progress_.load().records(), rows);
    if (progress_.tasks() != 0) PutCounter(kTaskCounter, progress_.tasks(), rows);
    PutCounter(kSequenceCounter, stamp.sequence, rows);
    const KvEntry position = JournalRow(stamp);
    rows.Put(kJournalTable, position.key, position.value);
    const auto state = options_.store->Snapshot();
    MpiEdit(*state, stamp, {}, rows)
        .AddEvent(
            options_.actor, {},
            {"first-load", absl::StrCat("input ", absl::BytesToHexString(options_.input_sha256)),
             absl::StrCat(progress_.load().records(), " records")});
    return rows;
  }

  static void PutCounter(absl::string_view name, uint64_t last, WriteBatch& rows) {
    v1::CounterRow row;
    row.set_last(last);
    rows.Put(kCountersTable, name, row.SerializeAsString());
  }

  // Where the process died behind the ingest, the store has everything and only the mark may lack.
  absl::Status Ingest() {
    if (options_.progress) options_.progress("ingest", 0, 1);
    if (!ingested_) {
      std::vector<TableFile> files;
      for (const v1::LoadedTableFile& file : progress_.files()) {
        files.push_back({file.table(), Path(file.name())});
      }
      HIE_RETURN_IF_ERROR(options_.table_files->Ingest(files));
      ingested_ = true;
    }
    if (options_.progress) options_.progress("ingest", 1, 1);
    if (options_.mark_path.empty()) return absl::OkStatus();
    return HighWaterMark::Open(*options_.files, options_.mark_path, kFirstLoadSequence).status();
  }

  absl::Status RegisterRepeats() {
    if (progress_.load().repeated() == 0) return absl::OkStatus();
    const absl::Time begin = options_.clock->Now();
    RepeatsOptions repeats;
    repeats.store = options_.store;
    repeats.files = options_.files;
    repeats.mark_path = options_.mark_path;
    repeats.spool_path = Path(kRepeatSpool);
    repeats.clock = options_.clock;
    repeats.progress = options_.progress;
    HIE_ASSIGN_OR_RETURN(report_.refused_repeats, RegisterLoadedRepeats(repeats, progress_.load()));
    report_.phases.emplace_back("repeats", options_.clock->Now() - begin);
    return absl::OkStatus();
  }

  absl::StatusOr<std::string> ReadModelText() const {
    HIE_ASSIGN_OR_RETURN(const auto file, options_.files->Open(Path(kModelFile), OpenMode::kRead));
    return file->ReadAt(0, kModelBytesMax);
  }

  absl::Status SaveProgress() const {
    return WriteFirstLoadProgress(*options_.files, options_.work_directory, progress_);
  }

  const Model& GivenModel() const {
    return options_.model != nullptr ? *options_.model : DefaultModel();
  }
  absl::Time loaded() const { return absl::FromUnixMicros(progress_.load().loaded_micros()); }
  std::string Path(absl::string_view name) const {
    return absl::StrCat(options_.work_directory, "/", name);
  }

  const FirstLoadOptions& options_;
  LoadInput& input_;
  v1::FirstLoadProgress progress_;
  bool ingested_ = false;
  FirstLoadReport report_;
};

}  // namespace

absl::StatusOr<FirstLoadReport> RunFirstLoad(const FirstLoadOptions& options, LoadInput& input) {
  return FirstLoading(options, input).Run();
}

absl::Status RemoveFirstLoadFiles(FileSystem& files, const std::string& work_directory) {
  HIE_ASSIGN_OR_RETURN(const std::vector<std::string> names, files.List(work_directory));
  for (const std::string& name : names) {
    HIE_RETURN_IF_ERROR(files.Remove(absl::StrCat(work_directory, "/", name)));
  }
  return files.Remove(work_directory);
}

}  // namespace hie::mpi
