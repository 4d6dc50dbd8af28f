#include "tests/bench/journal_bench.h"

#include <rocksdb/db.h>
#include <unistd.h>

#include <atomic>
#include <map>
#include <memory>

#include "absl/strings/str_cat.h"
#include "services/common/base/clock.h"
#include "services/common/base/random_source.h"
#include "services/common/base/status_macros.h"
#include "services/common/journal/embedded_journal.h"
#include "services/common/storage/key_codec.h"
#include "services/common/storage/rocksdb_kv_store.h"
#include "tests/bench/load.h"

namespace hie::bench {
namespace {

constexpr int kWriters[] = {1, 16, 64};
constexpr size_t kKeyBytes = 16;
constexpr size_t kValueBytes = 200;
constexpr absl::string_view kRows = "rows";

// The least that a role does: a row for each command.
class PutMachine final : public StateMachine {
 public:
  absl::StatusOr<std::string> Apply(absl::string_view command, absl::string_view /*plan*/,
                                    const Stamp& /*stamp*/, const KvReader& /*state*/,
                                    WriteBatch& changes) const override {
    changes.Put(kRows, command.substr(0, kKeyBytes), command.substr(kKeyBytes));
    return std::string();
  }
};

// Rows that are written: distinct random keys, one value.
class Rows {
 public:
  explicit Rows(uint64_t seed) : random_(seed), value_(random_.Bytes(kValueBytes)) {}
  std::string NextKey() {
    return KeyWriter().U64(random_.Next()).U64(next_.fetch_add(1)).key().substr(0, kKeyBytes);
  }
  const std::string& value() const { return value_; }

 private:
  SeededRandom random_;
  const std::string value_;
  std::atomic<uint64_t> next_ = 0;
};

// Bare RocksDB: a synced Put per row.
class BareStore {
 public:
  static absl::StatusOr<std::unique_ptr<BareStore>> Open(const std::string& path) {
    rocksdb::Options options;
    options.create_if_missing = true;
    rocksdb::DB* db = nullptr;
    const rocksdb::Status opened = rocksdb::DB::Open(options, path, &db);
    if (!opened.ok()) return absl::UnavailableError(opened.ToString());
    return std::unique_ptr<BareStore>(new BareStore(db));
  }

  absl::Status Put(const std::string& key, const std::string& value) {
    rocksdb::WriteOptions synced;
    synced.sync = true;
    const rocksdb::Status put = db_->Put(synced, key, value);
    return put.ok() ? absl::OkStatus() : absl::UnavailableError(put.ToString());
  }

 private:
  explicit BareStore(rocksdb::DB* db) : db_(db) {}
  const std::unique_ptr<rocksdb::DB> db_;
};

// The journal with what it stands on.
class JournaledStore {
 public:
  static absl::StatusOr<std::unique_ptr<JournaledStore>> Open(const std::string& path) {
    std::unique_ptr<JournaledStore> opened(new JournaledStore());
    RocksDbKvStore::Options store;
    store.path = path + "/db";
    store.tables = {std::string(kRows), std::string(kJournalTable)};
    HIE_ASSIGN_OR_RETURN(opened->store_, RocksDbKvStore::Open(std::move(store)));
    EmbeddedJournal::Options journal;
    journal.store = opened->store_.get();
    journal.machine = &opened->machine_;
    journal.clock = &opened->clock_;
    journal.mark_path = path + "/mark";
    HIE_ASSIGN_OR_RETURN(opened->journal_, EmbeddedJournal::Open(std::move(journal)));
    return opened;
  }

  absl::Status Put(const std::string& key, const std::string& value) {
    return ProposeAndWait(*journal_, key + value).status();
  }

 private:
  JournaledStore() = default;
  const PutMachine machine_;
  const SystemClock clock_;
  std::unique_ptr<KvStore> store_;
  std::unique_ptr<EmbeddedJournal> journal_;
};

struct Measured {
  Rounds bare;
  Rounds journal;
};

template <typename Store>
Load LoadStore(Store& store, Rows& rows, int writers, absl::Duration time) {
  return LoadByThreads(writers, time, getpid(),
                       [&](int) { return store.Put(rows.NextKey(), rows.value()); });
}

std::vector<std::string> RowOf(int writers, const Measured& measured) {
  const double ratio = MedianRatio(measured.journal, measured.bare, &Load::per_second);
  return {absl::StrCat(writers),
          Digits(MedianOf(measured.bare, &Load::per_second)),
          Digits(MedianOf(measured.journal, &Load::per_second)),
          absl::StrCat(Digits(100 * ratio), " %"),
          Digits(MedianOf(measured.bare, &Load::p50)),
          Digits(MedianOf(measured.journal, &Load::p50)),
          Digits(MedianOf(measured.bare, &Load::p99)),
          Digits(MedianOf(measured.journal, &Load::p99))};
}

}  // namespace

absl::StatusOr<Report> MeasureJournal(const BenchOptions& options) {
  HIE_ASSIGN_OR_RETURN(const auto bare, BareStore::Open(options.directory + "/bare"));
  HIE_ASSIGN_OR_RETURN(const auto journal, JournaledStore::Open(options.directory + "/journal"));
  Rows rows(options.seed);
  LoadStore(*bare, rows, kWriters[1], options.warm_up);
  LoadStore(*journal, rows, kWriters[1], options.warm_up);
  std::map<int, Measured> measured;
  for (int round = 0; round < options.rounds; ++round) {
    for (const int writers : kWriters) {
      measured[writers].bare.push_back(LoadStore(*bare, rows, writers, options.slice));
      measured[writers].journal.push_back(LoadStore(*journal, rows, writers, options.slice));
    }
  }
  Report report;
  report.title = "Journal: proposals against bare RocksDB synced writes";
  report.columns = {"writers",      "bare writes/s",    "proposals/s",  "of bare (>= 70 %)",
                    "bare p50, us", "proposal p50, us", "bare p99, us", "proposal p99, us"};
  for (const auto& [writers, figures] : measured) {
    if (Failures(figures.bare) + Failures(figures.journal) > 0 || Calls(figures.bare) == 0 ||
        Calls(figures.journal) == 0) {
      return absl::InternalError("journal: a write failed");
    }
    report.rows.push_back(RowOf(writers, figures));
  }
  report.notes = {absl::StrCat(
      "A row of ", kKeyBytes, " + ", kValueBytes,
      " bytes for each write, both on RocksDB, each "
      "write acknowledged after its sync. Each writer is a thread that waits for its answer.")};
  return report;
}

}  // namespace hie::bench
