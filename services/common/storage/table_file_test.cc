#include "services/common/storage/table_file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <random>

#include "absl/strings/str_cat.h"
#include "services/common/storage/rocksdb_kv_store.h"
#include "tests/support/status_matchers.h"

namespace hie {
namespace {

using ::hie::testing::IsOk;
using ::hie::testing::IsOkAndHolds;
using ::hie::testing::StatusIs;
using ::hie::testing::ValueOrDie;
using ::testing::Eq;
using ::testing::Optional;
using Rows = std::map<std::string, std::string>;

class TableFileTest : public ::testing::Test {
 protected:
  TableFileTest() : root_(::testing::TempDir() + "/table_file") {
    std::filesystem::remove_all(root_);
    std::filesystem::create_directories(root_);
    Open();
  }
  ~TableFileTest() override {
    store_.reset();
    std::filesystem::remove_all(root_);
  }

  void Open() {
    store_.reset();
    RocksDbKvStore::Options options;
    options.path = root_ + "/db";
    options.tables = {"t", "u", "v"};
    store_ = ValueOrDie(RocksDbKvStore::Open(options));
  }

  absl::StatusOr<TableFile> Write(const std::string& table, const std::string& name,
                                  const Rows& rows) {
    const TableFile file{table, absl::StrCat(root_, "/", name)};
    auto writer = store_->NewTableFile(table, file.path);
    if (!writer.ok()) return writer.status();
    for (const auto& [key, value] : rows) {
      if (const absl::Status put = (*writer)->Put(key, value); !put.ok()) return put;
    }
    if (const absl::Status finished = (*writer)->Finish(); !finished.ok()) return finished;
    return file;
  }

  Rows Read(const std::string& table) const {
    Rows rows;
    for (KvEntry& row : ValueOrDie(store_->Snapshot()->ScanPrefix(table, ""))) {
      rows.emplace(std::move(row.key), std::move(row.value));
    }
    return rows;
  }

  const std::string root_;
  std::unique_ptr<RocksDbKvStore> store_;
};

TEST_F(TableFileTest, WhatIsTakenInIsWhatAMapHoldsAlsoAfterOpeningAgain) {
  std::mt19937 random(17);
  Rows t;
  Rows u;
  for (int i = 0; i < 5000; ++i) t[absl::StrCat("k", random())] = absl::StrCat("v", random() % 9);
  for (int i = 0; i < 100; ++i) u[std::string(1 + i % 7, static_cast<char>(i))] = "";
  const Rows low(t.begin(), std::next(t.begin(), 2000));
  const Rows high(std::next(t.begin(), 2000), t.end());
  HIE_ASSERT_OK_AND_ASSIGN(const TableFile first, Write("t", "1", low));
  HIE_ASSERT_OK_AND_ASSIGN(const TableFile second, Write("t", "2", high));
  HIE_ASSERT_OK_AND_ASSIGN(const TableFile third, Write("u", "3", u));
  ASSERT_THAT(store_->Ingest({second, third, first}), IsOk());
  EXPECT_FALSE(std::filesystem::exists(first.path));
  EXPECT_EQ(Read("t"), t);
  EXPECT_EQ(Read("u"), u);
  Open();
  EXPECT_EQ(Read("t"), t);
  EXPECT_EQ(Read("u"), u);
  // The store goes on as any other.
  WriteBatch batch;
  batch.Delete("t", t.begin()->first);
  ASSERT_THAT(store_->Write(batch, Durability::kSynced), IsOk());
  t.erase(t.begin());
  EXPECT_EQ(Read("t"), t);
}

TEST_F(TableFileTest, RowsThatWereThereAreReplaced) {
  WriteBatch batch;
  batch.Put("t", "a", "old");
  batch.Put("t", "z", "old");
  ASSERT_THAT(store_->Write(batch, Durability::kSynced), IsOk());
  const auto before = store_->Snapshot();
  HIE_ASSERT_OK_AND_ASSIGN(const TableFile file, Write("t", "1", {{"a", "new"}, {"b", "new"}}));
  ASSERT_THAT(store_->Ingest({file}), IsOk());
  EXPECT_EQ(Read("t"), (Rows{{"a", "new"}, {"b", "new"}, {"z", "old"}}));
  EXPECT_THAT(before->Get("t", "a"), IsOkAndHolds(Optional(Eq("old"))));
  EXPECT_THAT(before->Get("t", "b"), IsOkAndHolds(Eq(std::nullopt)));
}

// Damage of one file keeps the rows of all others out.
TEST_F(TableFileTest, AllFilesAreTakenInOrNone) {
  HIE_ASSERT_OK_AND_ASSIGN(const TableFile good, Write("t", "1", {{"a", "1"}}));
  HIE_ASSERT_OK_AND_ASSIGN(const TableFile bad, Write("u", "2", {{"b", std::string(5000, 'x')}}));
  {
    std::fstream file(bad.path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(10);
    file.put('#');
  }
  EXPECT_THAT(store_->Ingest({good, bad}), StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_TRUE(Read("t").empty());
  EXPECT_TRUE(Read("u").empty());
  EXPECT_THAT(store_->Ingest({good, {"u", root_ + "/none"}}),
              StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_THAT(store_->Ingest({good, {"w", bad.path}}),
              StatusIs(absl::StatusCode::kInvalidArgument));
  ASSERT_TRUE(Read("t").empty());
  ASSERT_THAT(store_->Ingest({good}), IsOk());
  EXPECT_EQ(Read("t"), (Rows{{"a", "1"}}));
  EXPECT_THAT(store_->Ingest({}), IsOk());
}

TEST_F(TableFileTest, RowsOutOfOrderAreRefused) {
  HIE_ASSERT_OK_AND_ASSIGN(const auto writer, store_->NewTableFile("t", root_ + "/1"));
  ASSERT_THAT(writer->Put("b", ""), IsOk());
  EXPECT_THAT(writer->Put("a", ""), StatusIs(absl::StatusCode::kInternal));
  EXPECT_THAT(writer->Put("b", ""), StatusIs(absl::StatusCode::kInternal));
  EXPECT_THAT(store_->NewTableFile("w", root_ + "/2").status(),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace hie
