#include "gateway/auth/gateway_access_policy.h"

#include <gtest/gtest.h>

#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "gateway/auth/grants.h"
#include "services/common/crypto/signing_key.h"
#include "services/common/member/directory_seed.h"

namespace hie::auth {
namespace {

namespace opt = options::v1;
using crypto::PrivateKey;

const std::string kGeneralCertificate(64, 'a');
const std::string kLakesCertificate(64, 'b');
const std::string kOperatorCertificate(64, 'c');
const std::string kRevokedCertificate(64, 'd');

class GatewayAccessPolicyTest : public testing::Test {
 protected:
  GatewayAccessPolicyTest() {
    general_ = DemoMember("general", 1);
    general_.keys = {{"cert", KeyUse::kClientCertificate, kGeneralCertificate, false},
                     {"old-cert", KeyUse::kClientCertificate, kRevokedCertificate, true},
                     {"k1", KeyUse::kTokenSigning, key_.public_key().ToPem(), false},
                     {"k0", KeyUse::kTokenSigning, old_key_.public_key().ToPem(), true}};
    lakes_ = DemoMember("lakes", 2);
    lakes_.keys = {{"cert", KeyUse::kClientCertificate, kLakesCertificate, false},
                   {"k1", KeyUse::kTokenSigning, lakes_key_.public_key().ToPem(), false}};
    operator_ = DemoOperator();
    operator_.keys = {{"cert", KeyUse::kClientCertificate, kOperatorCertificate, false},
                      {"k1", KeyUse::kTokenSigning, key_.public_key().ToPem(), false}};
    Publish();
  }

  // The directory as it is now, read now.
  void Publish() {
    const auto directory = members::MemberDirectory::Build(1, {general_, operator_, lakes_});
    ASSERT_TRUE(directory.ok()) << directory.status();
    source_.reading = {*directory, clock_.Now()};
  }

  rpc::Peer Peer(const std::string& member, const std::string& certificate) {
    rpc::Peer peer;
    peer.uri_san = "urn:hie:member:" + member;
    peer.public_key_sha256 = certificate;
    peer.request_id = "r-1";
    return peer;
  }
  rpc::Peer General() { return Peer("general", kGeneralCertificate); }

  std::string Token(const std::string& role, Purpose purpose, const std::string& member = "general",
                    const PrivateKey* key = nullptr, const std::string& key_id = "k1") {
    const UserStatement statement{.member = member,
                                  .user = "u",
                                  .roles = {role},
                                  .purpose = purpose,
                                  .auth_time = clock_.Now() - absl::Minutes(1)};
    return *MintToken(statement, key_id, key == nullptr ? key_ : *key, clock_.Now());
  }
  absl::StatusOr<rpc::Caller> User(const std::string& role, Purpose purpose) {
    rpc::Peer peer = General();
    peer.bearer_token = Token(role, purpose);
    return policy_.Authenticate(peer);
  }
  absl::StatusCode AuthenticateCode(const rpc::Peer& peer) {
    return policy_.Authenticate(peer).status().code();
  }

  struct Source final : members::MemberDirectorySource {
    members::DirectoryReading Current() const override { return reading; }
    members::DirectoryReading reading;
  };

  SimulatedClock clock_{absl::FromUnixSeconds(1'800'000'000)};
  const PrivateKey key_ = *PrivateKey::Generate(crypto::KeyAlgorithm::kEs256);
  const PrivateKey old_key_ = *PrivateKey::Generate(crypto::KeyAlgorithm::kEs256);
  const PrivateKey lakes_key_ = *PrivateKey::Generate(crypto::KeyAlgorithm::kEs256);
  Member general_, lakes_, operator_;
  Source source_;
  GatewayAccessPolicy policy_{{.directory = &source_, .clock = &clock_}};
};

TEST_F(GatewayAccessPolicyTest, RecognisesAUserOfAMember) {
  const absl::StatusOr<rpc::Caller> caller = User("physician", Purpose::kTreat);
  ASSERT_TRUE(caller.ok()) << caller.status();
  EXPECT_EQ(caller->kind, rpc::CallerKind::kMember);
  EXPECT_EQ(caller->actor.member, MemberId("general"));
  EXPECT_EQ(caller->actor.user, "u");
  EXPECT_EQ(caller->actor.roles, std::vector<std::string>{"physician"});
  EXPECT_EQ(caller->actor.purpose, Purpose::kTreat);
  EXPECT_EQ(caller->actor.auth_time, clock_.Now() - absl::Minutes(1));
  EXPECT_EQ(caller->actor.client_key, "k1");
  EXPECT_EQ(caller->actor.request_id, "r-1");
  EXPECT_TRUE(policy_.Authorize(*caller, opt::PERMISSION_PATIENT_QUERY).ok());
}

TEST_F(GatewayAccessPolicyTest, ASystemIsReaffirmedUntilItsKeyOrItsMemberIsOut) {
  const absl::StatusOr<rpc::Caller> agent = policy_.Authenticate(General());
  ASSERT_TRUE(agent.ok());
  EXPECT_TRUE(policy_.Reaffirm(*agent, opt::PERMISSION_AGENT_ATTACH).ok());
  general_.keys[0].revoked = true;
  Publish();
  EXPECT_TRUE(absl::IsUnauthenticated(policy_.Reaffirm(*agent, opt::PERMISSION_AGENT_ATTACH)));
  general_.keys[0].revoked = false;
  general_.state = MemberState::kSuspended;
  Publish();
  EXPECT_TRUE(absl::IsPermissionDenied(policy_.Reaffirm(*agent, opt::PERMISSION_AGENT_ATTACH)));
}

TEST_F(GatewayAccessPolicyTest, WithoutATokenIsASystemThatMayAttachAndFeedOnly) {
  const absl::StatusOr<rpc::Caller> caller = policy_.Authenticate(General());
  ASSERT_TRUE(caller.ok());
  EXPECT_EQ(caller->actor.user, "");
  EXPECT_TRUE(caller->actor.roles.empty());
  EXPECT_EQ(caller->actor.purpose, Purpose::kPatientAdministration);
  EXPECT_EQ(caller->actor.client_key, kGeneralCertificate);
  for (int p = 1; p <= 11; ++p) {
    const bool want = p == opt::PERMISSION_AGENT_ATTACH || p == opt::PERMISSION_PATIENT_FEED;
    EXPECT_EQ(policy_.Authorize(*caller, static_cast<opt::Permission>(p)).ok(), want) << p;
  }
}

TEST_F(GatewayAccessPolicyTest, RefusesCertificatesThatAreNotThatMembers) {
  rpc::Peer in_process = General();
  in_process.in_process = true;
  rpc::Peer role = General();
  role.uri_san = "urn:hie:role:gateway";
  const rpc::Peer peers[] = {rpc::Peer(),
                             in_process,
                             role,
                             Peer("", kGeneralCertificate),
                             Peer("nobody", kGeneralCertificate),
                             Peer("lakes", kGeneralCertificate),
                             Peer("general", kLakesCertificate),
                             Peer("general", kRevokedCertificate),
                             Peer("general", std::string(64, 'e')),
                             Peer("general", ""),
                             Peer("GENERAL", kGeneralCertificate),
                             Peer("general ", kGeneralCertificate),
                             Peer("general/x", kGeneralCertificate)};
  for (const rpc::Peer& peer : peers) {
    EXPECT_EQ(AuthenticateCode(peer), absl::StatusCode::kUnauthenticated) << peer.uri_san;
  }
}

TEST_F(GatewayAccessPolicyTest, ARevokedCertificateEndsAtTheNextReading) {
  ASSERT_TRUE(policy_.Authenticate(General()).ok());
  general_.keys[0].revoked = true;
  Publish();
  EXPECT_EQ(AuthenticateCode(General()), absl::StatusCode::kUnauthenticated);
}

TEST_F(GatewayAccessPolicyTest, ARevokedTokenKeyEndsATokenThatWasVerifiedBefore) {
  rpc::Peer peer = General();
  peer.bearer_token = Token("physician", Purpose::kTreat);
  ASSERT_TRUE(policy_.Authenticate(peer).ok());
  general_.keys[2].revoked = true;
  Publish();
  EXPECT_EQ(AuthenticateCode(peer), absl::StatusCode::kUnauthenticated);
}

TEST_F(GatewayAccessPolicyTest, ATokenThatWasVerifiedBeforeStillExpires) {
  rpc::Peer peer = General();
  peer.bearer_token = Token("physician", Purpose::kTreat);
  ASSERT_TRUE(policy_.Authenticate(peer).ok());
  clock_.Advance(absl::Minutes(6));
  EXPECT_EQ(AuthenticateCode(peer), absl::StatusCode::kUnauthenticated);
}

TEST_F(GatewayAccessPolicyTest, RefusesTokensOfOthers) {
  const std::pair<const char*, std::string> tokens[] = {
      {"another member's key", Token("physician", Purpose::kTreat, "general", &lakes_key_)},
      {"another member's token", Token("physician", Purpose::kTreat, "lakes", &lakes_key_)},
      {"own key, another issuer", Token("physician", Purpose::kTreat, "lakes")},
      {"revoked key", Token("physician", Purpose::kTreat, "general", &old_key_, "k0")},
      {"a certificate's key id", Token("physician", Purpose::kTreat, "general", &key_, "cert")},
      {"unknown key id", Token("physician", Purpose::kTreat, "general", &key_, "k9")},
      {"a role that the member may not assert", Token("hie_admin", Purpose::kOperations)},
      {"garbage", "garbage"}};
  for (const auto& [name, token] : tokens) {
    rpc::Peer peer = General();
    peer.bearer_token = token;
    EXPECT_EQ(AuthenticateCode(peer), absl::StatusCode::kUnauthenticated) << name;
  }
}

TEST_F(GatewayAccessPolicyTest, AMissingPurposeIsDeniedNotUnauthenticated) {
  const absl::StatusOr<rpc::Caller> caller = User("physician", Purpose::kUnspecified);
  ASSERT_TRUE(caller.ok());
  const absl::Status status = policy_.Authorize(*caller, opt::PERMISSION_PATIENT_QUERY);
  EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(status.message(), "purpose of use is needed");
  EXPECT_TRUE(policy_.Authorize(*caller, opt::PERMISSION_DIRECTORY_READ).ok());
}

TEST_F(GatewayAccessPolicyTest, OnlyTheOperatorsAdminChangesTheDirectory) {
  general_.roles.push_back("hie_admin");
  Publish();
  const absl::StatusOr<rpc::Caller> own = User("hie_admin", Purpose::kOperations);
  ASSERT_TRUE(own.ok());
  EXPECT_TRUE(policy_.Authorize(*own, opt::PERMISSION_DIRECTORY_READ).ok());
  EXPECT_FALSE(policy_.Authorize(*own, opt::PERMISSION_DIRECTORY_ADMIN).ok());
  rpc::Peer peer = Peer("hie", kOperatorCertificate);
  peer.bearer_token = Token("hie_admin", Purpose::kOperations, "hie");
  const absl::StatusOr<rpc::Caller> admin = policy_.Authenticate(peer);
  ASSERT_TRUE(admin.ok()) << admin.status();
  EXPECT_TRUE(policy_.Authorize(*admin, opt::PERMISSION_DIRECTORY_ADMIN).ok());
  EXPECT_FALSE(policy_.Authorize(*admin, opt::PERMISSION_PATIENT_QUERY).ok());
}

TEST_F(GatewayAccessPolicyTest, ASuspendedMemberIsRecognisedAndDeniedEverything) {
  general_.state = MemberState::kSuspended;
  Publish();
  const absl::StatusOr<rpc::Caller> caller = User("ed_physician", Purpose::kEtreat);
  ASSERT_TRUE(caller.ok());
  for (int p = 1; p <= 11; ++p) {
    EXPECT_EQ(policy_.Authorize(*caller, static_cast<opt::Permission>(p)).code(),
              absl::StatusCode::kPermissionDenied);
  }
}

TEST_F(GatewayAccessPolicyTest, SuspensionActsBetweenAuthenticationAndAuthorisation) {
  const absl::StatusOr<rpc::Caller> caller = User("physician", Purpose::kTreat);
  general_.state = MemberState::kSuspended;
  Publish();
  EXPECT_FALSE(policy_.Authorize(*caller, opt::PERMISSION_PATIENT_QUERY).ok());
}

TEST_F(GatewayAccessPolicyTest, RefusesCallersThatAreNoMembers) {
  rpc::Caller role;
  role.kind = rpc::CallerKind::kRole;
  role.role = "gateway";
  EXPECT_FALSE(policy_.Authorize(role, opt::PERMISSION_INTERNAL_ROLE).ok());
  EXPECT_FALSE(policy_.Authorize(rpc::Caller(), opt::PERMISSION_DIRECTORY_READ).ok());
  rpc::Caller gone = *User("physician", Purpose::kTreat);
  gone.actor.member = MemberId("gone");
  EXPECT_FALSE(policy_.Authorize(gone, opt::PERMISSION_PATIENT_QUERY).ok());
}

TEST_F(GatewayAccessPolicyTest, IsUnavailableWithoutADirectoryOrWithOneTooOld) {
  const rpc::Caller caller = *User("physician", Purpose::kTreat);
  clock_.Advance(absl::Hours(24));
  EXPECT_TRUE(policy_.Authenticate(General()).ok());
  clock_.Advance(absl::Seconds(1));
  EXPECT_EQ(AuthenticateCode(General()), absl::StatusCode::kUnavailable);
  EXPECT_EQ(policy_.Authorize(caller, opt::PERMISSION_PATIENT_QUERY).code(),
            absl::StatusCode::kUnavailable);
  source_.reading = {};
  EXPECT_EQ(AuthenticateCode(General()), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace hie::auth
