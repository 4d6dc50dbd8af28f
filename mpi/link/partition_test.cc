#include "mpi/link/partition.h"

#include <gtest/gtest.h>

namespace hie::mpi {
namespace {

// Odd records resemble odd ones, even ones even ones.
Millibits ByParity(RecordNumber a, RecordNumber b) { return a % 2 == b % 2 ? 10'000 : -10'000; }

TEST(PartitionRecordsTest, EachRecordGoesWhereItAgreesMore) {
  const auto partition = PartitionRecords({1, 2, 3, 4, 5}, {}, 1, 2, ByParity);
  ASSERT_TRUE(partition.has_value());
  EXPECT_EQ(partition->first, (std::vector<RecordNumber>{1, 3, 5}));
  EXPECT_EQ(partition->second, (std::vector<RecordNumber>{2, 4}));
}

TEST(PartitionRecordsTest, DecisionsKeepRecordsTogether) {
  const auto partition = PartitionRecords({1, 2, 3, 4, 5}, {{4, 1}, {3, 5}}, 1, 2, ByParity);
  ASSERT_TRUE(partition.has_value());
  EXPECT_EQ(partition->second, (std::vector<RecordNumber>{2}));
  EXPECT_EQ(partition->first, (std::vector<RecordNumber>{1, 3, 4, 5}));
}

TEST(PartitionRecordsTest, AChainOfDecisionsCannotBeCut) {
  EXPECT_EQ(PartitionRecords({1, 2, 3}, {{1, 3}, {3, 2}}, 1, 2, ByParity), std::nullopt);
}

}  // namespace
}  // namespace hie::mpi
