#include "mpi/service/search_persons.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "mpi/score/score.h"
#include "mpi/service/service_fixture.h"
#include "mpi/store/random_people.h"
#include "services/common/wire/wire.h"

namespace hie::mpi {
namespace {

using ::hie::testing::ValueOrDie;
using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using SearchPersonsTest = ServiceFixture;

const auto kOlga = [] { return AtHome(Person("Larssen", "Olga", "1980-03-05")); };

TEST_F(SearchPersonsTest, CertainIsWhomARecordWouldLinkTo) {
  const auto registered = Register(Key(kLakes, "1"), kOlga());
  const auto found = ValueOrDie(Search(kOlga()));
  ASSERT_THAT(found.candidates(), SizeIs(1));
  EXPECT_EQ(found.candidates(0).grade(), v1::MATCH_GRADE_CERTAIN);
  EXPECT_TRUE(found.candidates(0).certain());
  EXPECT_EQ(found.candidates(0).margin_millibits(),
            found.candidates(0).weight_millibits() - kSearchWeightMin);
  EXPECT_EQ(Register(Key(kHills, "2"), kOlga()).eid(), registered.eid());
}

TEST_F(SearchPersonsTest, ATieIsProbableAndHasNoMargin) {
  const auto weak = Person("Smith", "John", "1980-03-05");
  Register(Key(kLakes, "1"), AtHome(weak));
  auto other = AtHome(weak);
  other.mutable_addresses(0)->set_line(0, "9 Elsewhere Road");
  other.mutable_addresses(0)->set_postal_code("10001");
  other.set_phones(0, "212-555-7777");
  Register(Key(kHills, "2"), other);
  ASSERT_THAT(Decide(Key(kLakes, "1"), Key(kHills, "2"), false), ::hie::testing::IsOk());
  // Both fit: the question knows each one's telephone.
  auto both = weak;
  both.add_phones("906-389-8576");
  both.add_phones("212-555-7777");
  const auto found = ValueOrDie(Search(both));
  ASSERT_THAT(found.candidates(), SizeIs(2));
  for (const v1::PersonCandidate& candidate : found.candidates()) {
    EXPECT_EQ(candidate.grade(), v1::MATCH_GRADE_PROBABLE);
    EXPECT_FALSE(candidate.certain());
  }
  EXPECT_LT(found.candidates(0).margin_millibits(), 3'000);
  EXPECT_EQ(found.candidates(1).margin_millibits(), 0);
}

TEST_F(SearchPersonsTest, LittleAgreementIsPossible) {
  Register(Key(kLakes, "1"), Person("Smith", "John", "1980-03-05"));
  const auto found = ValueOrDie(Search(Person("Smith", "John", "1980-03-05")));
  ASSERT_THAT(found.candidates(), SizeIs(1));
  EXPECT_EQ(found.candidates(0).grade(), v1::MATCH_GRADE_POSSIBLE);
}

TEST_F(SearchPersonsTest, WhoIsVetoedIsCertainlyNotMeant) {
  auto son = kOlga();
  son.mutable_names(0)->set_suffix("JR");
  Register(Key(kLakes, "1"), son);
  auto father = kOlga();
  father.mutable_names(0)->set_suffix("SR");
  const auto found = ValueOrDie(Search(father));
  ASSERT_THAT(found.candidates(), SizeIs(1));
  EXPECT_EQ(found.candidates(0).grade(), v1::MATCH_GRADE_CERTAINLY_NOT);
  EXPECT_THAT(found.candidates(0).vetoes(), Contains("generation"));
}

TEST_F(SearchPersonsTest, AnExactIdentifierFindsWhomNothingElseSpeaksFor) {
  Register(Key(kLakes, "1"), WithSsn(kOlga(), "657680344"));
  const auto other = WithSsn(Person("Quimby", "Isai", "1951-11-23"), "657680344");
  const auto found = ValueOrDie(Search(other));
  ASSERT_THAT(found.candidates(), SizeIs(1));
  EXPECT_EQ(found.candidates(0).grade(), v1::MATCH_GRADE_CERTAINLY_NOT);
  EXPECT_THAT(ValueOrDie(Search(Person("Quimby", "Isai", "1951-11-23"))).candidates(), IsEmpty());
}

// What is found is weighed as the naive comparison of features weighs it.
TEST_F(SearchPersonsTest, WeighsAsFeaturesDo) {
  for (uint64_t seed = 0; seed < 3; ++seed) {
    RandomPeople people(seed);
    std::vector<common::v1::Demographics> asked;
    for (int i = 0; i < 60; ++i) {
      v1::MpiCommand command = people.Command();
      if (!command.has_register_()) continue;
      asked.push_back(command.register_().demographics());
      (void)TryRegister(command.register_().patient(), command.register_().demographics());
    }
    const auto snapshot = role_->journal().Snapshot();
    const MpiReader reader(*snapshot);
    size_t candidates = 0;
    for (const common::v1::Demographics& demographics : asked) {
      const auto read = wire::FromProto(demographics, "demographics");
      if (!read.ok() || read->names.empty() || !read->birth_date) continue;
      const auto found =
          ValueOrDie(SearchPersons(reader,
                                   {.demographics = *read,
                                    .limit = kSearchPersonsMax,
                                    .protected_records = ProtectedRecords::kIncluded},
                                   DefaultModel()));
      int certain = 0;
      for (const v1::PersonCandidate& candidate : found.candidates()) {
        ++candidates;
        Millibits best = -1'000'000;
        for (const v1::Record& record : candidate.person().records()) {
          if (IsTombstone(record)) continue;
          const Features features = ValueOrDie(FeaturesOf(record));
          best =
              std::max(best, Score(Compare(Normalize(*read), features), DefaultModel()).weight());
        }
        EXPECT_EQ(candidate.weight_millibits(), best) << seed;
        certain += candidate.grade() == v1::MATCH_GRADE_CERTAIN ? 1 : 0;
      }
      EXPECT_LE(certain, 1) << seed;
    }
    EXPECT_GT(candidates, 20u) << seed;
  }
}

}  // namespace
}  // namespace hie::mpi
