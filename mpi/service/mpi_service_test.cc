#include "mpi/service/mpi_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "mpi/service/service_fixture.h"
#include "tests/support/status_matchers.h"

namespace hie::mpi {
namespace {

using MpiServiceTest = ServiceFixture;
using ::hie::testing::IsOk;
using ::hie::testing::StatusIs;
using ::hie::testing::ValueOrDie;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST_F(MpiServiceTest, LinksTheSamePersonAcrossMembers) {
  const auto first = Register(Key(kLakes, "1"), AtHome(Person("Larssen", "Olga", "1980-03-05")));
  EXPECT_EQ(first.outcome(), v1::LINK_OUTCOME_NEW);
  EXPECT_EQ(first.patient().incarnation(), 1u);
  const auto second = Register(Key(kHills, "7"), Person("LARSSEN", "Olga", "1980-03-05"));
  EXPECT_EQ(second.outcome(), v1::LINK_OUTCOME_LINKED);
  EXPECT_EQ(second.eid(), first.eid());
  EXPECT_GT(second.link_version(), first.link_version());
  const v1::Person person = ValueOrDie(Resolve(Key(kLakes, "1")));
  ASSERT_THAT(person.records(), SizeIs(2));
  EXPECT_EQ(person.records(0).patient().assigning_authority(), kLakes);
  EXPECT_THAT(person.aliases(), IsEmpty());
}

TEST_F(MpiServiceTest, ARegistrationAgainChangesNothing) {
  const auto d = Person("Larssen", "Olga", "1980-03-05");
  const auto first = Register(Key(kLakes, "1"), d);
  const size_t events = OutboxRows();
  const auto again = Register(Key(kLakes, "1"), d);
  EXPECT_EQ(again.outcome(), v1::LINK_OUTCOME_UNCHANGED);
  EXPECT_EQ(again.link_version(), first.link_version());
  EXPECT_EQ(ValueOrDie(Resolve(first.eid())).records(0).version(), 1u);
  EXPECT_EQ(OutboxRows(), events);
}

TEST_F(MpiServiceTest, NearIdenticalNamesWithOtherBirthDatesNeverLink) {
  const auto a = Register(Key(kLakes, "1"), AtHome(Person("Larssen", "Olga", "1980-03-05")));
  for (const char* date : {"1957-11-23", "1980-11-23", "1980-01-01"}) {
    const auto b = Register(Key(kHills, date), AtHome(Person("Larssen", "Olga", date)));
    EXPECT_NE(b.eid(), a.eid()) << date;
  }
  const auto c = Register(Key(kHills, "8"), AtHome(Person("Larsen", "Olge", "1980-03-06")));
  EXPECT_NE(c.eid(), a.eid());
}

TEST_F(MpiServiceTest, TwinsNeverLinkHoweverAlikeTheirNames) {
  int number = 0;
  std::set<std::string> eids;
  for (const char* given : {"Mia", "Mya", "Olga", "Olge", "Twin A"}) {
    auto d = AtHome(Person("Larssen", given, "2020-03-05"));
    d.set_mother_maiden_name("Quimby");
    auto& insurance = *d.add_identifiers();
    insurance.set_system("2.999.77");
    insurance.set_value("FAMILY-1");
    eids.insert(Register(Key(kLakes, std::to_string(++number).c_str()), d).eid());
  }
  EXPECT_THAT(eids, SizeIs(5));
}

TEST_F(MpiServiceTest, ReviewOpensPossibleLinksOnBothSides) {
  const auto a = Register(Key(kLakes, "1"), Person("Smith", "John", "1980-03-05"));
  const auto b = Register(Key(kHills, "2"), Person("Smith", "John", "1980-03-05"));
  EXPECT_EQ(b.outcome(), v1::LINK_OUTCOME_REVIEW);
  EXPECT_NE(a.eid(), b.eid());
  EXPECT_GT(b.best_weight_millibits(), 0);
  const v1::Person of_a = ValueOrDie(Resolve(Key(kLakes, "1")));
  ASSERT_THAT(of_a.possible(), SizeIs(1));
  EXPECT_EQ(of_a.possible(0).patient().id(), "2");
  EXPECT_GT(of_a.link_version(), a.link_version());
  EXPECT_THAT(ValueOrDie(Resolve(Key(kHills, "2"))).possible(), SizeIs(1));
  EXPECT_THAT(Confirm(a.eid(), a.link_version()), StatusIs(absl::StatusCode::kAborted));
  EXPECT_THAT(Confirm(a.eid(), of_a.link_version()), IsOk());
}

TEST_F(MpiServiceTest, AMustLinkMergesAndTheOlderEidSurvives) {
  const auto a = Register(Key(kLakes, "1"), Person("Smith", "John", "1980-03-05"));
  const auto b = Register(Key(kHills, "2"), Person("Smith", "John", "1980-03-05"));
  const auto decided = ValueOrDie(Decide(Key(kHills, "2"), Key(kLakes, "1"), true));
  EXPECT_EQ(decided.first_eid(), a.eid());
  EXPECT_EQ(decided.second_eid(), a.eid());
  const v1::Person person = ValueOrDie(Resolve(b.eid()));
  EXPECT_EQ(person.eid(), a.eid());
  EXPECT_THAT(person.aliases(), ::testing::ElementsAre(b.eid()));
  EXPECT_THAT(person.possible(), IsEmpty());
  EXPECT_THAT(Confirm(b.eid(), b.link_version()), StatusIs(absl::StatusCode::kAborted));
}

TEST_F(MpiServiceTest, ASplitRetiresTheEidAndSurvivesUpdates) {
  const auto a = Register(Key(kLakes, "1"), AtHome(Person("Larssen", "Olga", "1980-03-05")));
  Register(Key(kHills, "2"), AtHome(Person("Larssen", "Olga", "1980-03-05")));
  const auto decided = ValueOrDie(Decide(Key(kLakes, "1"), Key(kHills, "2"), false));
  EXPECT_NE(decided.first_eid(), decided.second_eid());
  EXPECT_NE(decided.first_eid(), a.eid());
  EXPECT_NE(decided.second_eid(), a.eid());
  EXPECT_THAT(Resolve(a.eid()),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("identity-split")));
  EXPECT_THAT(Confirm(a.eid(), a.link_version()), StatusIs(absl::StatusCode::kAborted));
  auto moved = AtHome(Person("Larssen", "Olga", "1980-03-05"));
  moved.add_phones("906-111-2233");
  EXPECT_EQ(Register(Key(kHills, "2"), moved).eid(), decided.second_eid());
  EXPECT_THAT(ValueOrDie(Resolve(Key(kLakes, "1"))).possible(), IsEmpty());
  // The decision again changes nothing.
  EXPECT_EQ(ValueOrDie(Decide(Key(kHills, "2"), Key(kLakes, "1"), false)).first_eid(),
            decided.second_eid());
}

TEST_F(MpiServiceTest, AThirdRecordGoesWithTheSideItResembles) {
  Register(Key(kLakes, "1"), WithSsn(Person("Smith", "John", "1980-03-05"), "657680344"));
  Register(Key(kHills, "2"), Person("Smith", "John", "1980-03-05"));
  Register(Key(kDunes, "3"), WithSsn(Person("Smith", "John", "1980-03-05"), "657680344"));
  EXPECT_THAT(Decide(Key(kLakes, "1"), Key(kHills, "2"), true), IsOk());
  EXPECT_THAT(Decide(Key(kLakes, "1"), Key(kHills, "2"), false), IsOk());
  EXPECT_THAT(ValueOrDie(Resolve(Key(kLakes, "1"))).records(), SizeIs(2));
  EXPECT_THAT(ValueOrDie(Resolve(Key(kHills, "2"))).records(), SizeIs(1));
}

TEST_F(MpiServiceTest, VetoesBindTheSteward) {
  Register(Key(kLakes, "1"), Person("Larssen", "Olga", "1980-03-05"));
  const auto b = Register(Key(kHills, "2"), Person("Quimby", "Isai", "1950-11-23"));
  EXPECT_THAT(Decide(Key(kLakes, "1"), Key(kHills, "2"), true),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("contradict")));
  EXPECT_EQ(ValueOrDie(Resolve(Key(kHills, "2"))).eid(), b.eid());
  EXPECT_THAT(ValueOrDie(Resolve(Key(kHills, "2"))).records(), SizeIs(1));
}

TEST_F(MpiServiceTest, DecisionsThatContradictAreRefused) {
  Register(Key(kLakes, "1"), Person("Smith", "John", "1980-03-05"));
  Register(Key(kHills, "2"), Person("Smith", "John", "1980-03-05"));
  Register(Key(kDunes, "3"), Person("Smith", "John", "1980-03-05"));
  EXPECT_THAT(Decide(Key(kLakes, "1"), Key(kHills, "2"), true), IsOk());
  EXPECT_THAT(Decide(Key(kHills, "2"), Key(kDunes, "3"), true), IsOk());
  EXPECT_THAT(Decide(Key(kLakes, "1"), Key(kDunes, "3"), false),
              StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(Decide(Key(kLakes, "1"), Key(kLakes, "1"), true),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(Decide(Key(kLakes, "1"), Key(kDunes, "99"), true),
              StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(MpiServiceTest, AnUpdateThatContradictsLeavesThePerson) {
  const auto a = Register(Key(kLakes, "1"), AtHome(Person("Larssen", "Olga", "1980-03-05")));
  Register(Key(kHills, "2"), Person("Larssen", "Olga", "1980-03-05"));
  // Three names were wrong one by one: no step is an overlay, the last is another person.
  auto other = Person("Larssen", "Anna", "1980-03-05");
  other.set_sex(common::v1::ADMINISTRATIVE_SEX_UNKNOWN);
  Register(Key(kHills, "2"), other);
  const auto left = Register(Key(kHills, "2"), Person("Larssen", "Anna", "1951-11-23"));
  EXPECT_NE(left.eid(), a.eid());
  EXPECT_THAT(Resolve(a.eid()), StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(ValueOrDie(Resolve(Key(kLakes, "1"))).records(), SizeIs(1));
}

TEST_F(MpiServiceTest, AnOverlayIsHeldUntilDecidedDifferent) {
  const auto a = Register(Key(kLakes, "1"), AtHome(Person("Larssen", "Olga", "1980-03-05")));
  Register(Key(kHills, "9"), AtHome(Person("Quimby", "Isai", "1951-11-23")));
  const auto held = Register(Key(kLakes, "1"), AtHome(Person("Quimby", "Isai", "1951-11-23")));
  EXPECT_EQ(held.outcome(), v1::LINK_OUTCOME_HELD);
  EXPECT_EQ(held.patient().incarnation(), 2u);
  for (const auto& resolved :
       {Resolve(Key(kLakes, "1")), Resolve(Key(kLakes, "1", 2)), Resolve(held.eid())}) {
    EXPECT_THAT(resolved,
                StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("identity-hold")));
  }
  EXPECT_THAT(Confirm(a.eid(), a.link_version()), StatusIs(absl::StatusCode::kAborted));
  EXPECT_THAT(ValueOrDie(Resolve(Key(kLakes, "1", 1))).records(), SizeIs(1));
  EXPECT_EQ(Register(Key(kLakes, "1"), AtHome(Person("Quimby", "Isai", "1951-11-23"))).outcome(),
            v1::LINK_OUTCOME_HELD);
  EXPECT_THAT(Decide(Key(kLakes, "1", 2), Key(kHills, "9"), true),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("identity-hold")));
  EXPECT_THAT(Decide(Key(kLakes, "1", 1), Key(kLakes, "1", 2), false), IsOk());
  const v1::Person person = ValueOrDie(Resolve(Key(kLakes, "1")));
  EXPECT_THAT(person.records(), SizeIs(2));  // With the record at Hills.
  EXPECT_NE(person.eid(), a.eid());
}

TEST_F(MpiServiceTest, AnOverlayThatWasNoneIsJoined) {
  const auto a = Register(Key(kLakes, "1"), Person("Larssen", "Olga", "1980-03-05"));
  Register(Key(kLakes, "1"), Person("Quimby", "Isai", "1951-11-23"));
  EXPECT_THAT(Decide(Key(kLakes, "1", 1), Key(kLakes, "1", 2), true), IsOk());
  const v1::Person person = ValueOrDie(Resolve(Key(kLakes, "1")));
  EXPECT_EQ(person.eid(), a.eid());
  EXPECT_THAT(person.records(), SizeIs(2));
}

TEST_F(MpiServiceTest, NamingANewbornIsNotAnOverlay) {
  const auto a = Register(Key(kLakes, "1"), AtHome(Person("Larssen", "BABY BOY", "2024-03-05")));
  auto named = AtHome(Person("Quimby", "Olga", "2024-03-05"));
  const auto b = Register(Key(kLakes, "1"), named);
  EXPECT_NE(b.outcome(), v1::LINK_OUTCOME_HELD);
  EXPECT_EQ(b.eid(), a.eid());
  EXPECT_EQ(ValueOrDie(Resolve(a.eid())).records(0).version(), 2u);
}

TEST_F(MpiServiceTest, HistoryKeepsTheEightNewestVersions) {
  for (int i = 0; i < 12; ++i) {
    auto d = Person("Larssen", "Olga", "1980-03-05");
    d.add_phones("90638985" + std::to_string(10 + i));
    Register(Key(kLakes, "1"), d);
  }
  const v1::Record record = ValueOrDie(Resolve(Key(kLakes, "1"))).records(0);
  EXPECT_EQ(record.version(), 12u);
  ASSERT_THAT(record.history(), SizeIs(8));
  EXPECT_EQ(record.history(0).phones(0), "9063898520");
  EXPECT_EQ(record.history(7).phones(0), "9063898513");
}

TEST_F(MpiServiceTest, SearchExplainsAndIsCertainOfOneAtMost) {
  Register(Key(kLakes, "1"), AtHome(Person("Larssen", "Olga", "1980-03-05")));
  Register(Key(kHills, "2"), AtHome(Person("Larssen", "Mia", "1980-03-05")));
  const auto found = ValueOrDie(Search(Person("Larssen", "Olga", "1980-03-05")));
  ASSERT_THAT(found.candidates(), SizeIs(2));
  EXPECT_TRUE(found.candidates(0).certain());
  EXPECT_FALSE(found.candidates(1).certain());
  EXPECT_EQ(found.candidates(0).person().records(0).patient().id(), "1");
  EXPECT_EQ(found.candidates(0).fields(0).field(), "family");
  EXPECT_EQ(found.candidates(0).fields(0).level(), "exact");
  EXPECT_FALSE(found.too_many());
}

TEST_F(MpiServiceTest, SearchByIdentifierAlone) {
  Register(Key(kLakes, "1"), WithSsn(Person("Larssen", "Olga", "1980-03-05"), "657680344"));
  common::v1::Demographics by_ssn;
  EXPECT_THAT(ValueOrDie(Search(WithSsn(by_ssn, "657-68-0344"))).candidates(), SizeIs(1));
  auto& mrn = *by_ssn.add_identifiers();
  mrn.set_system(kLakes);
  mrn.set_value("1");
  EXPECT_THAT(ValueOrDie(Search(by_ssn)).candidates(), SizeIs(1));
}

TEST_F(MpiServiceTest, ProtectedRecordsAreFoundByIdentifierOnly) {
  auto d = WithSsn(Person("Larssen", "Olga", "1980-03-05"), "657680344");
  d.set_protected_record(true);
  Register(Key(kLakes, "1"), d);
  const auto by_name = Person("Larssen", "Olga", "1980-03-05");
  EXPECT_THAT(ValueOrDie(Search(by_name)).candidates(), IsEmpty());
  EXPECT_THAT(ValueOrDie(Search(by_name, true)).candidates(), SizeIs(1));
  EXPECT_THAT(ValueOrDie(Search(WithSsn(by_name, "657680344"))).candidates(), SizeIs(1));
}

TEST_F(MpiServiceTest, MoreThanTenPersonsAreNone) {
  for (int i = 0; i < 11; ++i) {
    auto d = Person("Smith", "John", "1980-03-05");
    Register(Key(kLakes, std::to_string(i).c_str()), d);
  }
  const auto found = ValueOrDie(Search(Person("Smith", "John", "1980-03-05")));
  EXPECT_TRUE(found.too_many());
  EXPECT_THAT(found.candidates(), IsEmpty());
}

TEST_F(MpiServiceTest, AHeavyKeyIsRefinedAndNamed) {
  for (int i = 0; i < 230; ++i) {
    auto d = Person("Smith", "Anna", "1980-03-05");
    auto& address = *d.add_addresses();
    address.add_line(std::to_string(i) + " Pierce St");
    address.set_postal_code(std::to_string(10000 + i * 300));
    Register(Key(kLakes, std::to_string(i).c_str()), d);
  }
  auto wanted = Person("Smith", "Anna", "1980-03-05");
  auto& address = *wanted.add_addresses();
  address.add_line("229 Pierce St");
  address.set_postal_code(std::to_string(10000 + 229 * 300));
  const auto found = ValueOrDie(Search(wanted));
  EXPECT_EQ(found.degraded(), "swapped_names");
  ASSERT_FALSE(found.candidates().empty());
  EXPECT_EQ(found.candidates(0).person().records(0).patient().id(), "229");
}

TEST_F(MpiServiceTest, BadRequestsNameTheField) {
  const auto d = Person("Larssen", "Olga", "1980-03-05");
  EXPECT_THAT(TryRegister(Key("lakes", "1"), d),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("patient")));
  EXPECT_THAT(TryRegister(Key(kLakes, "1"), Person("L", "O", "1980-13-05")),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("birth_date")));
  EXPECT_THAT(TryRegister(Key(kLakes, "1", 3), d), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(Search(common::v1::Demographics()), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(Resolve("not-an-eid"), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(Resolve("01900000-0000-7000-8000-000000000000"),
              StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(Resolve(Key(kLakes, "404")), StatusIs(absl::StatusCode::kNotFound));
}

}  // namespace
}  // namespace hie::mpi
