#include "services/common/storage/row_sorter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/storage/crc32c.h"
#include "services/common/storage/posix_file_system.h"
#include "services/common/storage/spool_file.h"
#include "tests/support/status_matchers.h"

namespace hie {
namespace {

using ::hie::testing::IsOk;
using ::hie::testing::IsOkAndHolds;
using ::hie::testing::StatusIs;
using ::testing::ElementsAreArray;
using Rows = std::vector<std::pair<std::string, std::string>>;

// The checksum bit by bit, as RFC 3720 defines it.
uint32_t NaiveCrc32c(absl::string_view data, uint32_t before) {
  uint32_t crc = ~before;
  for (const char c : data) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82f63b78u : 0);
  }
  return ~crc;
}

TEST(Crc32cTest, EqualsTheBitwiseOneForAnyLengthAndBeginning) {
  EXPECT_EQ(Crc32c("123456789"), 0xe3069283u);
  std::mt19937 random(5);
  std::string data;
  for (int i = 0; i < 70; ++i) {
    const auto before = static_cast<uint32_t>(random());
    ASSERT_EQ(Crc32c(data, before), NaiveCrc32c(data, before)) << i;
    data.push_back(static_cast<char>(random()));
  }
}

class RowSorterTest : public ::testing::Test {
 protected:
  RowSorterTest() : root_(::testing::TempDir() + "/row_sorter") {
    std::filesystem::remove_all(root_);
    std::filesystem::create_directories(root_);
  }
  ~RowSorterTest() override { std::filesystem::remove_all(root_); }

  std::string Path(absl::string_view name) const { return absl::StrCat(root_, "/", name); }

  absl::StatusOr<Rows> ReadSpool(const std::string& path) {
    auto reader = SpoolReader::Open(files_, path);
    if (!reader.ok()) return reader.status();
    Rows rows;
    while (true) {
      const absl::StatusOr<bool> more = (*reader)->Next();
      if (!more.ok()) return more.status();
      if (!*more) return rows;
      rows.emplace_back((*reader)->key(), (*reader)->value());
    }
  }

  absl::Status WriteSpool(const std::string& path, const Rows& rows) {
    auto writer = SpoolWriter::Create(files_, path);
    if (!writer.ok()) return writer.status();
    for (const auto& [key, value] : rows) {
      if (auto added = (*writer)->Add(key, value); !added.ok()) return added;
    }
    return (*writer)->Finish();
  }

  absl::StatusOr<Rows> Merge(const std::vector<std::string>& runs) {
    Rows rows;
    const absl::Status merged =
        MergeRuns(files_, runs, [&rows](absl::string_view key, absl::string_view value) {
          rows.emplace_back(key, value);
          return absl::OkStatus();
        });
    if (!merged.ok()) return merged;
    return rows;
  }

  const std::string root_;
  PosixFileSystem files_;
};

// Keys of a few letters and lengths, so that many begin alike and some are equal.
Rows RandomRows(std::mt19937& random, size_t count) {
  Rows rows;
  for (size_t i = 0; i < count; ++i) {
    std::string key(random() % 12, '\0');
    for (char& c : key) c = static_cast<char>("\0a\xff"[random() % 3]);
    rows.emplace_back(std::move(key), absl::StrCat("v", random() % 100000));
  }
  return rows;
}

TEST_F(RowSorterTest, EqualsAStableSortWhateverTheMemory) {
  for (const size_t memory : {size_t{1}, size_t{200}, size_t{5000}, size_t{1} << 20}) {
    SCOPED_TRACE(absl::StrCat("memory ", memory));
    std::mt19937 random(11);
    Rows rows = RandomRows(random, 400);
    RowSorter sorter({&files_, Path(absl::StrCat("run", memory)), memory});
    for (const auto& [key, value] : rows) ASSERT_THAT(sorter.Add(key, value), IsOk());
    HIE_ASSERT_OK_AND_ASSIGN(const std::vector<std::string> runs, sorter.Finish());
    EXPECT_EQ(runs.size() == 1, memory == size_t{1} << 20);
    std::stable_sort(rows.begin(), rows.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    EXPECT_THAT(Merge(runs), IsOkAndHolds(ElementsAreArray(rows)));
  }
}

TEST_F(RowSorterTest, NoRowsMakeNoRun) {
  RowSorter sorter({&files_, Path("none")});
  HIE_ASSERT_OK_AND_ASSIGN(const std::vector<std::string> runs, sorter.Finish());
  EXPECT_TRUE(runs.empty());
  EXPECT_THAT(Merge({}), IsOkAndHolds(ElementsAreArray(Rows())));
}

TEST_F(RowSorterTest, TheVisitorsErrorEndsTheMerge) {
  ASSERT_THAT(WriteSpool(Path("a"), {{"1", ""}, {"2", ""}}), IsOk());
  int seen = 0;
  EXPECT_THAT(MergeRuns(files_, {Path("a")},
                        [&seen](absl::string_view, absl::string_view) {
                          ++seen;
                          return absl::AbortedError("enough");
                        }),
              StatusIs(absl::StatusCode::kAborted));
  EXPECT_EQ(seen, 1);
  EXPECT_THAT(Merge({Path("absent")}), StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(RowSorterTest, ASpoolGivesItsRowsBack) {
  std::mt19937 random(3);
  Rows rows = RandomRows(random, 500);
  rows.emplace_back("long", std::string(600'000, 'x'));  // More than a block.
  rows.emplace_back("", "");
  ASSERT_THAT(WriteSpool(Path("s"), rows), IsOk());
  EXPECT_THAT(ReadSpool(Path("s")), IsOkAndHolds(ElementsAreArray(rows)));
  ASSERT_THAT(WriteSpool(Path("s"), {}), IsOk());  // Replaces.
  EXPECT_THAT(ReadSpool(Path("s")), IsOkAndHolds(ElementsAreArray(Rows())));
}

TEST_F(RowSorterTest, ASpoolThatIsCutOrChangedAnywhereIsDataLoss) {
  ASSERT_THAT(WriteSpool(Path("s"), {{"key", "value"}, {"other", "value"}}), IsOk());
  std::ifstream in(Path("s"), std::ios::binary);
  const std::string whole((std::istreambuf_iterator<char>(in)), {});
  for (size_t i = 0; i < whole.size(); ++i) {
    std::string changed = whole;
    changed[i] = static_cast<char>(changed[i] ^ 0x10);
    std::ofstream(Path("c"), std::ios::binary) << changed;
    EXPECT_THAT(ReadSpool(Path("c")), StatusIs(absl::StatusCode::kDataLoss)) << "byte " << i;
    std::ofstream(Path("c"), std::ios::binary) << whole.substr(0, i);
    EXPECT_THAT(ReadSpool(Path("c")), StatusIs(absl::StatusCode::kDataLoss)) << "cut at " << i;
  }
}

}  // namespace
}  // namespace hie
