#include "services/common/storage/faulty_kv_store.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "services/common/storage/memory_kv_store.h"
#include "tests/support/status_matchers.h"

namespace hie {
namespace {

using ::hie::testing::IsOk;
using ::hie::testing::StatusIs;

// Writes batches of two rows through the store until one fails; returns how many were reported OK.
int WriteUntilItFails(KvStore& store) {
  for (int n = 0;; ++n) {
    WriteBatch batch;
    batch.Put("t", absl::StrCat(n, "a"), "v");
    batch.Put("t", absl::StrCat(n, "b"), "v");
    if (!store.Write(batch, Durability::kSynced).ok()) return n;
  }
}

TEST(FaultyKvStoreTest, FailsAtTheWriteItWasToldAndAtEveryLaterOne) {
  struct Case {
    WriteFault fault;
    size_t rows;  // After two good writes and the failed third.
  };
  for (const Case& c : {Case{WriteFault::kNothingWritten, 4}, Case{WriteFault::kTorn, 5},
                        Case{WriteFault::kAllWritten, 6}}) {
    MemoryKvStore memory({"t"});
    FaultyKvStore faulty(memory, 3, c.fault);
    EXPECT_EQ(WriteUntilItFails(faulty), 2);
    EXPECT_EQ(faulty.Snapshot()->ScanPrefix("t", "")->size(), c.rows);
    WriteBatch batch;
    batch.Put("t", "later", "v");
    EXPECT_THAT(faulty.Write(batch, Durability::kSynced), StatusIs(absl::StatusCode::kUnavailable));
    EXPECT_EQ(faulty.Snapshot()->ScanPrefix("t", "")->size(), c.rows);
    EXPECT_EQ(faulty.writes(), 4u);
  }
}

}  // namespace
}  // namespace hie
