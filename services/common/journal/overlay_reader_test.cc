#include "services/common/journal/overlay_reader.h"

#include <gtest/gtest.h>

#include <random>

#include "absl/strings/str_cat.h"
#include "services/common/journal/db_hash.h"
#include "services/common/storage/memory_kv_store.h"
#include "tests/support/status_matchers.h"

namespace hie {
namespace {

using ::hie::testing::IsOk;
using ::hie::testing::StatusIs;

std::string RandomKey(std::mt19937_64& random) {
  std::string key;
  for (size_t bytes = random() % 4; bytes > 0; --bytes) {
    key += static_cast<char>('a' + random() % 3);
  }
  return key;
}

WriteBatch RandomBatch(std::mt19937_64& random) {
  WriteBatch batch;
  for (size_t changes = random() % 10; changes > 0; --changes) {
    if (random() % 3 == 0) {
      batch.Delete("t", RandomKey(random));
    } else {
      batch.Put("t", RandomKey(random), absl::StrCat(random() % 1000));
    }
  }
  return batch;
}

std::vector<KvEntry> Rows(const KvReader& reader, const std::string& prefix,
                          const std::string& from, size_t limit) {
  std::vector<KvEntry> rows;
  const absl::Status scanned =
      reader.Scan("t", prefix, from, [&](absl::string_view key, absl::string_view value) {
        rows.push_back({std::string(key), std::string(value)});
        return rows.size() != limit;
      });
  EXPECT_THAT(scanned, IsOk());
  return rows;
}

// The oracle writes the same changes into the store.
TEST(OverlayReaderTest, EqualsAStoreThatHasTheChanges) {
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    std::mt19937_64 random(seed);
    MemoryKvStore store({"t"});
    for (int i = 0; i < 4; ++i) {
      ASSERT_THAT(store.Write(RandomBatch(random), Durability::kBuffered), IsOk());
    }
    const auto base = store.Snapshot();
    OverlayReader overlay(*base);
    for (int i = 0; i < 3; ++i) {
      const WriteBatch batch = RandomBatch(random);
      overlay.Add(batch);
      ASSERT_THAT(store.Write(batch, Durability::kBuffered), IsOk());
    }
    const auto oracle = store.Snapshot();
    std::vector<std::string> keys;
    for (int i = 0; i < 20; ++i) {
      const std::string key = RandomKey(random);
      keys.push_back(key);
      EXPECT_TRUE(*overlay.Get("t", key) == *oracle->Get("t", key));
      const std::string from = RandomKey(random);
      const size_t limit = random() % 6;
      EXPECT_TRUE(Rows(overlay, key, from, limit) == Rows(*oracle, key, from, limit));
    }
    EXPECT_TRUE(*overlay.MultiGet("t", keys) == *oracle->MultiGet("t", keys));
    EXPECT_THAT(overlay.base_status(), IsOk());
  }
}

TEST(OverlayReaderTest, RemembersAnErrorOfTheBase) {
  MemoryKvStore store({"t"});
  const auto base = store.Snapshot();
  const OverlayReader overlay(*base);
  EXPECT_THAT(overlay.Get("unknown", "k"), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(overlay.Get("t", "k"), IsOk());
  EXPECT_THAT(overlay.base_status(), StatusIs(absl::StatusCode::kInvalidArgument));
}

std::string HashOf(const std::vector<std::array<std::string, 3>>& rows) {
  MemoryKvStore store({"t", "u"});
  WriteBatch batch;
  for (const auto& [table, key, value] : rows) batch.Put(table, key, value);
  EXPECT_THAT(store.Write(batch, Durability::kBuffered), IsOk());
  return *DbHash(*store.Snapshot(), {"t", "u"});
}

TEST(DbHashTest, IsEqualExactlyForEqualContent) {
  const std::string hash = HashOf({{"t", "a", "1"}, {"t", "b", "2"}});
  EXPECT_EQ(hash.size(), 64u);
  EXPECT_EQ(hash, HashOf({{"t", "b", "2"}, {"t", "a", "0"}, {"t", "a", "1"}}));
  const std::vector<std::vector<std::array<std::string, 3>>> others = {
      {},
      {{"t", "a", "1"}},
      {{"t", "a", "1"}, {"u", "b", "2"}},
      {{"t", "a", "1b"}, {"t", "", "2"}},
      {{"t", "a1", ""}, {"t", "b", "2"}},
      {{"u", "a", "1"}, {"u", "b", "2"}}};
  for (const auto& other : others) EXPECT_NE(hash, HashOf(other));
}

TEST(DbHashTest, UnknownTableIsAnError) {
  MemoryKvStore store({"t"});
  EXPECT_THAT(DbHash(*store.Snapshot(), {"v"}), StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace hie
