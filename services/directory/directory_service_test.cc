#include "services/directory/directory_service.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "hie/audit/v1/audit.pb.h"
#include "services/common/base/clock.h"
#include "services/common/member/directory_seed.h"
#include "services/common/member/member_wire.h"
#include "services/common/outbox/outbox.h"
#include "services/common/storage/memory_kv_store.h"
#include "services/directory/directory_role.h"

namespace hie::directory {
namespace {

Member NewMember(absl::string_view id, int number) {
  Member member = DemoMember(id, number);
  member.state = MemberState::kTest;
  return member;
}

class DirectoryServiceTest : public testing::Test {
 protected:
  absl::Status Open(const std::string& bootstrap = "") {
    role_.reset();
    DirectoryRole::Options options;
    options.store = &store_;
    options.clock = &clock_;
    options.mark_path = mark_path_;
    options.bootstrap = bootstrap;
    absl::StatusOr<std::unique_ptr<DirectoryRole>> role = DirectoryRole::Open(options);
    if (role.ok()) role_ = *std::move(role);
    return role.status();
  }
  void SetUp() override {
    std::remove(mark_path_.c_str());
    ASSERT_TRUE(Open().ok());
  }

  absl::StatusOr<v1::PutMemberResponse> Put(const Member& member) {
    v1::PutMemberRequest request;
    request.mutable_actor()->set_member("hie");
    request.mutable_actor()->set_user("admin");
    *request.mutable_member() = wire::ToProto(member);
    return HandlePutMember(request, role_->journal());
  }
  v1::GetSnapshotResponse Snapshot(uint64_t known = 0) {
    v1::GetSnapshotRequest request;
    request.set_known_version(known);
    return *HandleGetSnapshot(request, role_->journal());
  }
  std::vector<audit::v1::Event> Outbox() {
    std::vector<audit::v1::Event> events;
    const std::vector<KvEntry> rows = *store_.Snapshot()->ScanPrefix(outbox::kTable, "");
    for (const KvEntry& row : rows) {
      EXPECT_TRUE(events.emplace_back().ParseFromString(row.value));
    }
    return events;
  }
  std::vector<std::string> LastDetails() {
    const audit::v1::Event event = Outbox().back();
    return {event.details().begin(), event.details().end()};
  }

  const std::string mark_path_ = testing::TempDir() + "/directory_service_test." +
                                 testing::UnitTest::GetInstance()->current_test_info()->name() +
                                 ".mark";
  MemoryKvStore store_{DirectoryRole::Tables()};
  SimulatedClock clock_{absl::FromUnixSeconds(1'700'000'000)};
  std::unique_ptr<DirectoryRole> role_;
};

TEST_F(DirectoryServiceTest, WhatIsPutIsInTheSnapshot) {
  EXPECT_EQ(Snapshot().version(), 0u);
  const absl::StatusOr<v1::PutMemberResponse> put = Put(NewMember("general", 1));
  ASSERT_TRUE(put.ok()) << put.status();
  EXPECT_EQ(put->member().version(), 1u);
  EXPECT_EQ(put->directory_version(), 1u);
  ASSERT_TRUE(Put(NewMember("aspen", 2)).ok());
  const v1::GetSnapshotResponse snapshot = Snapshot();
  EXPECT_EQ(snapshot.version(), 2u);
  ASSERT_EQ(snapshot.members_size(), 2);
  EXPECT_EQ(snapshot.members(0).id(), "aspen");
  EXPECT_EQ(snapshot.members(1).SerializeAsString(), put->member().SerializeAsString());
}

TEST_F(DirectoryServiceTest, SendsNoMembersToWhoHasThemAndAllToWhoHasAnotherVersion) {
  ASSERT_TRUE(Put(NewMember("general", 1)).ok());
  EXPECT_EQ(Snapshot(1).members_size(), 0);
  EXPECT_EQ(Snapshot(1).version(), 1u);
  EXPECT_EQ(Snapshot(0).members_size(), 1);
  EXPECT_EQ(Snapshot(9).members_size(), 1);  // The directory was restored.
}

TEST_F(DirectoryServiceTest, AWriterThatReadAnOldVersionIsAborted) {
  ASSERT_TRUE(Put(NewMember("general", 1)).ok());
  EXPECT_EQ(Put(NewMember("general", 1)).status().code(), absl::StatusCode::kAborted);
  Member second = NewMember("general", 1);
  second.version = 1;
  EXPECT_TRUE(Put(second).ok());
  EXPECT_EQ(Put(second).status().code(), absl::StatusCode::kAborted);
  Member ghost = NewMember("ghost", 3);
  ghost.version = 4;
  EXPECT_EQ(Put(ghost).status().code(), absl::StatusCode::kAborted);
  EXPECT_EQ(Snapshot().version(), 2u);
}

TEST_F(DirectoryServiceTest, RefusalsLeaveTheDirectoryAndTheOutboxUntouched) {
  ASSERT_TRUE(Put(NewMember("general", 1)).ok());
  Member taken = NewMember("lakes", 2);
  taken.domains[0].oid = "2.999.1.1";
  EXPECT_EQ(Put(taken).status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(Put(DemoMember("lakes", 2)).status().code(), absl::StatusCode::kFailedPrecondition);
  Member malformed = NewMember("lakes", 2);
  malformed.domains[0].oid = "x";
  EXPECT_EQ(Put(malformed).status().code(), absl::StatusCode::kInvalidArgument);
  Member nowhere = NewMember("lakes", 2);
  nowhere.domains[0].time_zone = "Atlantis/Capital";
  EXPECT_EQ(Put(nowhere).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Snapshot().version(), 1u);
  EXPECT_EQ(Outbox().size(), 1u);
}

TEST_F(DirectoryServiceTest, WantsAnActor) {
  v1::PutMemberRequest request;
  *request.mutable_member() = wire::ToProto(NewMember("general", 1));
  const absl::Status status = HandlePutMember(request, role_->journal()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(absl::StartsWith(status.message(), "actor.member:"));
}

TEST_F(DirectoryServiceTest, EveryChangeIsAuditedInWords) {
  Member member = NewMember("general", 1);
  member.keys = {{"cert", KeyUse::kClientCertificate, std::string(64, 'a'), false}};
  ASSERT_TRUE(Put(member).ok());
  EXPECT_EQ(LastDetails(), (std::vector<std::string>{"put-member", "general", "created",
                                                     "state:UNSPECIFIED>TEST", "key-added:cert"}));
  member.version = 1;
  member.state = MemberState::kShadow;
  member.name = "other";
  member.keys[0].revoked = true;
  ASSERT_TRUE(Put(member).ok());
  EXPECT_EQ(LastDetails(), (std::vector<std::string>{"put-member", "general", "state:TEST>SHADOW",
                                                     "key-revoked:cert", "name"}));
  const audit::v1::Event event = Outbox().back();
  EXPECT_EQ(event.type(), audit::v1::EVENT_TYPE_CHANGE);
  EXPECT_EQ(event.actor().user(), "admin");
  EXPECT_EQ(event.role(), "directory");
}

TEST_F(DirectoryServiceTest, AMemberGoesThroughItsLife) {
  using enum MemberState;
  Member member = NewMember("general", 1);
  ASSERT_TRUE(Put(member).ok());
  for (const MemberState next : {kShadow, kTest, kShadow, kLive, kSuspended, kLive}) {
    ++member.version;
    member.state = next;
    ASSERT_TRUE(Put(member).ok()) << MemberStateName(next);
  }
  EXPECT_EQ(Snapshot().members(0).state(), v1::MEMBER_STATE_LIVE);
  EXPECT_EQ(Outbox().size(), 7u);
}

TEST_F(DirectoryServiceTest, AnEmptyDirectoryTakesTheSeedOnceThroughTheJournal) {
  const std::string seed = DirectorySeedText({DemoOperator(), DemoMember("general", 1)});
  ASSERT_TRUE(Open(seed).ok());
  EXPECT_EQ(Snapshot().version(), 2u);
  EXPECT_EQ(Snapshot().members(0).state(), v1::MEMBER_STATE_LIVE);
  EXPECT_EQ(Snapshot().members(0).version(), 1u);
  EXPECT_EQ(role_->journal().applied_sequence(), 1u);
  ASSERT_EQ(Outbox().size(), 2u);
  EXPECT_EQ(Outbox()[0].actor().member(), "hie");
  EXPECT_EQ(LastDetails().back(), "seed");
  ASSERT_TRUE(Open(seed).ok());
  EXPECT_EQ(Snapshot().version(), 2u);
  EXPECT_EQ(role_->journal().applied_sequence(), 1u);
}

TEST_F(DirectoryServiceTest, ADirectoryWithMembersIgnoresAnotherSeed) {
  ASSERT_TRUE(Put(NewMember("general", 1)).ok());
  ASSERT_TRUE(Open(DirectorySeedText({DemoOperator()})).ok());
  EXPECT_EQ(Snapshot().members_size(), 1);
}

TEST_F(DirectoryServiceTest, RefusesABadSeedWhole) {
  Member malformed = DemoMember("lakes", 2);
  malformed.facilities.clear();
  const std::string seeds[] = {
      "members { nonsense: 1 }", DirectorySeedText({DemoOperator(), malformed}),
      DirectorySeedText({DemoMember("general", 1), DemoMember("general", 1)}),
      DirectorySeedText({DemoMember("general", 1), DemoMember("lakes", 1)}),
      DirectorySeedText({DemoOperator(), DemoOperator()})};
  for (const std::string& seed : seeds) {
    EXPECT_FALSE(Open(seed).ok()) << seed;
    ASSERT_TRUE(Open().ok());
    EXPECT_EQ(Snapshot().version(), 0u);
    EXPECT_TRUE(Outbox().empty());
  }
}

TEST_F(DirectoryServiceTest, AReopenedDirectoryHasEverything) {
  ASSERT_TRUE(Put(NewMember("general", 1)).ok());
  const std::string before = Snapshot().SerializeAsString();
  ASSERT_TRUE(Open().ok());
  EXPECT_EQ(Snapshot().SerializeAsString(), before);
}

TEST(DirectoryRoleTest, WantsAStoreAndAClock) {
  EXPECT_EQ(DirectoryRole::Open({}).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace hie::directory
