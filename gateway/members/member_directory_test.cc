#include "gateway/members/member_directory.h"

#include <gtest/gtest.h>

#include <atomic>
#include <utility>

#include "gateway/members/member_directory_cache.h"
#include "services/common/member/directory_seed.h"
#include "services/common/member/member_wire.h"

namespace hie::members {
namespace {

Member General() {
  Member member = DemoMember("general", 1);
  member.facilities[0].aliases = {"GENERAL HOSPITAL"};
  member.facilities[0].place_sensitivity = SensitivitySet::Of(Sensitivity::kHiv);
  MemberUnit recovery;
  recovery.id = "W3";
  recovery.part2 = true;
  recovery.place_sensitivity = SensitivitySet::Of(Sensitivity::kSud);
  recovery.attestations = {{Sensitivity::kPsy, Attestation::kMixedUnlabelled}};
  member.facilities[0].units.push_back(recovery);
  member.domains[0].namespace_aliases = {"GEN"};
  member.domains[0].strip_leading_zeros = true;
  member.domains[0].fold_case = true;
  member.keys = {{"cert", KeyUse::kClientCertificate, std::string(64, 'a'), true},
                 {"k1", KeyUse::kTokenSigning, "pem", false}};
  return member;
}

std::shared_ptr<const MemberDirectory> Region() {
  return *MemberDirectory::Build(5, {General(), DemoOperator(), DemoMember("lakes", 2)});
}

TEST(MemberDirectoryTest, FindsMembersDomainsKeysAndCertificates) {
  const auto directory = Region();
  EXPECT_EQ(directory->version(), 5u);
  EXPECT_EQ(directory->FindMember(MemberId("lakes"))->id, MemberId("lakes"));
  EXPECT_EQ(directory->FindMember(MemberId("nobody")), nullptr);
  EXPECT_EQ(directory->FindByDomain("2.999.1.1")->id, MemberId("general"));
  EXPECT_EQ(directory->FindByDomain("2.999.9.1"), nullptr);
  EXPECT_EQ(directory->FindDomain("2.999.2.1")->oid, "2.999.2.1");
  EXPECT_EQ(directory->FindDomain(MemberId("general"), "GEN")->oid, "2.999.1.1");
  EXPECT_EQ(directory->FindDomain(MemberId("lakes"), "GEN"), nullptr);
  EXPECT_EQ(directory->FindDomain(MemberId("lakes"), "2.999.1.1"), nullptr);
  EXPECT_NE(directory->FindKey(MemberId("general"), "k1", KeyUse::kTokenSigning), nullptr);
  EXPECT_EQ(directory->FindKey(MemberId("general"), "cert", KeyUse::kTokenSigning), nullptr);
  EXPECT_EQ(directory->FindKey(MemberId("lakes"), "k1", KeyUse::kTokenSigning), nullptr);
  const RegisteredCertificate found = directory->FindCertificate(std::string(64, 'a'));
  ASSERT_NE(found.member, nullptr);
  EXPECT_EQ(found.member->id, MemberId("general"));
  EXPECT_TRUE(found.key->revoked);
  EXPECT_EQ(directory->FindCertificate("pem").member, nullptr);
}

TEST(MemberDirectoryTest, FindsFacilitiesByIdAliasOrBeingTheOnlyOne) {
  const auto directory = Region();
  const MemberId general("general");
  for (const char* name : {"general-main", "GENERAL HOSPITAL", ""}) {
    ASSERT_NE(directory->FindFacility(general, name), nullptr) << name;
    EXPECT_EQ(directory->FindFacility(general, name)->id, "general-main");
  }
  EXPECT_EQ(directory->FindFacility(general, "lakes-main"), nullptr);
  EXPECT_EQ(directory->FindFacility(MemberId("hie"), ""), nullptr);
  Member two = General();
  two.facilities.push_back(two.facilities[0]);
  two.facilities[1].id = "general-north";
  const auto larger = *MemberDirectory::Build(1, {two});
  EXPECT_EQ(larger->FindFacility(general, ""), nullptr);
}

TEST(MemberDirectoryTest, AddsUpThePlaceOfFacilityAndUnit) {
  const auto directory = Region();
  const MemberId general("general");
  const PlaceLabels ward = directory->LabelsOfPlace(general, "GENERAL HOSPITAL", "W3");
  EXPECT_TRUE(ward.place.Has(Sensitivity::kHiv));
  EXPECT_TRUE(ward.place.Has(Sensitivity::kSud));
  EXPECT_TRUE(ward.place.Has(Sensitivity::kPart2));
  EXPECT_EQ(ward.unit.size(), 1u);
  const PlaceLabels elsewhere = directory->LabelsOfPlace(general, "general-main", "W9");
  EXPECT_EQ(elsewhere.place, SensitivitySet::Of(Sensitivity::kHiv));
  EXPECT_EQ(elsewhere.facility.size(), static_cast<size_t>(kSensitivityCount));
  EXPECT_TRUE(elsewhere.unit.empty());
}

TEST(MemberDirectoryTest, AnUnknownPlaceAttestsNothing) {
  const auto directory = Region();
  for (const char* member : {"general", "nobody"}) {
    const PlaceLabels labels = directory->LabelsOfPlace(MemberId(member), "elsewhere", "W3");
    EXPECT_TRUE(labels.place.empty());
    EXPECT_TRUE(labels.facility.empty() && labels.unit.empty());
  }
}

TEST(MemberDirectoryTest, NormalisesIdsByTheirDomain) {
  const auto directory = Region();
  EXPECT_EQ(*directory->NormaliseLocalId("2.999.1.1", " 00a7"), "A7");
  EXPECT_EQ(*directory->NormaliseLocalId("2.999.2.1", "00a7"), "00a7");
  EXPECT_EQ(directory->NormaliseLocalId("2.999.9", "1").status().code(),
            absl::StatusCode::kNotFound);
}

TEST(MemberDirectoryTest, RefusesTwoClaimsToOneThing) {
  Member copy = General();
  EXPECT_FALSE(MemberDirectory::Build(1, {General(), copy}).ok());
  copy.id = MemberId("copy");
  EXPECT_FALSE(MemberDirectory::Build(1, {General(), copy}).ok());
  copy.domains.clear();
  EXPECT_FALSE(MemberDirectory::Build(1, {General(), copy}).ok());
  copy.keys.clear();
  EXPECT_TRUE(MemberDirectory::Build(1, {General(), copy}).ok());
}

// A directory role that tests change by hand.
class MemberDirectoryCacheTest : public testing::Test {
 protected:
  std::unique_ptr<MemberDirectoryCache> Start(absl::Duration poll) {
    MemberDirectoryCache::Options options;
    options.fetch = [this](uint64_t known) { return Answer(known); };
    options.clock = &clock_;
    options.poll = poll;
    return std::make_unique<MemberDirectoryCache>(std::move(options));
  }
  absl::StatusOr<directory::v1::GetSnapshotResponse> Answer(uint64_t known) {
    const MutexLock lock(mutex_);
    ++asked_;
    if (!status_.ok()) return status_;
    directory::v1::GetSnapshotResponse response = snapshot_;
    if (known == response.version()) response.clear_members();
    return response;
  }
  void Set(uint64_t version, const std::vector<Member>& members) {
    const MutexLock lock(mutex_);
    snapshot_.Clear();
    snapshot_.set_version(version);
    for (const Member& member : members) *snapshot_.add_members() = wire::ToProto(member);
  }
  void Fail(absl::Status status) {
    const MutexLock lock(mutex_);
    status_ = std::move(status);
  }

  SimulatedClock clock_{absl::FromUnixSeconds(1'800'000'000)};
  Mutex mutex_;
  absl::Status status_;
  directory::v1::GetSnapshotResponse snapshot_;
  std::atomic<int> asked_ = 0;
};

TEST_F(MemberDirectoryCacheTest, ShowsWhatWasPutBeforeARefresh) {
  Set(1, {General()});
  const auto cache = Start(absl::Hours(1));
  ASSERT_TRUE(cache->Refresh().ok());
  EXPECT_EQ(cache->Current().directory->members().size(), 1u);
  Set(2, {General(), DemoMember("lakes", 2)});
  clock_.Advance(absl::Seconds(5));
  ASSERT_TRUE(cache->Refresh().ok());
  EXPECT_EQ(cache->Current().directory->version(), 2u);
  EXPECT_EQ(cache->Current().directory->members().size(), 2u);
  EXPECT_EQ(cache->Current().confirmed, clock_.Now());
}

TEST_F(MemberDirectoryCacheTest, KeepsTheSameViewAndConfirmsItWhereNothingChanged) {
  Set(1, {General()});
  const auto cache = Start(absl::Hours(1));
  ASSERT_TRUE(cache->Refresh().ok());
  const DirectoryReading before = cache->Current();
  clock_.Advance(absl::Minutes(1));
  ASSERT_TRUE(cache->Refresh().ok());
  EXPECT_EQ(cache->Current().directory, before.directory);
  EXPECT_EQ(cache->Current().confirmed, before.confirmed + absl::Minutes(1));
}

TEST_F(MemberDirectoryCacheTest, KeepsTheLastReadingAndItsAgeWhileTheDirectoryIsDown) {
  Set(1, {General()});
  const auto cache = Start(absl::Hours(1));
  ASSERT_TRUE(cache->Refresh().ok());
  const DirectoryReading before = cache->Current();
  Fail(absl::UnavailableError("down"));
  clock_.Advance(absl::Minutes(1));
  EXPECT_EQ(cache->Refresh().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(cache->Current().directory, before.directory);
  EXPECT_EQ(cache->Current().confirmed, before.confirmed);
}

TEST_F(MemberDirectoryCacheTest, KeepsTheLastReadingWhereTheNewOneIsNotUnderstood) {
  Set(1, {General()});
  const auto cache = Start(absl::Hours(1));
  ASSERT_TRUE(cache->Refresh().ok());
  Set(2, {General(), General()});
  EXPECT_EQ(cache->Refresh().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(cache->Current().directory->version(), 1u);
}

TEST_F(MemberDirectoryCacheTest, IsEmptyUntilTheFirstReadingAndPollsByItself) {
  Fail(absl::UnavailableError("not yet"));
  const auto cache = Start(absl::Milliseconds(1));
  EXPECT_EQ(cache->Current().directory, nullptr);
  Set(7, {General()});
  Fail(absl::OkStatus());
  const absl::Time deadline = absl::Now() + absl::Seconds(20);
  while (cache->Current().directory == nullptr && absl::Now() < deadline) {
    absl::SleepFor(absl::Milliseconds(1));
  }
  ASSERT_NE(cache->Current().directory, nullptr);
  EXPECT_EQ(cache->Current().directory->version(), 7u);
}

TEST(MemberDirectoryTest, FindsClientsAndSources) {
  Member general = DemoMember("general", 1);
  general.clients.resize(1);
  general.clients[0].id = "general-emr";
  general.hl7_sources.resize(2);
  general.hl7_sources[0].sending_application = "ADT";
  general.hl7_sources[0].sending_facility = "GEN";
  general.hl7_sources[1].sending_facility = "GEN";
  const auto directory = MemberDirectory::Build(1, {general, DemoMember("lakes", 2)});
  ASSERT_TRUE(directory.ok()) << directory.status();
  const RegisteredClient client = (*directory)->FindClient("general-emr");
  ASSERT_NE(client.client, nullptr);
  EXPECT_EQ(client.member->id, MemberId("general"));
  EXPECT_EQ((*directory)->FindClient("other").client, nullptr);
  EXPECT_EQ((*directory)->FindHl7Source("ADT", "GEN").source->sending_application, "ADT");
  EXPECT_EQ((*directory)->FindHl7Source("LAB", "GEN").source->sending_application, "");
  EXPECT_EQ((*directory)->FindHl7Source("ADT", "gen").source, nullptr);
  EXPECT_EQ((*directory)->FindHl7Source("", "").member, nullptr);

  Member lakes = DemoMember("lakes", 2);
  lakes.clients = general.clients;
  EXPECT_FALSE(MemberDirectory::Build(1, {general, lakes}).ok());
  lakes.clients.clear();
  lakes.hl7_sources = {general.hl7_sources[0]};
  EXPECT_FALSE(MemberDirectory::Build(1, {general, lakes}).ok());
}

}  // namespace
}  // namespace hie::members
