#include "services/common/storage/file_system.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "services/common/storage/crc32c.h"
#include "services/common/storage/posix_file_system.h"
#include "tests/support/status_matchers.h"

namespace hie {
namespace {

using ::hie::testing::IsOk;
using ::hie::testing::IsOkAndHolds;
using ::hie::testing::StatusIs;
using ::testing::ElementsAre;

class PosixFileSystemTest : public ::testing::Test {
 protected:
  PosixFileSystemTest() : root_(::testing::TempDir() + "/posix_files/deep") {
    std::filesystem::remove_all(root_);
    EXPECT_THAT(files_.CreateDir(root_), IsOk());
  }
  std::string Path(const std::string& name) const { return root_ + "/" + name; }

  PosixFileSystem files_;
  const std::string root_;
};

TEST_F(PosixFileSystemTest, WritesAppendsAndReads) {
  HIE_ASSERT_OK_AND_ASSIGN(const auto file, files_.Open(Path("a"), OpenMode::kCreate));
  EXPECT_THAT(file->Append("hello "), IsOk());
  EXPECT_THAT(file->Append("world"), IsOk());
  EXPECT_THAT(file->PWrite(0, "J"), IsOk());
  EXPECT_THAT(file->Sync(), IsOk());
  EXPECT_THAT(file->ReadAt(0, 5), IsOkAndHolds("Jello"));
  EXPECT_THAT(file->ReadAt(6, 100), IsOkAndHolds("world"));
  EXPECT_THAT(file->ReadAt(11, 1), IsOkAndHolds(""));
  EXPECT_THAT(file->Size(), IsOkAndHolds(11u));
  EXPECT_THAT(file->Truncate(5), IsOk());
  EXPECT_THAT(file->Append("!"), IsOk());
  EXPECT_THAT(file->ReadAt(0, 100), IsOkAndHolds("Jello!"));
}

TEST_F(PosixFileSystemTest, AllocatedBytesAreZeros) {
  HIE_ASSERT_OK_AND_ASSIGN(const auto file, files_.Open(Path("b"), OpenMode::kCreate));
  EXPECT_THAT(file->PWrite(0, "x"), IsOk());
  EXPECT_THAT(file->Allocate(4096), IsOk());
  EXPECT_THAT(file->Size(), IsOkAndHolds(4096u));
  EXPECT_THAT(file->ReadAt(0, 3), IsOkAndHolds(std::string("x\0\0", 3)));
}

TEST_F(PosixFileSystemTest, OpenModesSayWhatMustExist) {
  EXPECT_THAT(files_.Open(Path("c"), OpenMode::kRead), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(files_.Open(Path("c"), OpenMode::kReadWrite), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(files_.Open(Path("c"), OpenMode::kOpenOrCreate), IsOk());
  EXPECT_THAT(files_.Open(Path("c"), OpenMode::kCreate),
              StatusIs(absl::StatusCode::kAlreadyExists));
  HIE_ASSERT_OK_AND_ASSIGN(const auto file, files_.Open(Path("c"), OpenMode::kRead));
  EXPECT_FALSE(file->Append("x").ok());
}

TEST_F(PosixFileSystemTest, RenamesRemovesAndLists) {
  EXPECT_THAT(ReplaceFile(files_, Path("one"), "1"), IsOk());
  EXPECT_THAT(ReplaceFile(files_, Path("one"), "22"), IsOk());
  EXPECT_THAT(ReplaceFile(files_, Path("two"), "2"), IsOk());
  EXPECT_THAT(files_.List(root_), IsOkAndHolds(ElementsAre("one", "two")));
  EXPECT_THAT(files_.Rename(Path("one"), Path("two")), IsOk());
  EXPECT_THAT(files_.List(root_), IsOkAndHolds(ElementsAre("two")));
  HIE_ASSERT_OK_AND_ASSIGN(const auto file, files_.Open(Path("two"), OpenMode::kRead));
  EXPECT_THAT(file->ReadAt(0, 10), IsOkAndHolds("22"));
  EXPECT_THAT(files_.Exists(Path("one")), IsOkAndHolds(false));
  EXPECT_THAT(files_.Remove(Path("two")), IsOk());
  EXPECT_THAT(files_.Remove(Path("two")), StatusIs(absl::StatusCode::kNotFound));
}

TEST(ParentDirTest, NamesTheDirectory) {
  EXPECT_EQ(ParentDir("/data/mpi.mark"), "/data");
  EXPECT_EQ(ParentDir("/mpi.mark"), "/");
  EXPECT_EQ(ParentDir("mpi.mark"), ".");
}

TEST(Crc32cTest, EqualsThePublishedVectors) {
  // RFC 3720 appendix B.4.
  EXPECT_EQ(Crc32c(std::string(32, '\0')), 0x8a9136aau);
  EXPECT_EQ(Crc32c(std::string(32, '\xff')), 0x62a8ab43u);
  EXPECT_EQ(Crc32c("123456789"), 0xe3069283u);
  EXPECT_EQ(Crc32c("6789", Crc32c("12345")), 0xe3069283u);
}

}  // namespace
}  // namespace hie
