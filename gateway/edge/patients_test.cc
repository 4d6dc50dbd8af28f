#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "gateway/edge/fake_roles.h"

namespace hie::edge {
namespace {

using audit::v1::Event;
using exchange::v1::CrossReferenceRequest;
using exchange::v1::CrossReferenceResponse;
using exchange::v1::ExchangeService;
using exchange::v1::SearchPatientsRequest;
using exchange::v1::SearchPatientsResponse;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr char kHarbor[] = "place/harbor/harbor-main";
constexpr char kLakes[] = "place/lakes/lakes-main";

void Deny(EdgeWorld& world, const std::set<std::string>& items) {
  const MutexLock lock(world.state.mutex);
  world.state.denied = items;
}

// A claim of each member, at its facility.
void Claim(EdgeWorld& world) {
  const MutexLock lock(world.state.mutex);
  for (const char* member : {"north", "lakes", "harbor"}) {
    registry::v1::LocatorEntry* entry = world.state.located.add_locators();
    *entry->mutable_patient() = PatientAt(member);
    entry->set_member(member);
    entry->set_state(registry::v1::LOCATOR_STATE_CLAIMED);
    entry->add_facilities(std::string(member) + "-main");
  }
}

class PatientsTest : public testing::Test {
 protected:
  PatientsTest() {
    Claim(world_);
    mpi::v1::PersonMatch* match = world_.state.matches.add_matches();
    *match->mutable_person() = world_.state.person;
    *match->add_matched() = PatientAt("lakes");
  }

  static SearchPatientsRequest ByFamily() {
    SearchPatientsRequest request;
    auto* condition = request.add_conditions();
    condition->set_field(mpi::v1::PERSON_FIELD_FAMILY);
    condition->add_values("Zzyzx");
    return request;
  }

  absl::StatusOr<SearchPatientsResponse> Search(const SearchPatientsRequest& request,
                                                const std::string& member = "north") {
    return world_.gateway().CallAndWait<ExchangeService::SearchPatients>(EdgeWorld::As(member),
                                                                         request);
  }

  static CrossReferenceRequest Of(const std::string& member, const std::string& id = "") {
    CrossReferenceRequest request;
    *request.mutable_source() = PatientAt(member);
    if (!id.empty()) request.mutable_source()->set_id(id);
    request.mutable_source()->set_incarnation(0);
    return request;
  }

  absl::StatusOr<CrossReferenceResponse> Refer(const CrossReferenceRequest& request,
                                               const std::string& member = "north") {
    return world_.gateway().CallAndWait<ExchangeService::CrossReference>(EdgeWorld::As(member),
                                                                         request);
  }

  static std::vector<std::string> Ids(
      const google::protobuf::RepeatedPtrField<common::v1::LocalPatient>& patients) {
    std::vector<std::string> ids;
    for (const auto& patient : patients) ids.push_back(patient.id());
    return ids;
  }

  EdgeWorld world_;
};

TEST_F(PatientsTest, ASearchShowsTheIdsOfPlacesThatMayBeNamedAndIsOnRecord) {
  Deny(world_, {kHarbor});
  const auto found = Search(ByFamily());
  ASSERT_TRUE(found.ok()) << found.status();
  ASSERT_EQ(found->patients_size(), 1);
  EXPECT_THAT(Ids(found->patients(0).identifiers()), ElementsAre("N1", "L1"));
  EXPECT_TRUE(found->patients(0).active());
  EXPECT_EQ(found->patients(0).version(),
            static_cast<uint64_t>(found->patients(0).changed_micros()));
  EXPECT_TRUE(world_.Eventually([](const std::vector<Event>& events) {
    return std::any_of(events.begin(), events.end(), [](const Event& event) {
      return event.outcome() == audit::v1::RELEASE_OUTCOME_RELEASED && event.released_bytes() > 0;
    });
  }));
}

TEST_F(PatientsTest, AConditionThatOnlyAHiddenRecordMeetsFindsNobody) {
  Deny(world_, {kLakes});
  const auto found = Search(ByFamily());
  ASSERT_TRUE(found.ok()) << found.status();
  world_.state.matches.clear_matches();
  const auto nobody = Search(ByFamily());
  ASSERT_TRUE(nobody.ok());
  EXPECT_EQ(found->SerializeAsString(), nobody->SerializeAsString());
}

TEST_F(PatientsTest, APersonOfWhomNothingMayBeNamedIsLeftOutForStrangers) {
  Deny(world_, {kLakes, kHarbor, "place/north/north-main"});
  const auto found = Search(ByFamily(), "hie");
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_THAT(found->patients(), IsEmpty());
}

TEST_F(PatientsTest, DomainsRestrictWhatIsShownAndUnknownOnesAreToldSo) {
  SearchPatientsRequest request = ByFamily();
  request.add_domains("2.999.2");
  auto found = Search(request);
  ASSERT_TRUE(found.ok()) << found.status();
  ASSERT_EQ(found->patients_size(), 1);
  EXPECT_THAT(Ids(found->patients(0).identifiers()), ElementsAre("L1"));
  request.set_domains(0, "2.999.3");
  Deny(world_, {kHarbor});
  found = Search(request);
  ASSERT_TRUE(found.ok());
  EXPECT_THAT(found->patients(), IsEmpty());
  request.set_domains(0, "2.999.77");
  EXPECT_TRUE(absl::IsNotFound(Search(request).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(Search(SearchPatientsRequest()).status()));
}

TEST_F(PatientsTest, TooManyAndTooCostlyShowNobody) {
  world_.state.matches.clear_matches();
  world_.state.matches.set_too_many(true);
  auto found = Search(ByFamily());
  ASSERT_TRUE(found.ok());
  EXPECT_TRUE(found->too_many());
  world_.state.matches.set_too_costly(true);
  EXPECT_TRUE(Search(ByFamily())->too_costly());
  EXPECT_EQ(world_.state.queried.limit(), 10U);
  EXPECT_FALSE(world_.state.queried.include_protected());
}

TEST_F(PatientsTest, IdentifiersAreWrittenAsTheirDomainWantsThemAndFindTheProtected) {
  SearchPatientsRequest request;
  auto* condition = request.add_conditions();
  condition->set_field(mpi::v1::PERSON_FIELD_IDENTIFIER);
  condition->add_values("2.999.2|l1");
  ASSERT_TRUE(Search(request).ok());
  EXPECT_EQ(world_.state.queried.conditions(0).values(0), "2.999.2|L1");
  EXPECT_TRUE(world_.state.queried.include_protected());
  request.mutable_conditions(0)->set_values(0, "2.999.2|");
  ASSERT_TRUE(Search(request).ok());
  EXPECT_FALSE(world_.state.queried.include_protected());
}

TEST_F(PatientsTest, MergedAwayIdsAndEidsAreShownWithWhatReplacedThemWhereWanted) {
  auto* match = world_.state.matches.mutable_matches(0);
  match->mutable_person()->add_aliases("old-eid");
  mpi::v1::Record* gone = match->mutable_person()->add_records();
  *gone->mutable_patient() = PatientAt("lakes");
  gone->mutable_patient()->set_id("L0");
  *gone->mutable_merged_into() = PatientAt("lakes");
  *match->mutable_matched(0) = gone->patient();
  SearchPatientsRequest request;
  auto* condition = request.add_conditions();
  condition->set_field(mpi::v1::PERSON_FIELD_IDENTIFIER);
  condition->add_values("2.999.2|L0");
  EXPECT_THAT(Search(request)->patients(), IsEmpty());
  request.set_include_replaced(true);
  const auto by_id = Search(request);
  ASSERT_EQ(by_id->patients_size(), 2);
  EXPECT_FALSE(by_id->patients(0).active());
  EXPECT_EQ(by_id->patients(0).replaced_by().id(), "L1");
  EXPECT_THAT(Ids(by_id->patients(1).identifiers()), ElementsAre("N1", "L1", "H1"));

  request.mutable_conditions(0)->set_field(mpi::v1::PERSON_FIELD_EID);
  request.mutable_conditions(0)->set_values(0, "old-eid");
  const auto by_eid = Search(request);
  ASSERT_EQ(by_eid->patients_size(), 2);
  EXPECT_EQ(by_eid->patients(0).eid(), "eid");
  EXPECT_EQ(by_eid->patients(1).eid(), "old-eid");
  EXPECT_EQ(by_eid->patients(1).replaced_by_eid(), "eid");
  EXPECT_FALSE(by_eid->patients(1).active());
  request.set_include_replaced(false);
  EXPECT_THAT(Search(request)->patients(), IsEmpty());
}

TEST_F(PatientsTest, AFoundPersonIsGradedWithoutTellingOfHiddenRecords) {
  exchange::v1::FindPatientsRequest request;
  request.mutable_demographics()->set_birth_date("1961-04-02");
  const auto find = [&] {
    return *world_.gateway().CallAndWait<ExchangeService::FindPatients>(EdgeWorld::As("north"),
                                                                        request);
  };
  EXPECT_EQ(find().persons(0).grade(), exchange::v1::MATCH_GRADE_CERTAIN);
  EXPECT_THAT(Ids(find().persons(0).patient().identifiers()), ElementsAre("N1", "L1", "H1"));
  {
    const MutexLock lock(world_.state.mutex);
    world_.state.certain = false;
  }
  EXPECT_EQ(find().persons(0).grade(), exchange::v1::MATCH_GRADE_PROBABLE);
  Deny(world_, {kHarbor});
  EXPECT_EQ(find().persons(0).grade(), exchange::v1::MATCH_GRADE_POSSIBLE);
  EXPECT_EQ(find().persons(0).weight_millibits(), 0);
}

TEST_F(PatientsTest, AMarginCountsOnlyWhoIsShown) {
  // Lakes' record is another person's, harbor's a third one's.
  for (const int at : {1, 2}) {
    mpi::v1::Person& other = world_.state.others.emplace_back(world_.state.person);
    other.set_eid(at == 1 ? "second" : "third");
    *other.mutable_records(0) = world_.state.person.records(at);
    other.mutable_records()->DeleteSubrange(1, 2);
  }
  world_.state.person.mutable_records()->DeleteSubrange(1, 2);
  world_.state.weights = {25'000, 21'000, 14'000};
  exchange::v1::FindPatientsRequest request;
  request.mutable_demographics()->set_birth_date("1961-04-02");
  const auto margins = [&](const std::set<std::string>& denied) {
    Deny(world_, denied);
    const auto found = world_.gateway().CallAndWait<ExchangeService::FindPatients>(
        EdgeWorld::As("north"), request);
    EXPECT_TRUE(found.ok()) << found.status();
    std::vector<int32_t> shown;
    if (!found.ok()) return shown;
    for (const auto& person : found->persons()) shown.push_back(person.margin_millibits());
    return shown;
  };
  EXPECT_THAT(margins({}), ElementsAre(4'000, 0, 0));
  EXPECT_THAT(margins({kLakes}), ElementsAre(11'000, 0));
  EXPECT_THAT(margins({kLakes, kHarbor}), ElementsAre(25'000));
}

TEST_F(PatientsTest, CrossReferencesLeaveOutTheSourceAndWhatMayNotBeNamed) {
  auto answer = Refer(Of("north"));
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->outcome(), exchange::v1::CROSS_REFERENCE_OUTCOME_OK);
  EXPECT_EQ(answer->eid(), "eid");
  EXPECT_THAT(Ids(answer->targets()), ElementsAre("L1", "H1"));
  Deny(world_, {kHarbor});
  CrossReferenceRequest request = Of("lakes");
  EXPECT_THAT(Ids(Refer(request)->targets()), ElementsAre("N1"));
  request.add_target_domains("2.999.3");
  EXPECT_THAT(Ids(Refer(request)->targets()), IsEmpty());
}

TEST_F(PatientsTest, AnIdThatMayNotBeNamedIsAnsweredAsOneThatNobodyHas) {
  Deny(world_, {kHarbor});
  const auto hidden = Refer(Of("harbor"));
  const auto unknown = Refer(Of("harbor", "H9"));
  ASSERT_TRUE(hidden.ok() && unknown.ok());
  EXPECT_EQ(hidden->outcome(), exchange::v1::CROSS_REFERENCE_OUTCOME_SOURCE_ID_UNKNOWN);
  EXPECT_EQ(hidden->SerializeAsString(), unknown->SerializeAsString());
  Deny(world_, {kHarbor, kLakes});
  EXPECT_EQ(Refer(Of("north"))->outcome(), exchange::v1::CROSS_REFERENCE_OUTCOME_OK);
}

TEST_F(PatientsTest, UnknownDomainsOfACrossReferenceAreToldApart) {
  CrossReferenceRequest request = Of("north");
  request.mutable_source()->set_assigning_authority("2.999.77");
  EXPECT_EQ(Refer(request)->outcome(), exchange::v1::CROSS_REFERENCE_OUTCOME_SOURCE_DOMAIN_UNKNOWN);
  request = Of("north");
  request.add_target_domains("2.999.77");
  EXPECT_EQ(Refer(request)->outcome(), exchange::v1::CROSS_REFERENCE_OUTCOME_TARGET_DOMAIN_UNKNOWN);
}

TEST_F(PatientsTest, ARevocationBetweenDecisionAndFenceShowsNobody) {
  world_.state.on_intent = [this] {
    const MutexLock lock(world_.state.mutex);
    ++world_.state.consent_epoch;
  };
  EXPECT_TRUE(absl::IsAborted(Search(ByFamily()).status()));
  EXPECT_TRUE(absl::IsAborted(Refer(Of("north")).status()));
}

TEST_F(PatientsTest, OnlyALiveMemberMergesAndOnlyItsOwnIds) {
  exchange::v1::MergePatientsRequest request;
  *request.add_pairs()->mutable_survivor() = PatientAt("north");
  *request.mutable_pairs(0)->mutable_subsumed() = PatientAt("north");
  request.mutable_pairs(0)->mutable_subsumed()->set_id("n0");
  request.set_create_tombstone(true);
  const auto merge = [&](EdgeWorld& world) {
    return world.gateway().CallAndWait<ExchangeService::MergePatients>(EdgeWorld::As("north"),
                                                                       request);
  };
  ASSERT_TRUE(merge(world_).ok());
  EXPECT_EQ(world_.state.merged[0].pairs(0).subsumed().id(), "N0");
  EXPECT_TRUE(world_.state.merged[0].create_tombstone());
  EdgeWorld shadow(100, MemberState::kShadow);
  EXPECT_TRUE(absl::IsFailedPrecondition(merge(shadow).status()));
  *request.mutable_pairs(0)->mutable_subsumed() = PatientAt("lakes");
  EXPECT_TRUE(absl::IsPermissionDenied(merge(world_).status()));
  request.clear_pairs();
  EXPECT_TRUE(absl::IsInvalidArgument(merge(world_).status()));
  EXPECT_EQ(world_.state.merged.size(), 1U);
}

TEST_F(PatientsTest, AMemberInShadowPreviewsAndRegistersNothing) {
  EdgeWorld shadow(100, MemberState::kShadow);
  exchange::v1::PreviewPatientsRequest request;
  *request.add_patients()->mutable_patient() = PatientAt("north");
  *request.add_patients()->mutable_patient() = PatientAt("north");
  request.mutable_patients(1)->mutable_patient()->set_id("bad");
  *request.add_patients()->mutable_patient() = PatientAt("lakes");
  const auto previewed = shadow.gateway().CallAndWait<ExchangeService::PreviewPatients>(
      EdgeWorld::As("north"), request);
  ASSERT_TRUE(previewed.ok()) << previewed.status();
  EXPECT_EQ(previewed->patients(0).outcome(), mpi::v1::LINK_OUTCOME_REVIEW);
  EXPECT_EQ(previewed->patients(0).best_weight_millibits(), 1234);
  EXPECT_EQ(previewed->patients(1).problem(), "patient: bad");
  EXPECT_FALSE(previewed->patients(2).problem().empty());
  exchange::v1::RegisterPatientsRequest registering;
  *registering.add_patients()->mutable_patient() = PatientAt("north");
  const auto registered = shadow.gateway().CallAndWait<ExchangeService::RegisterPatients>(
      EdgeWorld::As("north"), registering);
  EXPECT_EQ(registered->patients(0).problem_code(),
            static_cast<int>(absl::StatusCode::kFailedPrecondition));
  exchange::v1::RemovePatientRequest remove;
  *remove.mutable_patient() = PatientAt("north");
  EXPECT_TRUE(absl::IsFailedPrecondition(
      shadow.gateway()
          .CallAndWait<ExchangeService::RemovePatient>(EdgeWorld::As("north"), remove)
          .status()));
}

TEST_F(PatientsTest, WhatAFeedSaysOfTheEventReachesTheIndex) {
  exchange::v1::RegisterPatientsRequest request;
  auto* patient = request.add_patients();
  *patient->mutable_patient() = PatientAt("north");
  patient->set_event_micros(77);
  patient->set_kind(mpi::v1::REGISTER_KIND_UPDATE);
  patient->set_expected_version(5);
  ASSERT_TRUE(world_.gateway()
                  .CallAndWait<ExchangeService::RegisterPatients>(EdgeWorld::As("north"), request)
                  .ok());
  EXPECT_EQ(world_.state.registered[0].event_micros(), 77);
  EXPECT_EQ(world_.state.registered[0].kind(), mpi::v1::REGISTER_KIND_UPDATE);
  EXPECT_EQ(world_.state.registered[0].expected_version(), 5U);
}

}  // namespace
}  // namespace hie::edge
