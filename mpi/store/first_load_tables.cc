#include "mpi/store/first_load_tables.h"

#include <algorithm>
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "mpi/block/parallel.h"
#include "mpi/store/first_load_rows.h"
#include "mpi/store/tables.h"
#include "services/common/base/mutex.h"
#include "services/common/base/status_macros.h"
#include "services/common/storage/row_sorter.h"
#include "services/common/storage/spool_file.h"

namespace hie::mpi {
namespace {

// The files of one table, one after another.
class TableWriter {
 public:
  TableWriter(const WriteTablesOptions& options, absl::string_view table)
      : options_(options), table_(table) {}

  absl::Status Put(absl::string_view key, absl::string_view value) {
    if (file_ != nullptr && file_->bytes() >= options_.file_bytes_max) {
      HIE_RETURN_IF_ERROR(EndFile());
    }
    if (file_ == nullptr) HIE_RETURN_IF_ERROR(BeginFile());
    ++rows_;
    return file_->Put(key, value);
  }

  absl::StatusOr<std::vector<v1::LoadedTableFile>> Finish() {
    if (file_ != nullptr) HIE_RETURN_IF_ERROR(EndFile());
    return std::move(done_);
  }

 private:
  absl::Status BeginFile() {
    v1::LoadedTableFile entry;
    entry.set_table(table_);
    entry.set_name(absl::StrCat(table_, ".", done_.size(), ".sst"));
    rows_ = 0;
    HIE_ASSIGN_OR_RETURN(file_, options_.store->NewTableFile(
                                    table_, absl::StrCat(options_.directory, "/", entry.name())));
    done_.push_back(std::move(entry));
    return absl::OkStatus();
  }

  absl::Status EndFile() {
    HIE_RETURN_IF_ERROR(file_->Finish());
    done_.back().set_rows(rows_);
    done_.back().set_bytes(file_->bytes());
    file_ = nullptr;
    return absl::OkStatus();
  }

  const WriteTablesOptions& options_;
  const std::string table_;
  std::unique_ptr<TableFileWriter> file_;
  uint64_t rows_ = 0;
  std::vector<v1::LoadedTableFile> done_;
};

// One run of WriteTables: a job for each table, some for two.
class TableWriting {
 public:
  TableWriting(const WriteTablesOptions& options, const LoadedRows& rows)
      : options_(options),
        rows_(rows),
        person_keys_(*rows.persons, options.loaded, options.input_sha256, options.threads) {}

  absl::StatusOr<std::vector<v1::LoadedTableFile>> Run() {
    AddJobs();
    RunParallel(std::max<size_t>(options_.threads, 1), [this](size_t) { Work(); });
    HIE_RETURN_IF_ERROR(failed_);
    HIE_RETURN_IF_ERROR(options_.files->SyncDir(options_.directory));
    // By table, whichever thread was faster.
    std::sort(done_.begin(), done_.end(), [](const auto& a, const auto& b) {
      return std::tie(a.table(), a.name()) < std::tie(b.table(), b.name());
    });
    return std::move(done_);
  }

 private:
  using Job = std::function<absl::Status()>;

  // The longest first, so that threads end together.
  void AddJobs() {
    std::map<std::string, std::vector<std::string>> runs;
    for (const v1::SortedRun& run : rows_.runs) runs[run.table()].push_back(Path(run.name()));
    const auto take = [&runs](absl::string_view table) {
      auto found = runs.extract(std::string(table));
      return found.empty() ? std::vector<std::string>() : std::move(found.mapped());
    };
    jobs_.push_back([this, paths = take(kKeysTable)] { return WriteKeys(paths); });
    jobs_.push_back([this] { return WriteRecords(); });
    jobs_.push_back(
        [this, paths = take(kQueryKeysTable)] { return WriteSorted(kQueryKeysTable, paths); });
    jobs_.push_back([this] { return WriteFeatures(); });
    jobs_.push_back([this] { return WritePersons(); });
    for (auto& [table, paths] : runs) {
      jobs_.push_back(
          [this, name = table, from = std::move(paths)] { return WriteSorted(name, from); });
    }
    jobs_.push_back([this] { return WriteSingle(); });
  }

  void Work() {
    for (size_t job = next_.fetch_add(1); job < jobs_.size(); job = next_.fetch_add(1)) {
      const absl::Status status = jobs_[job]();
      MutexLock lock(mutex_);
      if (!status.ok() && failed_.ok()) failed_ = status;
      if (!failed_.ok()) return;
      ++jobs_done_;
      if (options_.progress) options_.progress("tables", jobs_done_, jobs_.size());
    }
  }

  std::string Path(absl::string_view name) const {
    return absl::StrCat(options_.directory, "/", name);
  }

  absl::Status Finish(TableWriter& writer) {
    HIE_ASSIGN_OR_RETURN(std::vector<v1::LoadedTableFile> files, writer.Finish());
    MutexLock lock(mutex_);
    for (v1::LoadedTableFile& file : files) done_.push_back(std::move(file));
    return absl::OkStatus();
  }

  absl::Status WriteSorted(absl::string_view table, const std::vector<std::string>& paths) {
    TableWriter writer(options_, table);
    HIE_RETURN_IF_ERROR(MergeRuns(
        *options_.files, paths,
        [&](absl::string_view key, absl::string_view value) { return writer.Put(key, value); }));
    return Finish(writer);
  }

  // Filings of one base follow each other: their number is that of the run.
  absl::Status WriteKeys(const std::vector<std::string>& paths) {
    TableWriter keys(options_, kKeysTable);
    TableWriter counts(options_, kKeyCountsTable);
    uint64_t base = 0;
    uint64_t count = 0;
    const auto end_base = [&]() -> absl::Status {
      if (count <= kCountedByWalking) return absl::OkStatus();
      v1::KeyCountRow row;
      row.set_count(count);
      return counts.Put(BaseKey(base), row.SerializeAsString());
    };
    const auto put = [&](absl::string_view key, absl::string_view value) -> absl::Status {
      HIE_ASSIGN_OR_RETURN(const Filing filing, ReadFilingKey(key));
      if (filing.base != base) {
        HIE_RETURN_IF_ERROR(end_base());
        base = filing.base;
        count = 0;
      }
      ++count;
      return keys.Put(key, value);
    };
    HIE_RETURN_IF_ERROR(MergeRuns(*options_.files, paths, put));
    HIE_RETURN_IF_ERROR(end_base());
    HIE_RETURN_IF_ERROR(Finish(keys));
    return Finish(counts);
  }

  // Calls `visit` with every row of a spool and the number of its record.
  template <typename Visit>
  absl::Status VisitSpool(absl::string_view name, Visit visit) const {
    HIE_ASSIGN_OR_RETURN(const auto spool, SpoolReader::Open(*options_.files, Path(name)));
    for (RecordNumber record = 1;; ++record) {
      HIE_ASSIGN_OR_RETURN(const bool more, spool->Next());
      if (more != (record <= rows_.persons->records())) {
        return absl::DataLossError(absl::StrCat(name, ": want a row for each record"));
      }
      if (!more) return absl::OkStatus();
      HIE_RETURN_IF_ERROR(visit(record, spool->key(), spool->value()));
    }
  }

  absl::string_view PersonKeyOf(RecordNumber record) const {
    return person_keys_.KeyOf(rows_.persons->PersonOf(record));
  }

  absl::Status WriteRecords() {
    TableWriter writer(options_, kRecordsTable);
    HIE_RETURN_IF_ERROR(VisitSpool(
        kRecordSpool,
        [&](RecordNumber record, absl::string_view before,
            absl::string_view after) -> absl::Status {
          HIE_ASSIGN_OR_RETURN(const std::string eid, EidOfPersonKey(PersonKeyOf(record)));
          return writer.Put(RecordKey(record), LoadedRecordRow(before, eid, after));
        }));
    return Finish(writer);
  }

  absl::Status WriteFeatures() {
    TableWriter writer(options_, kFeaturesTable);
    HIE_RETURN_IF_ERROR(VisitSpool(
        kFeatureSpool, [&](RecordNumber record, absl::string_view, absl::string_view compact) {
          return writer.Put(RecordKey(record), FeatureRow(PersonKeyOf(record), compact));
        }));
    return Finish(writer);
  }

  absl::Status WritePersons() {
    TableWriter writer(options_, kPersonsTable);
    for (uint32_t person = 0; person < rows_.persons->size(); ++person) {
      HIE_RETURN_IF_ERROR(writer.Put(person_keys_.KeyOf(person),
                                     LoadedPersonRow(rows_.persons->RecordsOf(person))));
    }
    return Finish(writer);
  }

  absl::Status WriteSingle() {
    std::map<std::string, std::map<std::string, std::string>> tables;
    for (const WriteBatch::Change& change : rows_.single.changes()) {
      if (!change.value) return absl::InternalError("first load: a row is to be deleted");
      tables[change.table][change.key] = *change.value;
    }
    for (const auto& [table, rows] : tables) {
      TableWriter writer(options_, table);
      for (const auto& [key, value] : rows) HIE_RETURN_IF_ERROR(writer.Put(key, value));
      HIE_RETURN_IF_ERROR(Finish(writer));
    }
    return absl::OkStatus();
  }

  const WriteTablesOptions& options_;
  const LoadedRows& rows_;
  const LoadedPersonKeys person_keys_;
  std::vector<Job> jobs_;
  std::atomic<size_t> next_{0};
  Mutex mutex_;
  size_t jobs_done_ = 0;
  absl::Status failed_;
  std::vector<v1::LoadedTableFile> done_;
};

}  // namespace

absl::StatusOr<std::vector<v1::LoadedTableFile>> WriteTables(const WriteTablesOptions& options,
                                                             const LoadedRows& rows) {
  return TableWriting(options, rows).Run();
}

}  // namespace hie::mpi
