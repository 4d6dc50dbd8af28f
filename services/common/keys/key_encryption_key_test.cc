#include "services/common/keys/key_encryption_key.h"

#include <filesystem>
#include <string>

#include "absl/strings/str_cat.h"
#include "services/common/storage/posix_file_system.h"
#include "tests/support/status_matchers.h"

namespace hie::keys {
namespace {

using ::hie::testing::IsOk;
using ::hie::testing::StatusIs;

class KeyEncryptionKeyTest : public ::testing::Test {
 protected:
  ~KeyEncryptionKeyTest() override { std::filesystem::remove(path_); }

  PosixFileSystem files_;
  SystemRandom random_;
  const std::string path_ = absl::StrCat(::testing::TempDir(), "/kek-", random_.Next());
};

TEST_F(KeyEncryptionKeyTest, TheFileIsReadableByItsOwnerOnly) {
  ASSERT_THAT(OpenKeyEncryptionKey(files_, path_, WrappedKeys::kNone, random_), IsOk());
  EXPECT_EQ(std::filesystem::status(path_).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST_F(KeyEncryptionKeyTest, TheSameFileIsTheSameKey) {
  const auto first = OpenKeyEncryptionKey(files_, path_, WrappedKeys::kNone, random_);
  const auto second = OpenKeyEncryptionKey(files_, path_, WrappedKeys::kSome, random_);
  ASSERT_THAT(first, IsOk());
  ASSERT_THAT(second, IsOk());
  const auto opened = second->Open(first->Seal("text", "bound", random_), "bound");
  ASSERT_THAT(opened, IsOk());
  EXPECT_EQ(*opened, "text");
}

TEST_F(KeyEncryptionKeyTest, AMissingFileIsNotReplacedWhereKeysNeedIt) {
  EXPECT_THAT(OpenKeyEncryptionKey(files_, path_, WrappedKeys::kSome, random_),
              StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(KeyEncryptionKeyTest, WhatIsNotAKeyIsDataLoss) {
  ASSERT_THAT(ReplaceFile(files_, path_, "not a key\n"), IsOk());
  EXPECT_THAT(OpenKeyEncryptionKey(files_, path_, WrappedKeys::kNone, random_),
              StatusIs(absl::StatusCode::kDataLoss));
}

}  // namespace
}  // namespace hie::keys
