// What is not a query: finding, feeding, directives, broken glass, audit, members.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "gateway/edge/fake_roles.h"

namespace hie::edge {
namespace {

using audit::v1::Event;
using exchange::v1::ExchangeService;
using testing::Contains;

class AdministrationTest : public testing::Test {
 protected:
  template <typename Method>
  absl::StatusOr<typename Method::Response> Call(const typename Method::Request& request,
                                                 const std::string& member = "north") {
    return world_.gateway().CallAndWait<Method>(EdgeWorld::As(member), request);
  }

  static bool HasDetail(const std::vector<Event>& events, const std::string& detail) {
    return std::any_of(events.begin(), events.end(), [&detail](const Event& event) {
      return std::find(event.details().begin(), event.details().end(), detail) !=
             event.details().end();
    });
  }

  static exchange::v1::OpenBreakGlassRequest OpenRequest(const std::string& family) {
    exchange::v1::OpenBreakGlassRequest request;
    *request.mutable_subject()->mutable_patient() = PatientAt("north");
    request.mutable_reentered()->add_names()->set_family(family);
    request.mutable_reentered()->set_birth_date("1961-04-02");
    return request;
  }

  void ForgetOwnRecord() {
    world_.state.person.mutable_records()->erase(world_.state.person.records().begin());
  }

  EdgeWorld world_;
};

TEST_F(AdministrationTest, FindPatientsShowsWhomItMayAndRecordsIt) {
  const auto found = Call<ExchangeService::FindPatients>({});
  ASSERT_TRUE(found.ok()) << found.status();
  ASSERT_EQ(found->persons_size(), 1);
  EXPECT_EQ(found->persons(0).eid(), "eid");
  EXPECT_EQ(found->persons(0).weight_millibits(), 25000);
  EXPECT_EQ(found->persons(0).demographics().names(0).family(), "Zzyzx");
  EXPECT_TRUE(world_.Eventually([](const std::vector<Event>& events) {
    return events.size() == 3 && events[0].type() == audit::v1::EVENT_TYPE_QUERY &&
           events[1].type() == audit::v1::EVENT_TYPE_INTENT &&
           events[2].outcome() == audit::v1::RELEASE_OUTCOME_RELEASED;
  }));
}

TEST_F(AdministrationTest, FindPatientsLeavesOutWhomNoPlaceMayName) {
  ForgetOwnRecord();
  world_.state.denied = {"place/lakes/lakes-main", "place/harbor/harbor-main", "place/lakes/",
                         "place/harbor/"};
  const auto found = Call<ExchangeService::FindPatients>({});
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->persons_size(), 0);
  EXPECT_TRUE(HasDetail(world_.Events(), "find:none"));
}

TEST_F(AdministrationTest, FindPatientsHidesWeightsWhereAPlaceIsWithheld) {
  world_.state.denied = {"place/lakes/lakes-main"};
  const auto found = Call<ExchangeService::FindPatients>({});
  ASSERT_TRUE(found.ok()) << found.status();
  ASSERT_EQ(found->persons_size(), 1);
  EXPECT_EQ(found->persons(0).weight_millibits(), 0);
}

TEST_F(AdministrationTest, FindPatientsSaysSoWhereSomebodyMovedOnTheWay) {
  world_.state.on_intent = [this] {
    const MutexLock lock(world_.state.mutex);
    ++world_.state.consent_epoch;
  };
  EXPECT_TRUE(absl::IsAborted(Call<ExchangeService::FindPatients>({}).status()));
  EXPECT_TRUE(world_.Eventually([](const std::vector<Event>& events) {
    return events.back().outcome() == audit::v1::RELEASE_OUTCOME_NOT_RELEASED;
  }));
}

TEST_F(AdministrationTest, RegisterPatientsTakesEachByItself) {
  exchange::v1::RegisterPatientsRequest request;
  *request.add_patients()->mutable_patient() = PatientAt("north");
  *request.add_patients()->mutable_patient() = PatientAt("lakes");
  const auto response = Call<ExchangeService::RegisterPatients>(request);
  ASSERT_TRUE(response.ok()) << response.status();
  ASSERT_EQ(response->patients_size(), 2);
  EXPECT_TRUE(response->patients(0).problem().empty());
  EXPECT_EQ(response->patients(0).outcome(), mpi::v1::LINK_OUTCOME_NEW);
  EXPECT_FALSE(response->patients(1).problem().empty());
  EXPECT_EQ(world_.state.registered.size(), 1U);
  EXPECT_TRUE(absl::IsInvalidArgument(Call<ExchangeService::RegisterPatients>({}).status()));
}

TEST_F(AdministrationTest, DirectivesAreFiledForOwnPatientsWithTheirIncarnation) {
  exchange::v1::PutDirectiveRequest request;
  *request.mutable_directive()->mutable_subject() = PatientAt("north");
  request.mutable_directive()->mutable_subject()->set_id("n1");
  request.mutable_directive()->mutable_subject()->set_incarnation(0);
  ASSERT_TRUE(Call<ExchangeService::PutDirective>(request).ok());
  ASSERT_EQ(world_.state.directives.size(), 1U);
  EXPECT_EQ(world_.state.directives[0].subject().id(), "N1");
  EXPECT_EQ(world_.state.directives[0].subject().incarnation(), 1U);
  *request.mutable_directive()->mutable_subject() = PatientAt("lakes");
  EXPECT_TRUE(absl::IsPermissionDenied(Call<ExchangeService::PutDirective>(request).status()));
  EXPECT_TRUE(Call<ExchangeService::PutDirective>(request, "hie").ok());
  request.mutable_directive()->mutable_subject()->set_incarnation(2);  // Another holder.
  EXPECT_TRUE(absl::IsNotFound(Call<ExchangeService::PutDirective>(request, "hie").status()));
}

TEST_F(AdministrationTest, AMemberSeesTheDirectivesThatWereFiledWithIt) {
  exchange::v1::ListDirectivesRequest request;
  request.mutable_subject()->set_eid("eid");
  const auto own = Call<ExchangeService::ListDirectives>(request);
  ASSERT_TRUE(own.ok()) << own.status();
  EXPECT_EQ(own->directives_size(), 1);
  const auto all = Call<ExchangeService::ListDirectives>(request, "hie");
  ASSERT_TRUE(all.ok()) << all.status();
  EXPECT_EQ(all->directives_size(), 3);
}

TEST_F(AdministrationTest, DirectivesAreReadOnRecordOrNotAtAll) {
  exchange::v1::ListDirectivesRequest request;
  *request.mutable_subject()->mutable_patient() = PatientAt("north");
  ASSERT_TRUE(Call<ExchangeService::ListDirectives>(request).ok());
  EXPECT_TRUE(HasDetail(world_.Events(), "directives-read"));
  world_.state.audit_down = absl::UnavailableError("disk");
  EXPECT_TRUE(absl::IsUnavailable(Call<ExchangeService::ListDirectives>(request).status()));
}

// Whoever may know nothing of a person is told what is told of nobody.
TEST_F(AdministrationTest, APersonOfOtherMembersOnlyIsUnknown) {
  ForgetOwnRecord();
  exchange::v1::PatientSubject subject;
  subject.mutable_demographics()->set_birth_date("1961-04-02");
  exchange::v1::ListDirectivesRequest directives;
  *directives.mutable_subject() = subject;
  exchange::v1::ListAuditRequest audit;
  *audit.mutable_subject() = subject;
  audit.set_before_sequence(1);  // Nothing that may be shown.
  const absl::Status withheld = Call<ExchangeService::ListDirectives>(directives).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(withheld)) << withheld;
  EXPECT_EQ(Call<ExchangeService::ListAudit>(audit).status(), withheld);
  {
    const MutexLock lock(world_.state.mutex);
    world_.state.certain = false;
  }
  EXPECT_EQ(Call<ExchangeService::ListDirectives>(directives).status(), withheld);
  EXPECT_EQ(Call<ExchangeService::ListAudit>(audit).status(), withheld);
}

TEST_F(AdministrationTest, BrokenGlassIsOnRecordBeforeItOpens) {
  const auto opened = Call<ExchangeService::OpenBreakGlass>(OpenRequest("zzyzx"));
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(opened->session_id(), "session");
  EXPECT_TRUE(HasDetail(world_.Events(), "requested"));
}

TEST_F(AdministrationTest, RefusedBreakGlassIsOnRecordToo) {
  EXPECT_TRUE(absl::IsInvalidArgument(
      Call<ExchangeService::OpenBreakGlass>(OpenRequest("Another")).status()));
  EXPECT_TRUE(HasDetail(world_.Events(), "refused:INVALID_ARGUMENT"));
  world_.state.open_refused = absl::PermissionDeniedError("role: not eligible");
  EXPECT_TRUE(absl::IsPermissionDenied(
      Call<ExchangeService::OpenBreakGlass>(OpenRequest("Zzyzx")).status()));
  EXPECT_TRUE(HasDetail(world_.Events(), "refused:PERMISSION_DENIED"));
  EXPECT_TRUE(absl::IsFailedPrecondition(Call<ExchangeService::AttestSecondTier>({}).status()));
  EXPECT_TRUE(HasDetail(world_.Events(), "refused:FAILED_PRECONDITION"));
}

TEST_F(AdministrationTest, BreakGlassNeedsACertainIdentityAndTheAudit) {
  auto request = OpenRequest("Zzyzx");
  request.mutable_subject()->mutable_demographics()->set_birth_date("1961-04-02");
  world_.state.certain = false;
  EXPECT_TRUE(absl::IsFailedPrecondition(Call<ExchangeService::OpenBreakGlass>(request).status()));
  world_.state.audit_down = absl::UnavailableError("disk");
  EXPECT_TRUE(
      absl::IsUnavailable(Call<ExchangeService::OpenBreakGlass>(OpenRequest("Zzyzx")).status()));
}

TEST_F(AdministrationTest, AMemberReadsItsOwnLeavesAndTheReadingIsOnRecord) {
  exchange::v1::ListAuditRequest request;
  *request.mutable_subject()->mutable_patient() = PatientAt("north");
  const auto own = Call<ExchangeService::ListAudit>(request);
  ASSERT_TRUE(own.ok()) << own.status();
  ASSERT_EQ(own->records_size(), 1);
  EXPECT_EQ(own->records(0).leaf().member(), "north");
  EXPECT_EQ(own->records(0).patients_size(), 1);  // Of three: its own, and its tag.
  ASSERT_EQ(own->records(0).leaf().patients_size(), 1);
  EXPECT_EQ(own->records(0).leaf().patients(0).tag(), "N1");
  EXPECT_TRUE(HasDetail(world_.Events(), "audit-read-by-patient"));
  const auto all = Call<ExchangeService::ListAudit>(request, "hie");
  ASSERT_TRUE(all.ok()) << all.status();
  EXPECT_EQ(all->records_size(), 2);
  exchange::v1::ListAuditRequest other;
  other.set_member("lakes");
  EXPECT_TRUE(absl::IsPermissionDenied(Call<ExchangeService::ListAudit>(other).status()));
  EXPECT_EQ(Call<ExchangeService::VerifyAudit>({})->leaves(), 7U);
  EXPECT_EQ(Call<ExchangeService::ListNotices>({})->notices(0).member(), "north");
}

TEST_F(AdministrationTest, LeavesThatAreNotShownDoNotEndTheReading) {
  exchange::v1::ListAuditRequest request;
  *request.mutable_subject()->mutable_patient() = PatientAt("north");
  request.set_limit(1);  // The newest is of lakes.
  const auto own = Call<ExchangeService::ListAudit>(request);
  ASSERT_TRUE(own.ok()) << own.status();
  ASSERT_EQ(own->records_size(), 1);
  EXPECT_EQ(own->records(0).leaf().member(), "north");
  EXPECT_FALSE(own->truncated());
  const auto all = Call<ExchangeService::ListAudit>(request, "hie");
  ASSERT_TRUE(all.ok()) << all.status();
  EXPECT_EQ(all->records_size(), 1);
  EXPECT_TRUE(all->truncated());
}

TEST_F(AdministrationTest, TheOperatorAloneChangesMembers) {
  exchange::v1::PutMemberRequest request;
  request.mutable_member()->set_id("quay");
  EXPECT_TRUE(absl::IsPermissionDenied(Call<ExchangeService::PutMember>(request).status()));
  EXPECT_TRUE(Call<ExchangeService::PutMember>(request, "hie").ok());
  world_.members.answers["lakes"] = {};
  const auto listed = Call<ExchangeService::ListMembers>({});
  ASSERT_TRUE(listed.ok()) << listed.status();
  ASSERT_EQ(listed->members_size(), 4);
  EXPECT_EQ(listed->members(2).member().id(), "lakes");
  EXPECT_TRUE(listed->members(2).attached());
  EXPECT_FALSE(listed->members(3).attached());
}

TEST_F(AdministrationTest, LinksAreDecidedByTheOperator) {
  exchange::v1::DecideLinkRequest request;
  *request.mutable_first() = PatientAt("lakes");
  *request.mutable_second() = PatientAt("harbor");
  EXPECT_TRUE(absl::IsPermissionDenied(Call<ExchangeService::DecideLink>(request).status()));
  EXPECT_TRUE(
      absl::IsPermissionDenied(Call<ExchangeService::DecideLink>(request, "lakes").status()));
  EXPECT_TRUE(Call<ExchangeService::DecideLink>(request, "hie").ok());
}

}  // namespace
}  // namespace hie::edge
