#include "mpi/query/query_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mpi/normalize/text.h"

namespace hie::mpi {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Not;

QueriedRecord Record() {
  QueriedRecord record;
  record.patient = {"2.999.1", Phi<std::string>("N-1"), 1};
  record.demographics.names = {{"official", "Vega-López", {"Ana"}, ""}};
  record.demographics.birth_date = CivilDate{1961, 4, 0};
  record.demographics.identifiers = {{"2.999.77", "X 1"}};
  record.demographics.addresses = {{{}, "", "", "40217"}};
  record.demographics.phones = {"906-389-8576"};
  record.demographics.emails = {"A@b.org"};
  return record;
}

TEST(QueryKeysTest, ARecordIsFiledUnderWhatSearchesBeginWith) {
  EXPECT_THAT(MakeQueryKeys(Record()),
              ElementsAre("b1961-04-01", "d9063898576", "ea@b.org", "flopez", "fvega lopez", "in1",
                          "ix1", "p40217", "t+19063898576"));
}

TEST(QueryKeysTest, TombstonesAreFiledUnderTheirIdentity) {
  QueriedRecord record = Record();
  record.state = RecordState::kMergedAway;
  EXPECT_THAT(MakeQueryKeys(record), ElementsAre("in1", "ix1"));
  record.state = RecordState::kRemoved;
  EXPECT_THAT(MakeQueryKeys(record), ElementsAre("in1"));
}

TEST(QueryKeysTest, KeysAreCut) {
  QueriedRecord record = Record();
  record.demographics.names[0].family = std::string(100, 'x');
  EXPECT_THAT(MakeQueryKeys(record), Contains("f" + std::string(kQueryKeyBytesMax, 'x')));
}

TEST(QueryKeysTest, WhatNarrowsNothingIsNotWalked) {
  const auto text = [](QueryField field, const char* value, TextMatch match) {
    return MakeQueryWalks(
        {.field = field, .match = match, .values = {value}, .folded = {FoldText(value)}});
  };
  EXPECT_TRUE(text(QueryField::kFamily, "Ve", TextMatch::kStartsWith).has_value());
  EXPECT_TRUE(text(QueryField::kFamily, "Ve", TextMatch::kExact).has_value());
  EXPECT_FALSE(text(QueryField::kFamily, "Ve", TextMatch::kContains).has_value());
  EXPECT_FALSE(text(QueryField::kFamily, "--", TextMatch::kExact).has_value());
  EXPECT_FALSE(text(QueryField::kGiven, "Ana", TextMatch::kStartsWith).has_value());
  EXPECT_FALSE(
      MakeQueryWalks({.field = QueryField::kIdentifier, .identifiers = {{"2.999.1", std::nullopt}}})
          .has_value());
  EXPECT_FALSE(MakeQueryWalks({.field = QueryField::kSex}).has_value());
}

}  // namespace
}  // namespace hie::mpi
