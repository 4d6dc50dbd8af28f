// A steward's day over a real exchange: events, why, undo and what follows, an id that is gone, the
// golden view, the queue, models, a scrub.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <optional>

#include "absl/strings/str_cat.h"
#include "hie/exchange/v1/exchange_service.methods.h"
#include "hie/exchange/v1/identity_service.methods.h"
#include "tests/support/region/region_stack.h"
#include "tests/support/status_matchers.h"

namespace hie::testing {
namespace {

using exchange::v1::ExchangeService;
using exchange::v1::IdentityService;
using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr size_t kPeople = 20;

class IdentityE2eTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    RegionStack::Options options;
    options.directory = absl::StrCat(::testing::TempDir(), "/identity-", getpid());
    options.people = kPeople;
    auto region = RegionStack::Start(options);
    ASSERT_THAT(region, IsOk());
    region_ = region->release();
  }
  static void TearDownTestSuite() {
    if (region_ == nullptr) return;
    EXPECT_TRUE(region_->exchange().StopAll());
    const std::string directory = region_->exchange().directory();
    delete region_;
    region_ = nullptr;
    if (!HasFailure()) std::filesystem::remove_all(directory);
  }
  void SetUp() override { ASSERT_NE(region_, nullptr); }

  static std::unique_ptr<ctl::Session> SignIn(const std::string& member, const std::string& role,
                                              const std::string& purpose) {
    auto session = region_->exchange().SignIn(member, "user-" + role, role, purpose);
    EXPECT_THAT(session, IsOk());
    return *std::move(session);
  }
  static std::unique_ptr<ctl::Session> Steward() { return SignIn("hie", "steward", "PATADMIN"); }

  static std::vector<mpi::v1::LinkEvent> Events(ctl::Session& steward) {
    std::vector<mpi::v1::LinkEvent> events;
    exchange::v1::ListEventsRequest request;
    while (true) {
      const auto listed = steward.Call<IdentityService::ListEvents>(request);
      EXPECT_THAT(listed, IsOk());
      if (!listed.ok()) return events;
      events.insert(events.end(), listed->events().begin(), listed->events().end());
      if (!listed->more()) return events;
      request.set_after_sequence(events.back().sequence());
    }
  }

  // The last record that matching linked.
  static std::optional<mpi::v1::LinkEvent> LastLink(ctl::Session& steward) {
    std::optional<mpi::v1::LinkEvent> link;
    for (mpi::v1::LinkEvent& event : Events(steward)) {
      if (event.kind() == mpi::v1::EVENT_KIND_LINKED && event.undone_by() == 0) {
        link = std::move(event);
      }
    }
    return link;
  }

  static const RegionPatient* PatientOf(const common::v1::LocalPatient& key) {
    for (const RegionPatient& patient : region_->patients()) {
      if (patient.domain == key.assigning_authority() && patient.mrn == key.id()) return &patient;
    }
    return nullptr;
  }

  static mpi::v1::RunEvent Run(ctl::Session& steward, const exchange::v1::StartRunRequest& start) {
    mpi::v1::RunEvent last;
    const auto started = steward.Call<IdentityService::StartRun>(start);
    EXPECT_THAT(started, IsOk());
    if (!started.ok()) return last;
    exchange::v1::WatchRunRequest watch;
    watch.set_run_id(started->run_id());
    EXPECT_THAT(steward.Stream<IdentityService::WatchRun>(
                    watch,
                    [&last](const exchange::v1::WatchRunResponse& told) {
                      last = told.event();
                      return true;
                    }),
                IsOk());
    return last;
  }

  static RegionStack* region_;
};

RegionStack* IdentityE2eTest::region_ = nullptr;

TEST_F(IdentityE2eTest, ALinkIsExplainedUndoneAndItsIdIsGone) {
  const auto steward = Steward();
  const auto link = LastLink(*steward);
  ASSERT_TRUE(link) << "the region has nobody who was linked";
  ASSERT_FALSE(link->moved().empty());
  const common::v1::LocalPatient key = link->moved(0).patient();
  const std::string eid = link->moved(0).to_eid();
  const RegionPatient* patient = PatientOf(key);
  ASSERT_NE(patient, nullptr);

  exchange::v1::ExplainLinkRequest explain;
  *explain.mutable_patient() = key;
  const auto why = steward->Call<IdentityService::ExplainLink>(explain);
  ASSERT_THAT(why, IsOk());
  EXPECT_TRUE(why->explanation().replays());
  EXPECT_THAT(why->explanation().fields(), Not(IsEmpty()));

  const auto physician = SignIn(patient->member, "physician", "TREAT");
  exchange::v1::GetGoldenViewRequest golden;
  *golden.mutable_subject() = patient->Subject();
  const auto view = physician->Call<IdentityService::GetGoldenView>(golden);
  ASSERT_THAT(view, IsOk());
  EXPECT_EQ(view->view().eid(), eid);
  EXPECT_THAT(view->view().fields(), Not(IsEmpty()));

  exchange::v1::UndoEventRequest undo;
  undo.set_sequence(link->sequence());
  undo.set_reason("the cards are of two people");
  const auto undone = steward->Call<IdentityService::UndoEvent>(undo);
  ASSERT_THAT(undone, IsOk());
  EXPECT_EQ(undone->fallout().since_micros(), link->micros());
  std::vector<std::string> recalled;
  for (const auto& recall : undone->fallout().recalls()) recalled.push_back(recall.member());
  EXPECT_THAT(recalled, Contains(patient->member));  // It was shown the golden view.

  exchange::v1::SearchPatientsRequest search;
  search.set_include_replaced(true);
  search.add_conditions()->set_field(mpi::v1::PERSON_FIELD_EID);
  search.mutable_conditions(0)->add_values(eid);
  const auto gone = physician->Call<ExchangeService::SearchPatients>(search);
  ASSERT_THAT(gone, IsOk());
  EXPECT_THAT(gone->patients(), IsEmpty());
  EXPECT_THAT(gone->split_eids(), Contains(eid));

  const auto officer = SignIn(patient->member, "privacy_officer", "PATADMIN");
  const auto notices = officer->Call<IdentityService::ListRecalls>({});
  ASSERT_THAT(notices, IsOk());
  ASSERT_THAT(notices->notices(), Not(IsEmpty()));
  exchange::v1::AcknowledgeRecallRequest acknowledge;
  acknowledge.set_sequence(undone->sequence());
  EXPECT_THAT(officer->Call<IdentityService::AcknowledgeRecall>(acknowledge), IsOk());
  exchange::v1::GetFalloutRequest again;
  again.set_sequence(undone->sequence());
  const auto fallout = steward->Call<IdentityService::GetFallout>(again);
  ASSERT_THAT(fallout, IsOk());
  for (const auto& recall : fallout->fallout().recalls()) {
    EXPECT_EQ(recall.acknowledged_micros() != 0, recall.member() == patient->member);
  }

  exchange::v1::GetHistoryRequest history;
  *history.mutable_patient() = key;
  const auto told = steward->Call<IdentityService::GetHistory>(history);
  ASSERT_THAT(told, IsOk());
  EXPECT_EQ(told->history().events(0).undoes(), link->sequence());
}

TEST_F(IdentityE2eTest, TheQueueTheModelsAndTheMonitorsAnswer) {
  const auto steward = Steward();
  EXPECT_THAT(steward->Call<IdentityService::ListTasks>({}), IsOk());
  const auto models = steward->Call<IdentityService::ListModels>({});
  ASSERT_THAT(models, IsOk());
  ASSERT_THAT(models->models(), Not(IsEmpty()));
  EXPECT_TRUE(models->models(0).active());
  const auto monitors = steward->Call<IdentityService::GetMonitors>({});
  ASSERT_THAT(monitors, IsOk());
  EXPECT_GE(monitors->monitors().records(), kPeople);
  exchange::v1::StartRunRequest scrub;
  scrub.mutable_scrub();
  const mpi::v1::RunEvent scrubbed = Run(*steward, scrub);
  ASSERT_TRUE(scrubbed.has_scrub());
  EXPECT_THAT(scrubbed.scrub().faults(), IsEmpty());
}

}  // namespace
}  // namespace hie::testing
