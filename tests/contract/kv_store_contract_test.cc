// One suite for every KvStore: each behaves as a std::map after any history.

#include "tests/contract/kv_store_contract.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <memory>

#include "absl/strings/str_cat.h"
#include "services/common/storage/faulty_kv_store.h"
#include "services/common/storage/memory_kv_store.h"
#include "services/common/storage/rocksdb_kv_store.h"
#include "tests/support/status_matchers.h"

namespace hie::contract {
namespace {

using ::hie::testing::IsOk;
using ::hie::testing::IsOkAndHolds;
using ::hie::testing::StatusIs;
using ::testing::Eq;
using ::testing::Optional;

constexpr uint64_t kSeeds = 12;
constexpr int kSteps = 120;

// One implementation: opens a store, and opens it again with what it kept.
class Subject {
 public:
  virtual ~Subject() = default;
  virtual KvStore& store() = 0;
  // Closes and opens; returns false where the store does not outlive the process.
  virtual bool Reopen() { return false; }
};

class MemorySubject final : public Subject {
 public:
  KvStore& store() override { return store_; }

 private:
  MemoryKvStore store_{ContractTables()};
};

class FaultySubject final : public Subject {
 public:
  KvStore& store() override { return faulty_; }

 private:
  MemoryKvStore store_{ContractTables()};
  FaultyKvStore faulty_{store_, /*fail_at=*/0, WriteFault::kNothingWritten};
};

class RocksDbSubject final : public Subject {
 public:
  explicit RocksDbSubject(std::string path, TableTunings tunings = {})
      : path_(std::move(path)), tunings_(std::move(tunings)) {
    std::filesystem::remove_all(path_);
    Open();
  }
  ~RocksDbSubject() override {
    store_.reset();
    std::filesystem::remove_all(path_);
  }
  KvStore& store() override { return *store_; }
  bool Reopen() override {
    store_.reset();
    Open();
    return true;
  }

 private:
  void Open() {
    // A small buffer: histories meet table files and compactions, not only memory.
    store_ = hie::testing::ValueOrDie(RocksDbKvStore::Open({.path = path_,
                                                            .tables = ContractTables(),
                                                            .write_buffer_bytes = size_t{64} << 10,
                                                            .tunings = tunings_}));
  }

  const std::string path_;
  const TableTunings tunings_;
  std::unique_ptr<RocksDbKvStore> store_;
};

// Every table in another use: filters over prefixes, no compression, much.
TableTunings Tunings() {
  TableTunings tunings;
  for (const std::string& table : ContractTables()) {
    const size_t bytes = tunings.size() + 1;
    tunings[table] = {
        bytes, bytes % 2 == 0 ? TableTuning::Compression::kNone : TableTuning::Compression::kDense};
  }
  return tunings;
}

struct Implementation {
  std::string name;
  std::function<std::unique_ptr<Subject>(const std::string& path)> make;
};

void PrintTo(const Implementation& implementation, std::ostream* out) {
  *out << implementation.name;
}

class KvStoreContractTest : public ::testing::TestWithParam<Implementation> {
 protected:
  std::unique_ptr<Subject> Make() {
    const std::string path =
        absl::StrCat(::testing::TempDir(), "/kv_contract_", GetParam().name, "_",
                     ::testing::UnitTest::GetInstance()->current_test_info()->line());
    return GetParam().make(path);
  }
};

TEST_P(KvStoreContractTest, EqualsAMapAfterAnyHistory) {
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    std::mt19937_64 random(seed);
    const std::unique_ptr<Subject> subject = Make();
    Model model;
    struct Kept {
      std::shared_ptr<const KvReader> reader;
      Model model;
    };
    std::vector<Kept> snapshots;
    for (int step = 0; step < kSteps; ++step) {
      const Durability durability = random() % 4 == 0 ? Durability::kSynced : Durability::kBuffered;
      ASSERT_THAT(subject->store().Write(RandomBatch(random, model), durability), IsOk());
      if (random() % 10 == 0) snapshots.push_back({subject->store().Snapshot(), model});
      if (random() % 10 == 0 && !snapshots.empty()) {
        const size_t chosen = random() % snapshots.size();
        ExpectEqualsModel(*snapshots[chosen].reader, snapshots[chosen].model, random);
        snapshots.erase(snapshots.begin() + static_cast<ptrdiff_t>(chosen));
      }
      if (random() % 40 == 0) {
        snapshots.clear();
        subject->Reopen();
      }
      if (random() % 8 == 0) ExpectEqualsModel(*subject->store().Snapshot(), model, random);
      if (::testing::Test::HasFailure()) return;
    }
    ExpectEqualsModel(*subject->store().Snapshot(), model, random);
  }
}

TEST_P(KvStoreContractTest, SnapshotStaysAsItWas) {
  const std::unique_ptr<Subject> subject = Make();
  WriteBatch batch;
  batch.Put("alpha", "k", "old");
  batch.Put("alpha", "gone", "here");
  ASSERT_THAT(subject->store().Write(batch, Durability::kSynced), IsOk());
  const auto before = subject->store().Snapshot();
  batch.Clear();
  batch.Put("alpha", "k", "new");
  batch.Delete("alpha", "gone");
  ASSERT_THAT(subject->store().Write(batch, Durability::kSynced), IsOk());
  EXPECT_THAT(before->Get("alpha", "k"), IsOkAndHolds(Optional(Eq("old"))));
  EXPECT_THAT(before->Get("alpha", "gone"), IsOkAndHolds(Optional(Eq("here"))));
  EXPECT_THAT(subject->store().Snapshot()->Get("alpha", "gone"), IsOkAndHolds(Eq(std::nullopt)));
}

TEST_P(KvStoreContractTest, LaterChangeOfABatchWins) {
  const std::unique_ptr<Subject> subject = Make();
  WriteBatch batch;
  batch.Put("alpha", "a", "1");
  batch.Delete("alpha", "a");
  batch.Delete("alpha", "b");
  batch.Put("alpha", "b", "2");
  ASSERT_THAT(subject->store().Write(batch, Durability::kBuffered), IsOk());
  const auto state = subject->store().Snapshot();
  EXPECT_THAT(state->Get("alpha", "a"), IsOkAndHolds(Eq(std::nullopt)));
  EXPECT_THAT(state->Get("alpha", "b"), IsOkAndHolds(Optional(Eq("2"))));
}

TEST_P(KvStoreContractTest, EmptyValueIsNotAbsent) {
  const std::unique_ptr<Subject> subject = Make();
  WriteBatch batch;
  batch.Put("alpha", "", "");
  ASSERT_THAT(subject->store().Write(batch, Durability::kBuffered), IsOk());
  EXPECT_THAT(subject->store().Snapshot()->Get("alpha", ""), IsOkAndHolds(Optional(Eq(""))));
}

TEST_P(KvStoreContractTest, UnknownTableIsRefusedAndNothingOfTheBatchIsMade) {
  const std::unique_ptr<Subject> subject = Make();
  for (const std::string table : {"delta", "default", ""}) {
    WriteBatch batch;
    batch.Put("alpha", "k", "v");
    batch.Put(table, "k", "v");
    const auto refused = StatusIs(absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(subject->store().Write(batch, Durability::kSynced), refused);
    const auto state = subject->store().Snapshot();
    EXPECT_THAT(state->Get("alpha", "k"), IsOkAndHolds(Eq(std::nullopt)));
    EXPECT_THAT(state->Get(table, "k"), refused);
    EXPECT_THAT(state->MultiGet(table, {"k"}), refused);
    EXPECT_THAT(state->ScanPrefix(table, ""), refused);
  }
}

TEST_P(KvStoreContractTest, VisitorMayUseTheStore) {
  const std::unique_ptr<Subject> subject = Make();
  WriteBatch batch;
  for (int i = 0; i < 200; ++i) batch.Put("alpha", absl::StrCat("k", i), "v");
  ASSERT_THAT(subject->store().Write(batch, Durability::kBuffered), IsOk());
  const auto state = subject->store().Snapshot();
  int seen = 0;
  EXPECT_THAT(state->Scan("alpha", "k", "",
                          [&](absl::string_view key, absl::string_view) {
                            ++seen;
                            WriteBatch erase;
                            erase.Delete("alpha", key);
                            return subject->store().Write(erase, Durability::kBuffered).ok() &&
                                   state->Get("alpha", key).ok();
                          }),
              IsOk());
  EXPECT_EQ(seen, 200);
  EXPECT_THAT(subject->store().Snapshot()->ScanPrefix("alpha", ""),
              IsOkAndHolds(::testing::IsEmpty()));
}

INSTANTIATE_TEST_SUITE_P(
    All, KvStoreContractTest,
    ::testing::Values(
        Implementation{"Memory",
                       [](const std::string&) { return std::make_unique<MemorySubject>(); }},
        Implementation{"Faulty",
                       [](const std::string&) { return std::make_unique<FaultySubject>(); }},
        Implementation{
            "RocksDb",
            [](const std::string& path) { return std::make_unique<RocksDbSubject>(path); }},
        Implementation{"RocksDbTuned",
                       [](const std::string& path) {
                         return std::make_unique<RocksDbSubject>(path, Tunings());
                       }}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace hie::contract
