#include "mpi/service/golden_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>

#include "mpi/service/service_fixture.h"

namespace hie::mpi {
namespace {

using ::hie::testing::IsOk;
using ::hie::testing::StatusIs;
using ::hie::testing::ValueOrDie;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Records of a view, newest last.
class Records {
 public:
  Records& Add(const char* authority, const common::v1::Demographics& demographics,
               Verification verification = Verification::kReceived) {
    v1::Record& record = records_.emplace_back();
    *record.mutable_patient() = Key(authority, "1", 1);
    record.mutable_patient()->set_id(std::to_string(records_.size()));
    *record.mutable_demographics() = demographics;
    record.set_recorded_micros(static_cast<int64_t>(1000 + records_.size()));
    sources_.push_back({&record, verification});
    return *this;
  }
  std::vector<GoldenSource>& sources() { return sources_; }
  v1::GetGoldenViewResponse View() const { return MakeGoldenView(sources_); }

 private:
  std::deque<v1::Record> records_;
  std::vector<GoldenSource> sources_;
};

const v1::GoldenField* Find(const v1::GetGoldenViewResponse& view, const std::string& field) {
  for (const v1::GoldenField& one : view.fields()) {
    if (one.field() == field) return &one;
  }
  return nullptr;
}

std::string ValueOf(const v1::GetGoldenViewResponse& view, const std::string& field) {
  const v1::GoldenField* found = Find(view, field);
  return found == nullptr ? "" : found->value();
}

common::v1::Demographics Phone(const char* phone) {
  common::v1::Demographics d;
  d.add_phones(phone);
  return d;
}

common::v1::Demographics Born(const char* date) {
  common::v1::Demographics d;
  d.set_birth_date(date);
  return d;
}

TEST(GoldenViewTest, NobodysViewIsEmpty) {
  EXPECT_THAT(MakeGoldenView({}).fields(), IsEmpty());
  EXPECT_THAT(Records().Add(kLakes, {}).View().fields(), IsEmpty());
}

TEST(GoldenViewTest, WhatDoesNotChangeGoesByHowManySourcesSaySo) {
  const auto view = Records()
                        .Add(kLakes, Person("Larssen", "Olga", "1980-03-05"))
                        .Add(kHills, Person("Larssen", "Olga", "1980-03-05"))
                        .Add(kDunes, Person("Larssen", "Olga", "1980-05-03"))
                        .View();
  EXPECT_EQ(ValueOf(view, "birth_date"), "1980-03-05");
  EXPECT_EQ(Find(view, "birth_date")->dissenting(), 1u);
  EXPECT_THAT(Find(view, "birth_date")->sources(), SizeIs(2));
  // The newer of those that say so stands first.
  EXPECT_EQ(Find(view, "birth_date")->sources(0).assigning_authority(), kHills);
}

TEST(GoldenViewTest, TwoRecordsOfOneSourceAreOneVoice) {
  const auto view = Records()
                        .Add(kLakes, Born("1980-03-05"))
                        .Add(kLakes, Born("1980-03-05"))
                        .Add(kHills, Born("1980-05-03"))
                        .View();
  EXPECT_EQ(ValueOf(view, "birth_date"), "1980-05-03");  // The newer one.
}

TEST(GoldenViewTest, WhatChangesGoesByTheNewest) {
  const auto view = Records()
                        .Add(kLakes, Phone("906-389-8576"))
                        .Add(kHills, Phone("(906) 389 8576"))
                        .Add(kDunes, Phone("906-111-2233"))
                        .View();
  EXPECT_EQ(ValueOf(view, "phone"), "906-111-2233");
  EXPECT_EQ(Find(view, "phone")->dissenting(), 2u);
  EXPECT_THAT(view.demographics().phones(), ElementsAre("906-111-2233"));
}

TEST(GoldenViewTest, TheSourcesOwnTimeCountsWhereItSaysOne) {
  Records records;
  records.Add(kLakes, Phone("906-389-8576")).Add(kHills, Phone("906-111-2233"));
  const_cast<v1::Record*>(records.sources()[1].record)->set_event_micros(1);
  EXPECT_EQ(ValueOf(records.View(), "phone"), "906-389-8576");
}

TEST(GoldenViewTest, AVerifiedRecordComesBeforeMoreAndNewerOnes) {
  const auto view =
      Records()
          .Add(kLakes, Person("Larssen", "Olga", "1980-03-05"), Verification::kBySteward)
          .Add(kHills, Person("Larsson", "Olga", "1980-05-03"), Verification::kByRegistrar)
          .Add(kDunes, Person("Larsson", "Olga", "1980-05-03"))
          .View();
  EXPECT_EQ(ValueOf(view, "birth_date"), "1980-03-05");
  EXPECT_EQ(ValueOf(view, "family"), "Larssen");
}

TEST(GoldenViewTest, AnUnknownPatientsValuesCountLast) {
  const auto view = Records()
                        .Add(kLakes, Born("1980-03-05"))
                        .Add(kHills, Born("1985"), Verification::kIdentityUnknown)
                        .View();
  EXPECT_EQ(ValueOf(view, "birth_date"), "1980-03-05");
}

TEST(GoldenViewTest, NonValuesAreAbsent) {
  auto nothing = Person("UNKNOWN", "BABY BOY", "1900-01-01");
  nothing.set_sex(common::v1::ADMINISTRATIVE_SEX_UNKNOWN);
  nothing.add_phones("999-999-9999");
  nothing.add_emails("none@none.com");
  const auto view = Records().Add(kLakes, WithSsn(nothing, "000-00-0000")).View();
  EXPECT_THAT(view.fields(), IsEmpty()) << view.fields(0).field();
}

TEST(GoldenViewTest, AWholeValueComesBeforeAPartWhichDoesNotDissent) {
  struct Case {
    const char* whole;
    const char* part;
  };
  for (const Case& c : {Case{"1980-03-05", "1980-03"}, Case{"1980-03-05", "1980"}}) {
    const auto view = Records().Add(kLakes, Born(c.whole)).Add(kHills, Born(c.part)).View();
    EXPECT_EQ(ValueOf(view, "birth_date"), c.whole);
    EXPECT_EQ(Find(view, "birth_date")->dissenting(), 0u) << c.part;
  }
  const auto view = Records()
                        .Add(kLakes, WithSsn({}, "657-68-0344"))
                        .Add(kHills, WithSsn({}, "0344"))
                        .Add(kDunes, WithSsn({}, "0345"))
                        .View();
  EXPECT_EQ(ValueOf(view, "ssn"), "657-68-0344");
  EXPECT_EQ(Find(view, "ssn")->dissenting(), 1u);
}

TEST(GoldenViewTest, NamesArePutTogetherFieldByField) {
  auto jr = Person("Larssen", "Olaf", "1980-03-05");
  jr.mutable_names(0)->set_suffix("JR");
  const auto view =
      Records().Add(kLakes, jr).Add(kHills, Person("Larssen", "Olaf", "1980-03-05")).View();
  ASSERT_THAT(view.demographics().names(), SizeIs(1));
  EXPECT_EQ(view.demographics().names(0).family(), "Larssen");
  EXPECT_THAT(view.demographics().names(0).given(), ElementsAre("Olaf"));
  EXPECT_EQ(view.demographics().names(0).suffix(), "JR");
}

TEST(GoldenViewTest, DeathIsTheClaimOfThoseWhoMakeIt) {
  common::v1::Demographics dead;
  dead.set_deceased(true);
  const auto view = Records().Add(kLakes, dead).Add(kHills, Born("1980-03-05")).View();
  EXPECT_TRUE(view.demographics().deceased());
  EXPECT_THAT(Find(view, "deceased")->sources(), SizeIs(1));
  EXPECT_EQ(Find(view, "deceased")->dissenting(), 0u);
}

TEST(GoldenViewTest, EachSystemOfIdentifiersIsAFieldOfItsOwn) {
  common::v1::Demographics d;
  for (const auto& [system, value] : {std::pair("urn:oid:2.999.8", "A-1"), {"2.999.9", "B-1"}}) {
    d.add_identifiers()->set_system(system);
    d.mutable_identifiers()->rbegin()->set_value(value);
  }
  const auto view = Records().Add(kLakes, d).View();
  EXPECT_EQ(ValueOf(view, "identifier 2.999.8"), "A-1");
  EXPECT_EQ(ValueOf(view, "identifier 2.999.9"), "B-1");
  EXPECT_THAT(view.demographics().identifiers(), SizeIs(2));
}

TEST(GoldenViewTest, FlagsThatAreNobodysBusinessAreLeftOut) {
  auto d = Person("Larssen", "Olga", "1980-03-05");
  d.set_protected_record(true);
  d.set_identity_unknown(true);
  const auto view = Records().Add(kLakes, d).View();
  EXPECT_FALSE(view.demographics().protected_record());
  EXPECT_FALSE(view.demographics().identity_unknown());
}

// Random demographics out of few values, so that they agree and differ often.
common::v1::Demographics RandomDemographics(SeededRandom& random) {
  const auto pick = [&random](std::initializer_list<const char*> values) {
    return *(values.begin() + random.Next() % values.size());
  };
  common::v1::Demographics d =
      Person(pick({"Larssen", "Larsson", "Quimby"}), pick({"Olga", "Olga Maria"}),
             pick({"1980-03-05", "1980-05-03", "1980", ""}));
  if (random.Next() % 2 == 0) d.add_phones(pick({"906-389-8576", "906-111-2233"}));
  if (random.Next() % 2 == 0) d = AtHome(d);
  if (random.Next() % 2 == 0) d = WithSsn(d, pick({"657-68-0344", "0344", "657-68-0345"}));
  return d;
}

TEST(GoldenViewTest, TheOrderOfRecordsDoesNotShow) {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE(seed);
    SeededRandom random(seed);
    Records records;
    for (int i = 0; i < 5; ++i) {
      records.Add(i % 2 == 0 ? kLakes : kHills, RandomDemographics(random),
                  static_cast<Verification>(random.Next() % 4));
    }
    const std::string view = records.View().SerializeAsString();
    std::rotate(records.sources().begin(), records.sources().begin() + 2, records.sources().end());
    std::swap(records.sources()[0], records.sources()[3]);
    EXPECT_EQ(records.View().SerializeAsString(), view);
  }
}

class GoldenViewServiceTest : public ServiceFixture {
 protected:
  absl::StatusOr<v1::GetGoldenViewResponse> View(
      const common::v1::LocalPatient& subject,
      const std::vector<common::v1::LocalPatient>& visible) {
    v1::GetGoldenViewRequest request;
    *request.mutable_patient() = subject;
    for (const auto& patient : visible) *request.add_visible() = patient;
    return role_->service().GetGoldenView(request);
  }
};

TEST_F(GoldenViewServiceTest, OnlyNamedRecordsOfThePersonCount) {
  const auto olga = AtHome(Person("Larssen", "Olga", "1980-03-05"));
  const auto a = Register(Key(kLakes, "1"), olga);
  Register(Key(kHills, "2"), olga);
  Register(Key(kDunes, "3"), AtHome(Person("Quimby", "Isai", "1951-11-23")));
  const auto view = ValueOrDie(View(Key(kLakes, "1"), {Key(kHills, "2", 1), Key(kDunes, "3", 1)}));
  EXPECT_EQ(view.eid(), a.eid());
  EXPECT_THAT(Find(view, "family")->sources(), SizeIs(1));
  EXPECT_EQ(Find(view, "family")->sources(0).id(), "2");
  EXPECT_THAT(View(Key(kLakes, "1"), {}), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(View(Key(kLakes, "1"), {Key(kDunes, "3", 1)}), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(View(Key(kLakes, "9"), {Key(kLakes, "9", 1)}), StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(GoldenViewServiceTest, RecordsThatAreNotInUseSayNothing) {
  const auto olga = AtHome(Person("Larssen", "Olga", "1980-03-05"));
  Register(Key(kLakes, "1"), olga);
  Register(Key(kLakes, "2"), olga);
  Register(Key(kHills, "3"), olga);
  EXPECT_THAT(Merge({{Key(kLakes, "1"), Key(kLakes, "2")}}), IsOk());
  EXPECT_THAT(Remove(Key(kHills, "3")), IsOk());
  const auto view = ValueOrDie(
      View(Key(kLakes, "1"), {Key(kLakes, "1", 1), Key(kLakes, "2", 1), Key(kHills, "3", 1)}));
  ASSERT_THAT(Find(view, "family")->sources(), SizeIs(1));
  EXPECT_EQ(Find(view, "family")->sources(0).id(), "1");
}

// One person, whatever is random.
common::v1::Demographics RandomVisit(SeededRandom& random) {
  auto d = WithSsn(AtHome(Person("Larssen", "Olga", "1980-03-05")), "657-68-0344");
  const char* phones[] = {"906-389-8576", "906-111-2233", "906-111-4455"};
  d.set_phones(0, phones[random.Next() % 3]);
  if (random.Next() % 2 == 0) d.add_emails(random.Next() % 2 == 0 ? "a@b.org" : "c@d.org");
  if (random.Next() % 2 == 0) d.mutable_addresses(0)->set_line(0, "7 Other Street");
  if (random.Next() % 3 == 0) d.set_mother_maiden_name("Quimby");
  return d;
}

// The view of two records, in a world that held a third one between them or not.
absl::StatusOr<v1::GetGoldenViewResponse> ViewBeside(uint64_t seed, bool hidden) {
  MemoryKvStore store(MpiRole::Tables());
  SimulatedClock clock(absl::FromUnixSeconds(1'700'000'000));
  SeededRandom eids(1);
  auto role = ValueOrDie(MpiRole::Open({.store = &store, .clock = &clock, .random = &eids}));
  SeededRandom random(seed);
  const auto add = [&](const common::v1::LocalPatient& key, bool there) {
    clock.Advance(absl::Seconds(1));
    v1::RegisterRecordRequest request;
    request.mutable_actor()->set_member("lakes");
    *request.mutable_patient() = key;
    *request.mutable_demographics() = RandomVisit(random);
    if (!there) return;
    EXPECT_THAT(role->service().RegisterRecord(request), IsOk());
  };
  const auto join = [&](const common::v1::LocalPatient& a, const common::v1::LocalPatient& b) {
    clock.Advance(absl::Seconds(1));
    v1::DecideLinkRequest request;
    request.mutable_actor()->set_member("lakes");
    *request.mutable_first() = a;
    *request.mutable_second() = b;
    request.set_same_person(true);
    request.set_reason("cards compared");
    EXPECT_THAT(role->service().DecideLink(request), IsOk());
  };
  add(Key(kLakes, "1"), true);
  add(Key(kDunes, "2"), hidden);
  add(Key(kHills, "3"), true);
  if (hidden) join(Key(kHills, "3"), Key(kDunes, "2"));
  if (seed % 3 == 0) join(Key(kLakes, "1"), Key(kHills, "3"));
  v1::GetGoldenViewRequest request;
  *request.mutable_patient() = Key(kLakes, "1");
  *request.add_visible() = Key(kLakes, "1", 1);
  *request.add_visible() = Key(kHills, "3", 1);
  return role->service().GetGoldenView(request);
}

TEST_F(GoldenViewServiceTest, AHiddenRecordLeavesNoTrace) {
  for (uint64_t seed = 0; seed < 30; ++seed) {
    SCOPED_TRACE(seed);
    const auto never = ValueOrDie(ViewBeside(seed, false));
    EXPECT_THAT(Find(never, "ssn")->sources(), SizeIs(2));
    EXPECT_EQ(ValueOrDie(ViewBeside(seed, true)).SerializeAsString(), never.SerializeAsString());
  }
}

}  // namespace
}  // namespace hie::mpi
