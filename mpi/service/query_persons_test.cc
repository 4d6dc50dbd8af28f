#include "mpi/service/query_persons.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "mpi/service/service_fixture.h"
#include "tests/support/status_matchers.h"

namespace hie::mpi {
namespace {

using ::hie::testing::IsOk;
using ::hie::testing::StatusIs;
using ::hie::testing::ValueOrDie;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class QueryPersonsTest : public ServiceFixture {
 protected:
  absl::StatusOr<v1::QueryPersonsResponse> Query(
      const std::vector<std::pair<v1::PersonField, std::string>>& conditions, uint32_t limit = 0) {
    v1::QueryPersonsRequest request;
    for (const auto& [field, value] : conditions) {
      v1::PersonCondition& condition = *request.add_conditions();
      condition.set_field(field);
      condition.add_values(value);
    }
    request.set_limit(limit);
    return role_->service().QueryPersons(request);
  }
};

constexpr auto kFamily = v1::PERSON_FIELD_FAMILY;
constexpr auto kGiven = v1::PERSON_FIELD_GIVEN;
constexpr auto kSex = v1::PERSON_FIELD_SEX;
constexpr auto kIdentifier = v1::PERSON_FIELD_IDENTIFIER;
constexpr auto kEid = v1::PERSON_FIELD_EID;

TEST_F(QueryPersonsTest, OneRecordMustMeetEveryCondition) {
  const auto a =
      Register(Key(kLakes, "1"), WithSsn(Person("Larssen", "Olga", "1980-03-05"), "657680344"));
  const auto b =
      Register(Key(kHills, "2"), WithSsn(Person("Vega", "Olga", "1980-03-05"), "657680344"));
  ASSERT_THAT(Decide(Key(kLakes, "1"), Key(kHills, "2"), true), IsOk());
  const auto both =
      ValueOrDie(Query({{kFamily, "vega"}, {kIdentifier, absl::StrCat(kHills, "|2")}}));
  ASSERT_THAT(both.matches(), SizeIs(1));
  EXPECT_EQ(both.matches(0).person().eid(), a.eid());
  EXPECT_THAT(both.matches(0).person().records(), SizeIs(2));
  ASSERT_THAT(both.matches(0).matched(), SizeIs(1));
  EXPECT_EQ(both.matches(0).matched(0).id(), "2");
  // One record has the name, the other the id.
  EXPECT_THAT(
      ValueOrDie(Query({{kFamily, "vega"}, {kIdentifier, absl::StrCat(kLakes, "|1")}})).matches(),
      IsEmpty());
  // By the EID that redirects, too.
  EXPECT_THAT(ValueOrDie(Query({{kEid, b.eid()}})).matches(), SizeIs(1));
}

TEST_F(QueryPersonsTest, MoreThanTheLimitAreNone) {
  for (int i = 0; i < 11; ++i) {
    Register(Key(kLakes, absl::StrCat(i).c_str()), Person("Smith", "John", "1980-03-05"));
  }
  const auto found = ValueOrDie(Query({{kFamily, "smi"}}));
  EXPECT_TRUE(found.too_many());
  EXPECT_THAT(found.matches(), IsEmpty());
  EXPECT_THAT(ValueOrDie(Query({{kFamily, "smi"}}, 11)).matches(), SizeIs(11));
}

TEST_F(QueryPersonsTest, WhatNarrowsNothingIsTooCostly) {
  Register(Key(kLakes, "1"), Person("Larssen", "Olga", "1980-03-05"));
  for (const auto& [field, value] : std::vector<std::pair<v1::PersonField, std::string>>{
           {kGiven, "olga"}, {kSex, "female"}, {kIdentifier, absl::StrCat(kLakes, "|")}}) {
    EXPECT_TRUE(ValueOrDie(Query({{field, value}})).too_costly()) << value;
    EXPECT_THAT(ValueOrDie(Query({{kFamily, "larssen"}, {field, value}})).matches(), SizeIs(1))
        << value;
  }
}

TEST_F(QueryPersonsTest, MergedAndRemovedRecordsAreFoundByTheirIdsOnly) {
  Register(Key(kLakes, "1"), Person("Larssen", "Olga", "1980-03-05"));
  Register(Key(kLakes, "2"), Person("Quimby", "Isai", "1951-11-23"));
  ASSERT_THAT(Merge({{Key(kLakes, "1"), Key(kLakes, "2")}}), IsOk());
  EXPECT_THAT(ValueOrDie(Query({{kFamily, "quimby"}})).matches(), IsEmpty());
  const auto by_id = ValueOrDie(Query({{kIdentifier, absl::StrCat("urn:oid:", kLakes, "|2")}}));
  ASSERT_THAT(by_id.matches(), SizeIs(1));
  EXPECT_THAT(by_id.matches(0).person().records(), SizeIs(2));
  ASSERT_THAT(Remove(Key(kLakes, "1")), IsOk());
  EXPECT_THAT(ValueOrDie(Query({{kFamily, "larssen"}})).matches(), IsEmpty());
  EXPECT_THAT(ValueOrDie(Query({{kIdentifier, absl::StrCat(kLakes, "|1")}})).matches(), SizeIs(1));
}

TEST_F(QueryPersonsTest, ProtectedRecordsAreFoundByWhoNamesThem) {
  auto d = Person("Larssen", "Olga", "1980-03-05");
  d.set_protected_record(true);
  const auto made = Register(Key(kLakes, "1"), d);
  EXPECT_THAT(ValueOrDie(Query({{kFamily, "larssen"}})).matches(), IsEmpty());
  EXPECT_THAT(
      ValueOrDie(Query({{kFamily, "larssen"}, {kIdentifier, absl::StrCat(kLakes, "|")}})).matches(),
      IsEmpty());
  EXPECT_THAT(ValueOrDie(Query({{kIdentifier, absl::StrCat(kLakes, "|1")}})).matches(), SizeIs(1));
  EXPECT_THAT(ValueOrDie(Query({{kEid, made.eid()}})).matches(), SizeIs(1));
}

TEST_F(QueryPersonsTest, WhatIsHeldIsNotFound) {
  Register(Key(kLakes, "1"), Person("Larssen", "Olga", "1980-03-05"));
  Register(Key(kLakes, "1"), Person("Quimby", "Isai", "1951-11-23"));
  EXPECT_THAT(ValueOrDie(Query({{kFamily, "quimby"}})).matches(), IsEmpty());
  // Whose id it is now nobody knows yet.
  EXPECT_THAT(ValueOrDie(Query({{kIdentifier, absl::StrCat(kLakes, "|1")}})).matches(), IsEmpty());
  EXPECT_THAT(ValueOrDie(Query({{kFamily, "larssen"}})).matches(), SizeIs(1));
}

TEST_F(QueryPersonsTest, BadConditionsAreNamed) {
  const auto bad = [&](v1::PersonField field, const char* value) {
    return Query({{field, value}});
  };
  constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
  EXPECT_THAT(Query({}), StatusIs(kInvalid, HasSubstr("conditions")));
  EXPECT_THAT(bad(v1::PERSON_FIELD_UNSPECIFIED, "x"), StatusIs(kInvalid, HasSubstr("[0].field")));
  EXPECT_THAT(bad(kFamily, ""), StatusIs(kInvalid, HasSubstr("[0].values")));
  EXPECT_THAT(bad(kSex, "f"), StatusIs(kInvalid, HasSubstr("[0].values")));
  EXPECT_THAT(bad(kIdentifier, "|"), StatusIs(kInvalid, HasSubstr("[0].values")));
  EXPECT_THAT(bad(v1::PERSON_FIELD_BIRTH_DATE, "1980"), StatusIs(kInvalid, HasSubstr("[0]")));
  EXPECT_THAT(Query({{kFamily, "x"}}, 1001), StatusIs(kInvalid, HasSubstr("limit")));
  v1::QueryPersonsRequest request;
  request.add_conditions()->set_field(v1::PERSON_FIELD_BIRTH_DATE);
  request.mutable_conditions(0)->add_ranges()->set_from("1980-03");
  EXPECT_THAT(role_->service().QueryPersons(request), StatusIs(kInvalid, HasSubstr("ranges")));
}

TEST_F(QueryPersonsTest, APreviewChangesNothing) {
  Register(Key(kLakes, "1"), AtHome(Person("Larssen", "Olga", "1980-03-05")));
  const size_t events = OutboxRows();
  v1::PreviewRecordRequest request;
  *request.mutable_patient() = Key(kHills, "7");
  *request.mutable_demographics() = AtHome(Person("Larssen", "Olga", "1980-03-05"));
  const auto preview = ValueOrDie(role_->service().PreviewRecord(request));
  EXPECT_EQ(preview.outcome(), v1::LINK_OUTCOME_LINKED);
  EXPECT_EQ(preview.eid(), ValueOrDie(Resolve(Key(kLakes, "1"))).eid());
  EXPECT_EQ(preview.fields(0).field(), "family");
  EXPECT_THAT(preview.vetoes(), IsEmpty());
  EXPECT_EQ(OutboxRows(), events);
  EXPECT_THAT(Resolve(Key(kHills, "7")), StatusIs(absl::StatusCode::kNotFound));
  // An overlay is explained against the holder that it contradicts.
  *request.mutable_patient() = Key(kLakes, "1");
  *request.mutable_demographics() = Person("Quimby", "Isai", "1951-11-23");
  const auto overlay = ValueOrDie(role_->service().PreviewRecord(request));
  EXPECT_EQ(overlay.outcome(), v1::LINK_OUTCOME_HELD);
  EXPECT_EQ(overlay.eid(), preview.eid());
  EXPECT_FALSE(overlay.fields().empty());
}

}  // namespace
}  // namespace hie::mpi
