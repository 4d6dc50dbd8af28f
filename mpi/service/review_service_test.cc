#include "mpi/service/review_service.h"

#include "absl/strings/str_cat.h"
#include "mpi/service/service_fixture.h"
#include "mpi/store/review_task_check.h"
#include "mpi/store/task_rank.h"

namespace hie::mpi {
namespace {

using ::hie::testing::IsOk;
using ::hie::testing::StatusIs;
using ::hie::testing::ValueOrDie;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr auto kFailed = absl::StatusCode::kFailedPrecondition;

common::v1::Actor Who(const char* user) {
  common::v1::Actor actor;
  actor.set_member("exchange");
  actor.set_user(user);
  return actor;
}

common::v1::Demographics WithSuffix(common::v1::Demographics d, const char* suffix) {
  d.mutable_names(0)->set_suffix(suffix);
  return d;
}

class ReviewServiceTest : public ServiceFixture {
 protected:
  ~ReviewServiceTest() override {
    EXPECT_THAT(ValueOrDie(CheckReviewTables(*role_->journal().Snapshot())), IsEmpty());
  }

  ReviewService& review() { return role_->review(); }

  std::vector<v1::Task> Tasks(const v1::ListTasksRequest& request = {}) {
    const auto response = ValueOrDie(review().ListTasks(request));
    return {response.tasks().begin(), response.tasks().end()};
  }

  absl::StatusOr<v1::Task> Lease(uint64_t task, const char* user) {
    v1::LeaseTaskRequest request;
    *request.mutable_actor() = Who(user);
    request.set_task(task);
    auto response = review().LeaseTask(request);
    if (!response.ok()) return response.status();
    return response->task();
  }

  absl::StatusOr<v1::DecideTaskResponse> Answer(const v1::Task& task, const char* user,
                                                v1::TaskVerdict verdict) {
    clock_.Advance(absl::Seconds(1));
    v1::DecideTaskRequest request;
    *request.mutable_actor() = Who(user);
    request.set_task(task.task());
    request.set_verdict(verdict);
    request.set_reason("cards compared");
    request.set_first_version(task.first_version());
    request.set_second_version(task.second_version());
    return review().DecideTask(request);
  }

  // Leases and answers.
  absl::StatusOr<v1::DecideTaskResponse> Review(uint64_t task, const char* user,
                                                v1::TaskVerdict verdict) {
    const auto leased = Lease(task, user);
    if (!leased.ok()) return leased.status();
    return Answer(*leased, user, verdict);
  }

  absl::StatusOr<uint64_t> Demand(const common::v1::LocalPatient& a,
                                  const common::v1::LocalPatient& b) {
    clock_.Advance(absl::Seconds(1));
    v1::AddDemandRequest request;
    *request.mutable_actor() = Who("nurse");
    *request.mutable_first() = a;
    *request.mutable_second() = b;
    auto response = review().AddDemand(request);
    if (!response.ok()) return response.status();
    return response->task();
  }

  absl::StatusOr<v1::UndoEventResponse> Undo(uint64_t sequence) {
    clock_.Advance(absl::Seconds(1));
    v1::UndoEventRequest request;
    *request.mutable_actor() = Who("steward");
    request.set_sequence(sequence);
    request.set_reason("two people");
    return review().UndoEvent(request);
  }

  std::vector<v1::LinkEvent> EventsOf(const common::v1::LocalPatient& key) {
    v1::ListEventsRequest request;
    *request.mutable_patient() = key;
    const auto response = ValueOrDie(review().ListEvents(request));
    return {response.events().begin(), response.events().end()};
  }

  absl::StatusOr<v1::DecideLinkResponse> Confirm(const common::v1::LocalPatient& a,
                                                 const common::v1::LocalPatient& b, bool same) {
    v1::DecideLinkRequest request;
    request.mutable_actor()->set_member("lakes");
    *request.mutable_first() = a;
    *request.mutable_second() = b;
    request.set_same_person(same);
    request.set_reason("card seen at the desk");
    request.set_authority(v1::DECISION_AUTHORITY_REGISTRAR);
    return role_->service().DecideLink(request);
  }

  bool Together(const common::v1::LocalPatient& a, const common::v1::LocalPatient& b) {
    return ValueOrDie(Resolve(a)).eid() == ValueOrDie(Resolve(b)).eid();
  }

  // Two namesakes of whom nothing else is known: a possible link.
  uint64_t OpenPossibleLink() {
    Register(Key(kLakes, "1"), Person("Smith", "John", "1980-03-05"));
    Register(Key(kHills, "2"), Person("Smith", "John", "1980-03-05"));
    return Tasks().at(0).task();
  }

  // Tasks about pairs of strangers, up to the first that is read twice.
  uint64_t OpenTaskReadTwice() {
    uint64_t task = 0;
    for (int i = 0; !IsReadTwice(task); ++i) {
      const std::string a = absl::StrCat("a", i);
      const std::string b = absl::StrCat("b", i);
      Register(Key(kLakes, a.c_str()),
               Person("Larssen", "Olga", absl::StrCat(1900 + i, "-03-05").c_str()));
      Register(Key(kHills, b.c_str()),
               Person("Larssen", "Olga", absl::StrCat(1901 + i, "-11-23").c_str()));
      task = ValueOrDie(Demand(Key(kLakes, a.c_str()), Key(kHills, b.c_str())));
    }
    return task;
  }

  // Eight records of one person each at two members, who differ in the birth date.
  void RegisterTwoLargePersons() {
    for (int i = 0; i < 8; ++i) {
      const std::string id = absl::StrCat("x", i);
      Register(Key(kLakes, id.c_str()),
               WithSsn(AtHome(Person("Larssen", "Olga", "1980-03-05")), "657680341"));
      auto other = Person("Larssen", "Olga", "1951-11-23");
      other.add_phones("517-555-0142");
      Register(Key(kHills, id.c_str()), WithSsn(other, "219099999"));
    }
    ASSERT_TRUE(Together(Key(kLakes, "x0"), Key(kLakes, "x7")));
    ASSERT_TRUE(Together(Key(kHills, "x0"), Key(kHills, "x7")));
    ASSERT_FALSE(Together(Key(kLakes, "x0"), Key(kHills, "x7")));
  }
};

TEST_F(ReviewServiceTest, APossibleLinkIsATaskUntilItIsDecided) {
  const uint64_t number = OpenPossibleLink();
  const v1::Task task = Tasks().at(0);
  EXPECT_EQ(task.kind(), v1::TASK_KIND_POSSIBLE_LINK);
  EXPECT_EQ(task.state(), v1::REVIEW_STATE_OPEN);
  EXPECT_EQ(task.records_exposed(), 2u);
  EXPECT_GT(task.due_micros(), task.opened_micros());
  const v1::PossibleLink link = ValueOrDie(Resolve(Key(kLakes, "1"))).possible(0);
  EXPECT_EQ(link.review(), v1::REVIEW_STATE_OPEN);
  EXPECT_EQ(link.due_micros(), task.due_micros());
  const auto decided = ValueOrDie(Review(number, "ann", v1::TASK_VERDICT_SAME));
  EXPECT_EQ(decided.outcome(), v1::TASK_OUTCOME_DECIDED);
  EXPECT_EQ(decided.first_eid(), decided.second_eid());
  EXPECT_THAT(Tasks(), IsEmpty());
  EXPECT_EQ(EventsOf(Key(kLakes, "1")).back().sequence(), decided.sequence());
  EXPECT_EQ(EventsOf(Key(kLakes, "1")).back().kind(), v1::EVENT_KIND_DECIDED);
}

TEST_F(ReviewServiceTest, ADecisionMadeElsewhereEndsTheTask) {
  OpenPossibleLink();
  EXPECT_THAT(Decide(Key(kLakes, "1"), Key(kHills, "2"), false), IsOk());
  EXPECT_THAT(Tasks(), IsEmpty());
}

TEST_F(ReviewServiceTest, ATaskIsOnePersonsForAWhile) {
  const uint64_t task = OpenPossibleLink();
  EXPECT_THAT(Lease(task, ""), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(Lease(task + 7, "ann"), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_EQ(ValueOrDie(Lease(task, "ann")).owner().user(), "ann");
  EXPECT_THAT(Lease(task, "ann"), IsOk());
  EXPECT_THAT(Lease(task, "ben"), StatusIs(kFailed, HasSubstr("somebody else")));
  EXPECT_THAT(Answer(Tasks().at(0), "ben", v1::TASK_VERDICT_SAME), StatusIs(kFailed));
  clock_.Advance(kTaskLeaseTime);
  EXPECT_THAT(Answer(Tasks().at(0), "ann", v1::TASK_VERDICT_SAME), StatusIs(kFailed));
  EXPECT_THAT(Lease(task, "ben"), IsOk());
  v1::ReleaseTaskRequest release;
  *release.mutable_actor() = Who("ben");
  release.set_task(task);
  EXPECT_THAT(review().ReleaseTask(release), IsOk());
  EXPECT_FALSE(Tasks().at(0).has_owner());
}

TEST_F(ReviewServiceTest, AnAnswerAboutAnEarlierVersionIsRefused) {
  const uint64_t number = OpenPossibleLink();
  const v1::Task looked_at = ValueOrDie(Lease(number, "ann"));
  auto update = Person("Smith", "John", "1980-03-05");
  update.set_mother_maiden_name("Quimby");
  Register(Key(kLakes, "1"), update);
  ASSERT_THAT(Tasks(), SizeIs(1));
  EXPECT_TRUE(Tasks().at(0).changed_since_queued());
  EXPECT_THAT(Answer(looked_at, "ann", v1::TASK_VERDICT_SAME),
              StatusIs(absl::StatusCode::kAborted));
  EXPECT_THAT(Answer(Tasks().at(0), "ann", v1::TASK_VERDICT_SAME), IsOk());
}

TEST_F(ReviewServiceTest, WhatIsNotDoneInABusinessDayEscalates) {
  OpenPossibleLink();
  clock_.Advance(absl::Hours(24 * 4));
  EXPECT_EQ(Tasks().at(0).state(), v1::REVIEW_STATE_ESCALATED);
  v1::ListTasksRequest escalated;
  escalated.set_escalated_only(true);
  EXPECT_THAT(Tasks(escalated), SizeIs(1));
}

TEST_F(ReviewServiceTest, AQueryThatWaitsComesFirst) {
  const uint64_t first = OpenPossibleLink();
  Register(Key(kLakes, "3"), Person("Smith", "James", "1951-11-23"));
  Register(Key(kHills, "4"), Person("Smith", "James", "1951-11-23"));
  const uint64_t demanded = ValueOrDie(Demand(Key(kHills, "4"), Key(kLakes, "3")));
  EXPECT_NE(demanded, first);
  EXPECT_EQ(Tasks().at(0).task(), demanded);
  EXPECT_EQ(Tasks().at(0).demands(), 1u);
  EXPECT_EQ(ValueOrDie(Demand(Key(kHills, "2"), Key(kLakes, "1"))), first);
  EXPECT_EQ(Tasks().at(0).task(), first);
  // A pair that matching does not ask about gets a task of its own.
  const uint64_t asked = ValueOrDie(Demand(Key(kHills, "2"), Key(kLakes, "3")));
  EXPECT_EQ(Tasks().at(0).task(), asked);
  EXPECT_EQ(Tasks().at(0).kind(), v1::TASK_KIND_ASKED);
  EXPECT_THAT(Decide(Key(kHills, "2"), Key(kLakes, "3"), false), IsOk());
  EXPECT_THAT(Tasks(), SizeIs(2));
  EXPECT_THAT(Demand(Key(kHills, "2"), Key(kLakes, "3")), StatusIs(kFailed));
}

TEST_F(ReviewServiceTest, TheQueueIsReadInPages) {
  OpenTaskReadTwice();
  const size_t all = Tasks().size();
  ASSERT_GT(all, 2u);
  v1::ListTasksRequest page;
  page.set_limit(2);
  size_t read = 0;
  while (true) {
    const auto response = ValueOrDie(review().ListTasks(page));
    read += static_cast<size_t>(response.tasks_size());
    EXPECT_EQ(response.daily_share(), 100u);
    if (!response.more()) break;
    page.set_after_task(response.tasks(response.tasks_size() - 1).task());
  }
  EXPECT_EQ(read, all);
}

TEST_F(ReviewServiceTest, ASecondReaderDoesNotSeeTheFirstAnswer) {
  const uint64_t number = OpenTaskReadTwice();
  EXPECT_EQ(ValueOrDie(Review(number, "ann", v1::TASK_VERDICT_DIFFERENT)).outcome(),
            v1::TASK_OUTCOME_AWAITS_SECOND);
  const v1::Task seen = Tasks().at(0);
  ASSERT_EQ(seen.task(), number);
  EXPECT_THAT(seen.answers(), IsEmpty());
  EXPECT_EQ(seen.state(), v1::REVIEW_STATE_OPEN);
  EXPECT_THAT(Lease(number, "ann"), StatusIs(kFailed, HasSubstr("another person")));
  EXPECT_EQ(ValueOrDie(Review(number, "ben", v1::TASK_VERDICT_DIFFERENT)).outcome(),
            v1::TASK_OUTCOME_DECIDED);
}

TEST_F(ReviewServiceTest, ADisagreementChangesNothingUntilTwoAgree) {
  const uint64_t number = OpenTaskReadTwice();
  EXPECT_THAT(Review(number, "ann", v1::TASK_VERDICT_SAME), IsOk());
  const size_t events = EventsOf(Tasks().at(0).first()).size();
  EXPECT_EQ(ValueOrDie(Review(number, "ben", v1::TASK_VERDICT_DIFFERENT)).outcome(),
            v1::TASK_OUTCOME_DISPUTED);
  const v1::Task disputed = Tasks().at(0);
  EXPECT_EQ(disputed.state(), v1::REVIEW_STATE_ESCALATED);
  EXPECT_THAT(disputed.answers(), SizeIs(2));
  EXPECT_THAT(EventsOf(disputed.first()), SizeIs(events));
  EXPECT_EQ(ValueOrDie(Review(number, "eve", v1::TASK_VERDICT_DIFFERENT)).outcome(),
            v1::TASK_OUTCOME_DECIDED);
}

TEST_F(ReviewServiceTest, WhoCannotSayAsksForOthers) {
  const uint64_t number = OpenPossibleLink();
  EXPECT_EQ(ValueOrDie(Review(number, "ann", v1::TASK_VERDICT_CANNOT_SAY)).outcome(),
            v1::TASK_OUTCOME_DISPUTED);
  EXPECT_EQ(Tasks().at(0).state(), v1::REVIEW_STATE_ESCALATED);
  EXPECT_EQ(ValueOrDie(Review(number, "ben", v1::TASK_VERDICT_SAME)).outcome(),
            v1::TASK_OUTCOME_DISPUTED);
  EXPECT_EQ(ValueOrDie(Review(number, "eve", v1::TASK_VERDICT_SAME)).outcome(),
            v1::TASK_OUTCOME_DECIDED);
}

TEST_F(ReviewServiceTest, LargePersonsBecomeOneOnlyWhereTwoPeopleAgree) {
  RegisterTwoLargePersons();
  if (HasFatalFailure()) return;
  EXPECT_THAT(Decide(Key(kLakes, "x0"), Key(kHills, "x0"), true),
              StatusIs(kFailed, HasSubstr("two persons agree")));
  const uint64_t number = ValueOrDie(Demand(Key(kLakes, "x0"), Key(kHills, "x0")));
  EXPECT_TRUE(ValueOrDie(Lease(number, "ann")).needs_two());
  EXPECT_EQ(ValueOrDie(Review(number, "ann", v1::TASK_VERDICT_SAME)).outcome(),
            v1::TASK_OUTCOME_AWAITS_SECOND);
  EXPECT_FALSE(Together(Key(kLakes, "x0"), Key(kHills, "x0")));
}

TEST_F(ReviewServiceTest, ARegistrarConfirmsAndNeverOverridesASteward) {
  OpenPossibleLink();
  EXPECT_THAT(Confirm(Key(kLakes, "1"), Key(kHills, "2"), false),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(Confirm(Key(kLakes, "1"), Key(kHills, "2"), true), IsOk());
  EXPECT_TRUE(Together(Key(kLakes, "1"), Key(kHills, "2")));
  EXPECT_THAT(Decide(Key(kLakes, "1"), Key(kHills, "2"), false), IsOk());
  EXPECT_THAT(Confirm(Key(kLakes, "1"), Key(kHills, "2"), true), StatusIs(kFailed));
  EXPECT_FALSE(Together(Key(kLakes, "1"), Key(kHills, "2")));
}

TEST_F(ReviewServiceTest, ARegistrarEndsNoHold) {
  Register(Key(kLakes, "1"), Person("Larssen", "Olga", "1980-03-05"));
  Register(Key(kLakes, "1"), Person("Quimby", "Isai", "1951-11-23"));
  EXPECT_THAT(Confirm(Key(kLakes, "1", 1), Key(kLakes, "1", 2), true),
              StatusIs(kFailed, HasSubstr("identity-hold")));
}

TEST_F(ReviewServiceTest, ADecisionAboutEarlierVersionsIsRefused) {
  OpenPossibleLink();
  v1::DecideLinkRequest request;
  request.mutable_actor()->set_member("exchange");
  *request.mutable_first() = Key(kLakes, "1");
  *request.mutable_second() = Key(kHills, "2");
  request.set_same_person(true);
  request.set_reason("seen");
  request.set_first_version(2);
  EXPECT_THAT(role_->service().DecideLink(request), StatusIs(absl::StatusCode::kAborted));
  request.set_first_version(1);
  request.set_second_version(1);
  EXPECT_THAT(role_->service().DecideLink(request), IsOk());
}

TEST_F(ReviewServiceTest, AnUpdateThatContradictsADecisionIsATask) {
  Register(Key(kLakes, "1"), Person("Larssen", "Olga", "1980-03-05"));
  Register(Key(kHills, "2"), Person("Larssen", "Olga", "1980-03-05"));
  EXPECT_THAT(Decide(Key(kLakes, "1"), Key(kHills, "2"), true), IsOk());
  auto step = Person("Larssen", "Anna", "1980-03-05");
  step.set_sex(common::v1::ADMINISTRATIVE_SEX_UNKNOWN);
  Register(Key(kHills, "2"), step);
  Register(Key(kHills, "2"), Person("Larssen", "Anna", "1951-11-23"));
  EXPECT_TRUE(Together(Key(kLakes, "1"), Key(kHills, "2")));
  v1::ListTasksRequest request;
  request.set_kind(v1::TASK_KIND_DECISION_CONTRADICTED);
  ASSERT_THAT(Tasks(request), SizeIs(1));
  EXPECT_EQ(Tasks(request).at(0).first().id(), "2");
  EXPECT_THAT(Review(Tasks(request).at(0).task(), "ann", v1::TASK_VERDICT_SAME), IsOk());
  EXPECT_THAT(Tasks(request), IsEmpty());
  EXPECT_TRUE(Together(Key(kLakes, "1"), Key(kHills, "2")));
}

TEST_F(ReviewServiceTest, AHoldIsATaskAndUndoingItsEndOpensItAgain) {
  Register(Key(kLakes, "1"), Person("Larssen", "Olga", "1980-03-05"));
  Register(Key(kLakes, "1"), Person("Quimby", "Isai", "1951-11-23"));
  ASSERT_THAT(Tasks(), SizeIs(1));
  EXPECT_EQ(Tasks().at(0).kind(), v1::TASK_KIND_OVERLAY);
  EXPECT_EQ(EventsOf(Key(kLakes, "1")).back().kind(), v1::EVENT_KIND_HELD);
  const auto decided = ValueOrDie(Review(Tasks().at(0).task(), "ann", v1::TASK_VERDICT_SAME));
  EXPECT_THAT(Resolve(Key(kLakes, "1")), IsOk());
  EXPECT_THAT(Tasks(), IsEmpty());
  EXPECT_THAT(Undo(decided.sequence()), IsOk());
  EXPECT_THAT(Resolve(Key(kLakes, "1")), StatusIs(kFailed, HasSubstr("identity-hold")));
  EXPECT_THAT(Tasks(), SizeIs(1));
}

TEST_F(ReviewServiceTest, AnUndoneLinkStaysUndoneAndWhoCameLaterIsQueued) {
  const auto person = WithSsn(AtHome(Person("Larssen", "Olga", "1980-03-05")), "657680341");
  const auto first = Register(Key(kLakes, "1"), person);
  Register(Key(kHills, "2"), person);
  const v1::LinkEvent linked = EventsOf(Key(kHills, "2")).back();
  EXPECT_EQ(linked.kind(), v1::EVENT_KIND_LINKED);
  Register(Key(kDunes, "3"), person);
  ASSERT_TRUE(Together(Key(kLakes, "1"), Key(kDunes, "3")));
  const auto undone = ValueOrDie(Undo(linked.sequence()));
  EXPECT_FALSE(undone.exact());
  EXPECT_EQ(undone.since_micros(), linked.micros());
  EXPECT_THAT(undone.affected(), SizeIs(3));
  EXPECT_THAT(undone.person_eids(), SizeIs(2));
  ASSERT_THAT(undone.left(), SizeIs(1));
  EXPECT_EQ(undone.left(0).id(), "3");
  EXPECT_FALSE(Together(Key(kLakes, "1"), Key(kHills, "2")));
  EXPECT_TRUE(Together(Key(kLakes, "1"), Key(kDunes, "3")));
  EXPECT_THAT(Resolve(first.eid()), StatusIs(kFailed, HasSubstr("identity-split")));
  v1::ListTasksRequest left;
  left.set_kind(v1::TASK_KIND_LEFT_BY_UNDO);
  EXPECT_THAT(Tasks(left), SizeIs(1));
  // Matching does not do it again.
  auto update = person;
  update.add_phones("517-555-0142");
  Register(Key(kHills, "2"), update);
  EXPECT_FALSE(Together(Key(kLakes, "1"), Key(kHills, "2")));
  EXPECT_THAT(Undo(linked.sequence()), StatusIs(kFailed, HasSubstr("undone already by event")));
  EXPECT_THAT(Undo(undone.sequence()), IsOk());
  EXPECT_TRUE(Together(Key(kLakes, "1"), Key(kHills, "2")));
}

TEST_F(ReviewServiceTest, AnUndoJoinsNobodyWhoContradictsSince) {
  const auto person = WithSsn(AtHome(Person("Larssen", "Olga", "1980-03-05")), "657680341");
  Register(Key(kLakes, "1"), WithSuffix(person, "JR"));
  Register(Key(kHills, "2"), person);
  ASSERT_TRUE(Together(Key(kLakes, "1"), Key(kHills, "2")));
  EXPECT_THAT(Decide(Key(kLakes, "1"), Key(kHills, "2"), false), IsOk());
  const uint64_t parted = EventsOf(Key(kHills, "2")).back().sequence();
  Register(Key(kHills, "2"), WithSuffix(person, "SR"));
  ASSERT_EQ(EventsOf(Key(kHills, "2")).back().sequence(), parted);
  EXPECT_THAT(Undo(parted), StatusIs(kFailed, HasSubstr("contradict each other: generation")));
  EXPECT_FALSE(Together(Key(kLakes, "1"), Key(kHills, "2")));
  // Mended at its source.
  Register(Key(kHills, "2"), person);
  EXPECT_THAT(Undo(parted), IsOk());
  EXPECT_TRUE(Together(Key(kLakes, "1"), Key(kHills, "2")));
}

TEST_F(ReviewServiceTest, UndoingAnUndoJoinsNobodyWhoContradictsSince) {
  const auto person = Person("Smith", "John", "1980-03-05");
  Register(Key(kLakes, "1"), WithSuffix(person, "JR"));
  Register(Key(kHills, "2"), person);
  EXPECT_THAT(Decide(Key(kLakes, "1"), Key(kHills, "2"), true), IsOk());
  const auto undone = ValueOrDie(Undo(EventsOf(Key(kHills, "2")).back().sequence()));
  ASSERT_FALSE(Together(Key(kLakes, "1"), Key(kHills, "2")));
  Register(Key(kHills, "2"), WithSuffix(person, "SR"));
  EXPECT_THAT(Undo(undone.sequence()),
              StatusIs(kFailed, HasSubstr("contradict each other: generation")));
  EXPECT_FALSE(Together(Key(kLakes, "1"), Key(kHills, "2")));
}

TEST_F(ReviewServiceTest, AnEventIsNotUndoneUnderALaterDecision) {
  const auto person = WithSsn(AtHome(Person("Larssen", "Olga", "1980-03-05")), "657680341");
  Register(Key(kLakes, "1"), person);
  Register(Key(kHills, "2"), person);
  const v1::LinkEvent linked = EventsOf(Key(kHills, "2")).back();
  EXPECT_THAT(Decide(Key(kLakes, "1"), Key(kHills, "2"), true), IsOk());
  const uint64_t decision = EventsOf(Key(kHills, "2")).back().sequence();
  EXPECT_THAT(Undo(linked.sequence()),
              StatusIs(kFailed, HasSubstr(absl::StrCat("event ", decision))));
  EXPECT_THAT(Undo(decision), IsOk());
  EXPECT_THAT(Undo(linked.sequence()), IsOk());
  EXPECT_FALSE(Together(Key(kLakes, "1"), Key(kHills, "2")));
}

TEST_F(ReviewServiceTest, EventsAreFoundByRecordAndByEid) {
  const auto person = WithSsn(AtHome(Person("Larssen", "Olga", "1980-03-05")), "657680341");
  const auto first = Register(Key(kLakes, "1"), person);
  EXPECT_THAT(EventsOf(Key(kLakes, "1")), IsEmpty());
  Register(Key(kHills, "2"), person);
  EXPECT_THAT(Decide(Key(kLakes, "1"), Key(kHills, "2"), false), IsOk());
  v1::ListEventsRequest request;
  request.set_eid(first.eid());
  EXPECT_THAT(ValueOrDie(review().ListEvents(request)).events(), SizeIs(2));
  request.set_limit(1);
  EXPECT_TRUE(ValueOrDie(review().ListEvents(request)).more());
  request.set_eid("00000000-0000-7000-8000-000000000000");
  EXPECT_THAT(review().ListEvents(request), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(ValueOrDie(review().ListEvents({})).events(), SizeIs(2));
  v1::GetRecordHistoryRequest history;
  *history.mutable_patient() = Key(kHills, "2");
  Register(Key(kHills, "2"), AtHome(Person("Larssen", "Olga", "1980-03-05")));
  const auto of_record = ValueOrDie(review().GetRecordHistory(history));
  ASSERT_THAT(of_record.versions(), SizeIs(2));
  EXPECT_EQ(of_record.versions(0).version(), 2u);
  EXPECT_THAT(of_record.events(), SizeIs(2));
  EXPECT_EQ(of_record.events(0).kind(), v1::EVENT_KIND_DECIDED);
  ASSERT_THAT(of_record.decisions(), SizeIs(1));
  EXPECT_FALSE(of_record.decisions(0).decision().same_person());
}

}  // namespace
}  // namespace hie::mpi
