#include "services/common/storage/rocksdb_kv_store.h"

#include <gtest/gtest.h>
#include <rocksdb/db.h>

#include <filesystem>
#include <fstream>

#include "tests/support/status_matchers.h"

namespace hie {
namespace {

using ::hie::testing::IsOk;
using ::hie::testing::IsOkAndHolds;
using ::hie::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::Optional;

class RocksDbKvStoreTest : public ::testing::Test {
 protected:
  RocksDbKvStoreTest() : root_(::testing::TempDir() + "/rocksdb_kv_store") {
    std::filesystem::remove_all(root_);
  }
  ~RocksDbKvStoreTest() override { std::filesystem::remove_all(root_); }

  absl::StatusOr<std::unique_ptr<RocksDbKvStore>> Open(std::vector<std::string> tables = {"t"},
                                                       const std::string& name = "db") {
    return RocksDbKvStore::Open({.path = root_ + "/" + name, .tables = std::move(tables)});
  }
  static absl::Status Put(KvStore& store, const std::string& key, const std::string& value) {
    WriteBatch batch;
    batch.Put("t", key, value);
    return store.Write(batch, Durability::kSynced);
  }

  const std::string root_;
};

TEST_F(RocksDbKvStoreTest, UnknownExistingTableIsAnError) {
  ASSERT_THAT(Open({"t", "u"}), IsOk());
  EXPECT_THAT(Open({"t"}), StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("u")));
  EXPECT_THAT(RocksDbKvStore::ListTables(root_ + "/db"), IsOkAndHolds(ElementsAre("t", "u")));
  EXPECT_THAT(RocksDbKvStore::ListTables(root_ + "/none"), StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(RocksDbKvStoreTest, NewTableIsAddedToAnOldStore) {
  {
    HIE_ASSERT_OK_AND_ASSIGN(const auto store, Open({"t"}));
    ASSERT_THAT(Put(*store, "k", "v"), IsOk());
  }
  HIE_ASSERT_OK_AND_ASSIGN(const auto store, Open({"t", "u"}));
  EXPECT_THAT(store->Snapshot()->Get("t", "k"), IsOkAndHolds(Optional(Eq("v"))));
  EXPECT_THAT(store->Snapshot()->Get("u", "k"), IsOkAndHolds(Eq(std::nullopt)));
}

TEST_F(RocksDbKvStoreTest, SecondOpenOfTheSameStoreIsRefused) {
  HIE_ASSERT_OK_AND_ASSIGN(const auto store, Open());
  EXPECT_THAT(Open(), StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("in use")));
}

// Rewrites the format row as another program would have written it.
void SetFormat(const std::string& path, const std::string& value) {
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* opened = nullptr;
  const rocksdb::ColumnFamilyOptions family;
  ASSERT_TRUE(rocksdb::DB::Open(rocksdb::DBOptions(), path, {{"default", family}, {"t", family}},
                                &handles, &opened)
                  .ok());
  const std::unique_ptr<rocksdb::DB> db(opened);
  const auto status =
      value.empty() ? db->Delete({}, "format_version") : db->Put({}, "format_version", value);
  EXPECT_TRUE(status.ok());
  for (auto* handle : handles) db->DestroyColumnFamilyHandle(handle);
}

TEST_F(RocksDbKvStoreTest, FormatVersionIsCheckedOnOpen) {
  struct Case {
    std::string format;
    absl::StatusCode want;
  };
  const Case cases[] = {{"1", absl::StatusCode::kOk},
                        {"2", absl::StatusCode::kFailedPrecondition},
                        {"0", absl::StatusCode::kDataLoss},
                        {"x", absl::StatusCode::kDataLoss},
                        {"", absl::StatusCode::kDataLoss}};
  ASSERT_THAT(Open(), IsOk());
  for (const Case& c : cases) {
    SCOPED_TRACE(c.format);
    SetFormat(root_ + "/db", c.format);
    EXPECT_EQ(Open().status().code(), c.want);
  }
}

TEST_F(RocksDbKvStoreTest, CheckpointRestoresTheStateOfItsMoment) {
  HIE_ASSERT_OK_AND_ASSIGN(const auto store, Open());
  ASSERT_THAT(Put(*store, "k", "before"), IsOk());
  ASSERT_THAT(store->Checkpoint(root_ + "/checkpoint"), IsOk());
  ASSERT_THAT(Put(*store, "k", "after"), IsOk());
  EXPECT_THAT(store->Checkpoint(root_ + "/checkpoint"), StatusIs(absl::StatusCode::kAlreadyExists));

  ASSERT_THAT(RocksDbKvStore::Restore(root_ + "/checkpoint", root_ + "/restored"), IsOk());
  HIE_ASSERT_OK_AND_ASSIGN(const auto restored, Open({"t"}, "restored"));
  EXPECT_THAT(restored->Snapshot()->Get("t", "k"), IsOkAndHolds(Optional(Eq("before"))));
  EXPECT_THAT(RocksDbKvStore::Restore(root_ + "/checkpoint", root_ + "/restored"),
              StatusIs(absl::StatusCode::kAlreadyExists));
}

TEST_F(RocksDbKvStoreTest, DamagedCheckpointIsNotRestored) {
  {
    HIE_ASSERT_OK_AND_ASSIGN(const auto store, Open());
    ASSERT_THAT(Put(*store, "k", std::string(5000, 'v')), IsOk());
    ASSERT_THAT(store->Checkpoint(root_ + "/checkpoint"), IsOk());
  }
  int flipped = 0;
  for (const auto& entry : std::filesystem::directory_iterator(root_ + "/checkpoint")) {
    if (entry.path().extension() != ".sst") continue;
    std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(10);
    file.put('\x5a');
    ++flipped;
  }
  ASSERT_GT(flipped, 0);
  EXPECT_THAT(RocksDbKvStore::Restore(root_ + "/checkpoint", root_ + "/restored"),
              StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_FALSE(std::filesystem::exists(root_ + "/restored"));
}

TEST_F(RocksDbKvStoreTest, StoreWithoutItsCurrentFileIsNotTakenForNew) {
  {
    HIE_ASSERT_OK_AND_ASSIGN(const auto store, Open());
    ASSERT_THAT(Put(*store, "k", "v"), IsOk());
  }
  const std::filesystem::path current = root_ + "/db/CURRENT";
  std::filesystem::rename(current, root_ + "/kept");
  EXPECT_THAT(Open(), StatusIs(absl::StatusCode::kDataLoss, HasSubstr("CURRENT")));
  // What is left was not touched.
  std::filesystem::rename(root_ + "/kept", current);
  HIE_ASSERT_OK_AND_ASSIGN(const auto store, Open());
  EXPECT_THAT(store->Snapshot()->Get("t", "k"), IsOkAndHolds(Optional(Eq("v"))));
}

TEST_F(RocksDbKvStoreTest, DirectoryIsForItsOwnerOnly) {
  HIE_ASSERT_OK_AND_ASSIGN(const auto store, Open());
  const auto permissions = std::filesystem::status(root_ + "/db").permissions();
  EXPECT_EQ(permissions & (std::filesystem::perms::group_all | std::filesystem::perms::others_all),
            std::filesystem::perms::none);
}

}  // namespace
}  // namespace hie
