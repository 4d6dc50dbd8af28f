#include "services/common/crypto/pki.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/common/crypto/certificate.h"
#include "services/common/crypto/files.h"

namespace hie::crypto {
namespace {

class PkiTest : public testing::Test {
 protected:
  PkiTest() {
    directory_ = absl::StrCat(testing::TempDir(), "/pki_test_",
                              testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::remove_all(directory_);
  }
  ~PkiTest() override { std::filesystem::remove_all(directory_); }

  absl::StatusOr<IssuedPki> Run(absl::Time now) {
    return InitPki({.directory = directory_,
                    .members = {"hie", "general"},
                    .host_names = {"mpi.example", "10.0.0.7"},
                    .now = now,
                    .random = &random_});
  }
  std::string Read(absl::string_view name) {
    return ReadWholeFile(absl::StrCat(directory_, "/", name)).value_or("");
  }
  int Mode(absl::string_view name) {
    struct stat info {};
    return stat(absl::StrCat(directory_, "/", name).c_str(), &info) == 0 ? info.st_mode & 0777 : -1;
  }

  const absl::Time now_ = absl::FromCivil(absl::CivilDay(2026, 11, 22), absl::UTCTimeZone());
  SeededRandom random_{1};
  std::string directory_;
};

TEST_F(PkiTest, MakesACompleteRegion) {
  const absl::StatusOr<IssuedPki> issued = Run(now_);
  ASSERT_TRUE(issued.ok()) << issued.status();
  EXPECT_EQ(issued->files_written, 2 + 6 * 2 + 2 * 4);
  const Certificate authority = *Certificate::FromPem(Read("ca.crt"));
  const Certificate role = *Certificate::FromPem(Read("roles/mpi.crt"));
  const Certificate member = *Certificate::FromPem(Read("members/general/client.crt"));
  EXPECT_TRUE(role.VerifyIssuedBy(authority).ok());
  EXPECT_TRUE(member.VerifyIssuedBy(authority).ok());
  EXPECT_FALSE(member.VerifyIssuedBy(role).ok());
  EXPECT_EQ(role.Uris(), std::vector<std::string>{"urn:hie:role:mpi"});
  EXPECT_EQ(member.Uris(), std::vector<std::string>{"urn:hie:member:general"});
}

TEST_F(PkiTest, TellsWhatTheDirectoryMustKnow) {
  const IssuedPki issued = *Run(now_);
  ASSERT_EQ(issued.members.size(), 2u);
  const IssuedMember& general = issued.members[1];
  const Certificate member = *Certificate::FromPem(Read("members/general/client.crt"));
  EXPECT_EQ(general.member, "general");
  EXPECT_EQ(general.certificate_sha256, member.public_key().SpkiSha256());
  EXPECT_EQ(general.token_public_key_pem, Read("members/general/token.pub"));
  const PrivateKey token = *PrivateKey::FromPem(Read("members/general/token.key"));
  EXPECT_EQ(general.token_key_id, TokenKeyId(token.public_key()));
  EXPECT_EQ(token.public_key().algorithm(), KeyAlgorithm::kEs256);
}

TEST_F(PkiTest, KeepsPrivateKeysToTheirOwner) {
  ASSERT_TRUE(Run(now_).ok());
  for (const char* key :
       {"ca.key", "roles/audit.key", "members/hie/client.key", "members/hie/token.key"}) {
    EXPECT_EQ(Mode(key), 0600) << key;
  }
  EXPECT_EQ(Mode("ca.crt"), 0644);
  EXPECT_EQ(Mode("members/hie/token.pub"), 0644);
}

TEST_F(PkiTest, LeavesWhatIsValidAlone) {
  ASSERT_TRUE(Run(now_).ok());
  const std::string before = Read("roles/mpi.crt") + Read("members/general/token.key");
  const absl::StatusOr<IssuedPki> again = Run(now_ + absl::Hours(24));
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->files_written, 0);
  EXPECT_EQ(Read("roles/mpi.crt") + Read("members/general/token.key"), before);
}

TEST_F(PkiTest, RenewsBeforeExpiryForTheSameKey) {
  const IssuedPki first = *Run(now_);
  const std::string before = Read("members/general/client.crt");
  const absl::StatusOr<IssuedPki> later = Run(now_ + absl::Hours(24 * 340));
  ASSERT_TRUE(later.ok());
  EXPECT_EQ(later->files_written, 8);  // Certificates only.
  EXPECT_NE(Read("members/general/client.crt"), before);
  EXPECT_EQ(later->members[1].certificate_sha256, first.members[1].certificate_sha256);
}

TEST_F(PkiTest, RenewsTheAuthorityForTheSameKeyAndKeepsCertificates) {
  ASSERT_TRUE(Run(now_).ok());
  const absl::Time late = now_ + absl::Hours(24 * (3650 - 200));
  ASSERT_TRUE(Run(late).ok());
  const Certificate authority = *Certificate::FromPem(Read("ca.crt"));
  EXPECT_GT(authority.not_after(), late + absl::Hours(24 * 3000));
  EXPECT_TRUE(Certificate::FromPem(Read("roles/mpi.crt"))->VerifyIssuedBy(authority).ok());
}

TEST_F(PkiTest, MendsWhatWasRemovedOrDamaged) {
  const IssuedPki first = *Run(now_);
  std::filesystem::remove(directory_ + "/roles/mpi.crt");
  ASSERT_TRUE(WriteFileAtomically(directory_ + "/members/general/client.crt", "garbage",
                                  FileAccess::kEverybody)
                  .ok());
  const absl::StatusOr<IssuedPki> mended = Run(now_);
  ASSERT_TRUE(mended.ok());
  EXPECT_EQ(mended->files_written, 2);
  EXPECT_EQ(mended->members[1].certificate_sha256, first.members[1].certificate_sha256);
}

TEST_F(PkiTest, NeverReplacesADamagedAuthority) {
  ASSERT_TRUE(Run(now_).ok());
  ASSERT_TRUE(WriteFileAtomically(directory_ + "/ca.key", "garbage", FileAccess::kOwnerOnly).ok());
  EXPECT_EQ(Run(now_).status().code(), absl::StatusCode::kFailedPrecondition);
  const PrivateKey other = *PrivateKey::Generate(KeyAlgorithm::kEs256);
  ASSERT_TRUE(
      WriteFileAtomically(directory_ + "/ca.key", other.ToPem(), FileAccess::kOwnerOnly).ok());
  EXPECT_EQ(Run(now_).status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(PkiTest, RefusesNamesThatLeaveTheDirectoryOrTheExtension) {
  for (const char* name : {"", "..", "../x", "a/b", "a,DNS:evil", "a b", "a\n"}) {
    const absl::StatusOr<IssuedPki> issued =
        InitPki({.directory = directory_, .members = {name}, .now = now_, .random = &random_});
    EXPECT_EQ(issued.status().code(), absl::StatusCode::kInvalidArgument) << name;
  }
  EXPECT_FALSE(std::filesystem::exists(directory_));
}

}  // namespace
}  // namespace hie::crypto
