#include "mpi/service/explain_link.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mpi/service/service_fixture.h"

namespace hie::mpi {
namespace {

using ::hie::testing::StatusIs;
using ::hie::testing::ValueOrDie;
using ::testing::IsEmpty;
using ::testing::Not;

class ExplainLinkTest : public ServiceFixture {
 protected:
  absl::StatusOr<v1::ExplainLinkResponse> Explain(const common::v1::LocalPatient& patient) {
    v1::ExplainLinkRequest request;
    *request.mutable_patient() = patient;
    return role_->service().ExplainLink(request);
  }
};

TEST_F(ExplainLinkTest, TellsWhyMatchingLinkedAndReplaysIt) {
  const auto olga = AtHome(Person("Larssen", "Olga", "1980-03-05"));
  Register(Key(kLakes, "1"), olga);
  const auto linked = Register(Key(kHills, "2"), olga);
  ASSERT_EQ(linked.outcome(), v1::LINK_OUTCOME_LINKED);
  const auto why = ValueOrDie(Explain(Key(kHills, "2")));
  EXPECT_EQ(why.other().id(), "1");
  EXPECT_EQ(why.weight_millibits(), std::min(why.stranger_millibits(), why.household_millibits()));
  EXPECT_EQ(why.weight_millibits(), linked.best_weight_millibits());
  EXPECT_TRUE(why.replays());
  EXPECT_THAT(why.fields(), Not(IsEmpty()));
  EXPECT_THAT(why.keys(), Not(IsEmpty()));
  EXPECT_THAT(why.vetoes(), IsEmpty());
  EXPECT_EQ(why.sequence(), linked.link_version());
}

TEST_F(ExplainLinkTest, SaysAsItWasThoughTheRecordHasMovedOn) {
  const auto olga = AtHome(Person("Larssen", "Olga", "1980-03-05"));
  Register(Key(kLakes, "1"), olga);
  Register(Key(kHills, "2"), olga);
  const auto before = ValueOrDie(Explain(Key(kHills, "2")));
  auto moved = olga;
  moved.set_phones(0, "906-111-2233");
  Register(Key(kLakes, "1"), moved);
  EXPECT_EQ(ValueOrDie(Explain(Key(kHills, "2"))).SerializeAsString(), before.SerializeAsString());
}

TEST_F(ExplainLinkTest, WhatMatchingNeverLinkedIsNotExplained) {
  Register(Key(kLakes, "1"), Person("Larssen", "Olga", "1980-03-05"));
  EXPECT_THAT(Explain(Key(kLakes, "1")), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(Explain(Key(kLakes, "9")), StatusIs(absl::StatusCode::kNotFound));
}

}  // namespace
}  // namespace hie::mpi
