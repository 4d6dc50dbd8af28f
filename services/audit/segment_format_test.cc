#include "services/audit/segment_format.h"

#include <string>

#include "gtest/gtest.h"

namespace hie::audit {
namespace {

Record SomeRecord() { return {7, 5, "a leaf", std::string(kHashBytes, 'h')}; }

TEST(SegmentFormatTest, ARecordReadsBackAsItWasWritten) {
  std::string bytes;
  AppendRecord(SomeRecord(), bytes);
  EXPECT_EQ(bytes.size(), SomeRecord().bytes());
  const auto record = DecodeRecord(bytes + "what follows");
  ASSERT_TRUE(record.has_value());
  EXPECT_EQ(record->sequence, 7u);
  EXPECT_EQ(record->synced_sequence, 5u);
  EXPECT_EQ(record->leaf, "a leaf");
  EXPECT_EQ(record->chain_hash, std::string(kHashBytes, 'h'));
}

TEST(SegmentFormatTest, NoFlippedBitAndNoMissingByteIsReadAsARecord) {
  std::string bytes;
  AppendRecord(SomeRecord(), bytes);
  for (size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    std::string flipped = bytes;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(DecodeRecord(flipped).has_value()) << "bit " << bit;
  }
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(DecodeRecord(absl::string_view(bytes).substr(0, size)).has_value()) << size;
  }
}

TEST(SegmentFormatTest, AHeaderReadsBackAndNoFlippedBitIsReadAsOne) {
  const ChainHead before{41, std::string(kHashBytes, 'c')};
  const std::string bytes = EncodeHeader(before);
  ASSERT_EQ(bytes.size(), kHeaderBytes);
  EXPECT_EQ(DecodeHeader(bytes), before);
  for (size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    std::string flipped = bytes;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(DecodeHeader(flipped).has_value()) << "bit " << bit;
  }
}

TEST(SegmentFormatTest, NamesSortAsSequencesDo) {
  EXPECT_EQ(SegmentName(1), "00000000000000000001.seg");
  EXPECT_EQ(ParseSegmentName(SegmentName(UINT64_MAX)), UINT64_MAX);
  EXPECT_LT(SegmentName(9), SegmentName(10));
  for (const char* other : {"", "1.seg", "0000000000000000000x.seg", "00000000000000000000.seg",
                            "00000000000000000001.seg.new", "99999999999999999999.seg"}) {
    EXPECT_FALSE(ParseSegmentName(other).has_value()) << other;
  }
}

TEST(SegmentFormatTest, TheChainDependsOnEveryLeafBefore) {
  const ChainHead one = Extend(ChainHead(), "a");
  EXPECT_EQ(one.sequence, 1u);
  EXPECT_NE(Extend(one, "b").hash, Extend(Extend(ChainHead(), "c"), "b").hash);
}

}  // namespace
}  // namespace hie::audit
