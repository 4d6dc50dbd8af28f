#include "mpi/service/model_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/registry.h>

#include <algorithm>
#include <optional>

#include "mpi/score/model_file.h"
#include "mpi/service/train_model_fixture.h"
#include "mpi/store/link_hash.h"
#include "mpi/store/model_store.h"
#include "mpi/store/random_people.h"
#include "services/common/metrics/metrics_text.h"

namespace hie::mpi {
namespace {

using ::hie::testing::IsOk;
using ::hie::testing::StatusIs;
using ::hie::testing::ValueOrDie;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Reads what a run tells until it ends; the status is the run's.
struct Watched {
  std::vector<v1::RunEvent> events;
  absl::Status status;
};

Watched Watch(RunLog& log) {
  Watched watched;
  Mutex mutex;
  CondVar wake;
  uint64_t after = 0;
  bool ended = false;
  while (!ended) {
    bool answered = false;
    const auto answer = [&] {
      answered = true;
      wake.NotifyAll();
    };
    log.Next(
        after,
        [&](const v1::RunEvent& event) {
          MutexLock lock(mutex);
          after = event.number();
          watched.events.push_back(event);
          answer();
        },
        [&](const absl::Status& status) {
          MutexLock lock(mutex);
          watched.status = status;
          ended = true;
          answer();
        });
    MutexLock lock(mutex);
    wake.Wait(mutex, [&] { return answered; });
  }
  return watched;
}

class ModelServiceTest : public ::testing::Test {
 protected:
  ModelServiceTest() : index_(300), service_(index_.role().models()) {}

  template <typename Request>
  static Request By(Request request) {
    request.mutable_actor()->set_member("exchange");
    request.mutable_actor()->set_user("olga");
    return request;
  }

  absl::StatusOr<v1::PutModelResponse> Put(const std::string& hash, absl::string_view text) {
    absl::StatusOr<v1::PutModelResponse> response;
    const auto parts = PartsOfModelText(text);
    for (size_t i = 0; i < parts.size(); ++i) {
      v1::PutModelRequest request = By(v1::PutModelRequest());
      request.set_hash(hash);
      request.set_number(static_cast<uint32_t>(i + 1));
      request.set_parts(static_cast<uint32_t>(parts.size()));
      request.set_data(std::string(parts[i]));
      response = service_.PutModel(request);
    }
    return response;
  }

  absl::StatusOr<v1::ActivateModelResponse> Activate(const std::string& hash) {
    v1::ActivateModelRequest request = By(v1::ActivateModelRequest());
    request.set_hash(hash);
    request.set_reason("fitted to March");
    return service_.ActivateModel(request);
  }

  // The result of a run that must succeed.
  v1::RunEvent Run(const v1::StartRunRequest& request) {
    const auto started = ValueOrDie(service_.StartRun(request));
    const Watched watched = Watch(*ValueOrDie(service_.FindRun(started.run_id())));
    EXPECT_THAT(watched.status, IsOk());
    EXPECT_FALSE(watched.events.empty());
    for (size_t i = 1; i < watched.events.size(); ++i) {
      EXPECT_LT(watched.events[i - 1].number(), watched.events[i].number());
    }
    return watched.events.empty() ? v1::RunEvent() : watched.events.back();
  }

  std::string ActiveName() {
    const auto list = ValueOrDie(service_.ListModels({}));
    for (const auto& model : list.models()) {
      if (model.active()) return model.name();
    }
    return "";
  }

  RegionIndex index_;
  ModelService& service_;
};

std::string ModelText(Millibits link) {
  Model model = DefaultModel();
  model.thresholds.link = link;
  return WriteModel(model);
}

TEST_F(ModelServiceTest, AModelIsTrainedSimulatedActivatedAndTakenBack) {
  v1::StartRunRequest train = By(v1::StartRunRequest());
  train.mutable_train()->set_seed(1);
  const v1::TrainResult trained = Run(train).train();
  EXPECT_EQ(trained.records(), trained.index_records());
  EXPECT_FALSE(trained.model().active());
  EXPECT_EQ(trained.model().put_by(), "exchange/olga");
  EXPECT_EQ(ActiveName(), DefaultModel().name);

  v1::StartRunRequest simulate = By(v1::StartRunRequest());
  simulate.mutable_simulate()->set_hash(trained.model().hash());
  const v1::SimulateResult simulated = Run(simulate).simulate();
  EXPECT_EQ(simulated.model_now(), DefaultModel().name);
  EXPECT_EQ(simulated.model_then(), trained.model().name());

  const std::string links = ValueOrDie(LinkHash(*index_.Snapshot()));
  EXPECT_EQ(ValueOrDie(Activate(trained.model().hash())).active_hash(), trained.model().hash());
  EXPECT_EQ(ActiveName(), trained.model().name());
  // Nothing is linked anew by itself.
  EXPECT_EQ(ValueOrDie(LinkHash(*index_.Snapshot())), links);

  v1::RollBackModelRequest back = By(v1::RollBackModelRequest());
  back.set_reason("too many tasks");
  EXPECT_THAT(service_.RollBackModel(back), StatusIs(absl::StatusCode::kFailedPrecondition));
  back.set_expected_active(trained.model().hash());
  EXPECT_EQ(ValueOrDie(service_.RollBackModel(back)).active_hash(), "");
  EXPECT_EQ(ActiveName(), DefaultModel().name);
  const auto list = ValueOrDie(service_.ListModels({}));
  ASSERT_EQ(list.activations_size(), 2);
  EXPECT_TRUE(list.activations(0).rolled_back());
  EXPECT_EQ(list.activations(1).reason(), "fitted to March");
}

TEST_F(ModelServiceTest, AModelComesBackAsItWasPut) {
  const std::string text = ModelText(11'000);
  ASSERT_THAT(Put(HashOfModelText(text), text), IsOk());
  v1::GetModelRequest request;
  request.set_hash(HashOfModelText(text));
  request.set_number(1);
  EXPECT_EQ(ValueOrDie(service_.GetModel(request)).data(), text);
  request.set_number(2);
  EXPECT_THAT(service_.GetModel(request), StatusIs(absl::StatusCode::kNotFound));
  request.set_hash("");
  request.set_number(1);
  EXPECT_EQ(ValueOrDie(service_.GetModel(request)).data(), WriteModel(DefaultModel()));
}

TEST_F(ModelServiceTest, ACorruptModelIsRefusedAndTheOldOneStays) {
  const std::string old = ModelText(11'000);
  ASSERT_THAT(Put(HashOfModelText(old), old), IsOk());
  ASSERT_THAT(Activate(HashOfModelText(old)), IsOk());
  const std::string name = ActiveName();
  const std::string good = ModelText(12'000);
  std::string bad = good;
  ++bad[bad.size() / 2];
  EXPECT_THAT(Put(HashOfModelText(good), bad), StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_THAT(Activate(HashOfModelText(good)), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_EQ(ActiveName(), name);
  EXPECT_EQ(ValueOrDie(service_.ListModels({})).models_size(), 2);
  Model wrong = DefaultModel();
  wrong.thresholds.margin = -1;
  const std::string senseless = WriteModel(wrong);
  EXPECT_THAT(Put(HashOfModelText(senseless), senseless),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("margin")));
  EXPECT_EQ(ActiveName(), name);
}

TEST_F(ModelServiceTest, RequestsThatCannotBeAreRefused) {
  v1::ActivateModelRequest activate = By(v1::ActivateModelRequest());
  EXPECT_THAT(service_.ActivateModel(activate), StatusIs(absl::StatusCode::kInvalidArgument));
  activate.set_reason("why");
  activate.set_hash("XYZ");
  EXPECT_THAT(service_.ActivateModel(activate), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(service_.StartRun(By(v1::StartRunRequest())),
              StatusIs(absl::StatusCode::kInvalidArgument));
  v1::StartRunRequest simulate = By(v1::StartRunRequest());
  simulate.mutable_simulate()->set_hash(std::string(64, 'a'));
  EXPECT_THAT(service_.StartRun(simulate), StatusIs(absl::StatusCode::kNotFound));
  simulate.mutable_simulate()->set_examples_max(101);
  EXPECT_THAT(service_.StartRun(simulate), StatusIs(absl::StatusCode::kInvalidArgument));
  v1::StartRunRequest scrub = By(v1::StartRunRequest());
  scrub.mutable_scrub()->set_findings_max(10'001);
  EXPECT_THAT(service_.StartRun(scrub),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("findings_max")));
  EXPECT_THAT(service_.FindRun("no such run"), StatusIs(absl::StatusCode::kNotFound));
  v1::GetMonitorsRequest monitors;
  monitors.set_records_max(100'001);
  EXPECT_THAT(service_.GetMonitors(monitors), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_F(ModelServiceTest, AScrubTellsWhatIsWrongAndWhere) {
  v1::StartRunRequest scrub = By(v1::StartRunRequest());
  scrub.mutable_scrub();
  v1::ScrubResult sound = Run(scrub).scrub();
  EXPECT_THAT(sound.faults(), IsEmpty());
  EXPECT_EQ(sound.records(), 300u);
  EXPECT_GT(sound.filings(), 1'000u);
  const auto row = ValueOrDie(index_.Snapshot()->ScanPrefix(kKeysTable, "", 1));
  WriteBatch damage;
  damage.Delete(kKeysTable, row[0].key);
  ASSERT_THAT(index_.store().Write(damage, Durability::kBuffered), IsOk());
  const auto started = ValueOrDie(service_.StartRun(scrub));
  const Watched watched = Watch(*ValueOrDie(service_.FindRun(started.run_id())));
  ASSERT_THAT(watched.status, IsOk());
  const auto finding = std::find_if(watched.events.begin(), watched.events.end(),
                                    [](const v1::RunEvent& event) { return event.has_finding(); });
  ASSERT_NE(finding, watched.events.end());
  EXPECT_EQ(finding->finding().fault(), "a record is not filed under a key of its own");
  EXPECT_NE(finding->finding().patient().id(), "");
  EXPECT_EQ(watched.events.back().scrub().faults(0).count(), 1u);
}

// A registrar that keeps the one streaming method.
class StreamRegistrar final : public rpc::MethodRegistrar {
 public:
  rpc::RawMethod stream;

 protected:
  void Add(rpc::RawMethod method) override {
    if (method.server_streaming) stream = std::move(method);
  }
};

// A reader that takes everything at once.
class TakingStream final : public rpc::ByteStream {
 public:
  void Write(std::string message, Done done) override {
    v1::WatchRunResponse response;
    EXPECT_TRUE(response.ParseFromString(message));
    events.push_back(response.event());
    done(true);
  }
  void Finish(absl::Status status) override {
    MutexLock lock(mutex);
    finished = status;
    wake.NotifyAll();
  }
  void Reset() override {}
  absl::Status Wait() {
    MutexLock lock(mutex);
    wake.Wait(mutex, [this] { return finished.has_value(); });
    return *finished;
  }

  std::vector<v1::RunEvent> events;
  Mutex mutex;
  CondVar wake;
  std::optional<absl::Status> finished;
};

TEST_F(ModelServiceTest, WatchingStreamsWhatARunTellsAndThenItsStatus) {
  StreamRegistrar registrar;
  service_.Serve(registrar);
  v1::StartRunRequest scrub = By(v1::StartRunRequest());
  scrub.mutable_scrub();
  v1::WatchRunRequest watch;
  watch.set_run_id(ValueOrDie(service_.StartRun(scrub)).run_id());
  const auto stream = std::make_shared<TakingStream>();
  registrar.stream.server_stream(nullptr, watch.SerializeAsString(), stream);
  EXPECT_THAT(stream->Wait(), IsOk());
  ASSERT_FALSE(stream->events.empty());
  EXPECT_TRUE(stream->events.back().has_scrub());
  // Who comes back asks for what follows.
  watch.set_after(stream->events.back().number() - 1);
  const auto rest = std::make_shared<TakingStream>();
  registrar.stream.server_stream(nullptr, watch.SerializeAsString(), rest);
  EXPECT_THAT(rest->Wait(), IsOk());
  EXPECT_EQ(rest->events.size(), 1u);
  watch.set_run_id("another");
  const auto none = std::make_shared<TakingStream>();
  registrar.stream.server_stream(nullptr, watch.SerializeAsString(), none);
  EXPECT_THAT(none->Wait(), StatusIs(absl::StatusCode::kNotFound));
}

TEST(RunBoardTest, OneRunAtATimeIsWatchedByManyAndEndsWhenItIsTold) {
  RunBoard board;
  const auto until_cancelled = [](RunLog& log) {
    v1::RunEvent event;
    event.mutable_finding()->set_fault("first");
    log.Tell(event);
    while (!log.cancelled()) {
      event.mutable_progress()->set_done(event.progress().done() + 1);
      log.Tell(event);
    }
    return absl::CancelledError("told");
  };
  ASSERT_THAT(board.Start("a", until_cancelled), IsOk());
  EXPECT_THAT(board.Start("b", until_cancelled), StatusIs(absl::StatusCode::kFailedPrecondition));
  const auto log = ValueOrDie(board.Find("a"));
  Watched early;
  std::thread watcher([&] { early = Watch(*log); });
  log->Cancel();
  watcher.join();
  EXPECT_THAT(early.status, StatusIs(absl::StatusCode::kCancelled));
  const Watched late = Watch(*log);
  ASSERT_FALSE(late.events.empty());
  EXPECT_EQ(late.events[0].finding().fault(), "first");
  EXPECT_LE(late.events.size(), 2u);  // Progress that was overtaken is gone.
  ASSERT_THAT(board.Start("b", [](RunLog&) { return absl::OkStatus(); }), IsOk());
  EXPECT_THAT(board.Find("a"), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(Watch(*ValueOrDie(board.Find("b"))).status, IsOk());
}

TEST_F(ModelServiceTest, MonitorsOfASmallIndexAreExact) {
  const auto monitors = ValueOrDie(service_.GetMonitors({})).monitors();
  uint64_t pairs = 0;
  uint64_t persons = 0;
  for (const KvEntry& entry : ValueOrDie(index_.Snapshot()->ScanPrefix(kPersonsTable, ""))) {
    v1::PersonRow person;
    ASSERT_TRUE(person.ParseFromString(entry.value));
    const auto size = static_cast<uint64_t>(person.record_numbers_size());
    pairs += size > 1 ? size * (size - 1) / 2 : 0;
    persons += size > 0;
  }
  // The region holds no tombstone, and what is provisional is not compared.
  const auto compared = ValueOrDie(index_.Snapshot()->ScanPrefix(kFeaturesTable, "")).size();
  EXPECT_EQ(monitors.records(), compared);
  EXPECT_EQ(monitors.linked_pairs(), pairs);
  EXPECT_NEAR(static_cast<double>(monitors.persons()), static_cast<double>(persons),
              static_cast<double>(300 - compared));
  EXPECT_EQ(monitors.tasks_open(),
            ValueOrDie(index_.Snapshot()->ScanPrefix(kTasksTable, "")).size());
  EXPECT_EQ(monitors.model(), DefaultModel().name);
  ASSERT_GT(monitors.sources_size(), 1);
  uint64_t records = 0;
  for (const v1::SourceMonitor& source : monitors.sources()) records += source.records();
  EXPECT_EQ(records, compared);
}

TEST_F(ModelServiceTest, RatesBySourceAreThoseOfItsPairs) {
  const auto monitors = ValueOrDie(service_.GetMonitors({})).monitors();
  for (const v1::SourceMonitor& source : monitors.sources()) {
    std::map<std::string, uint64_t> linked;
    std::map<std::string, uint64_t> random;
    for (const v1::LevelRate& rate : source.levels()) {
      linked[rate.field()] += rate.linked_ppm();
      random[rate.field()] += rate.random_ppm();
    }
    for (const char* field : {"family", "given", "birth_date"}) {
      EXPECT_NEAR(static_cast<double>(linked[field]), 1e6, 20) << field;
      EXPECT_NEAR(static_cast<double>(random[field]), 1e6, 20) << field;
    }
    for (const v1::MissingRate& missing : source.missing()) {
      if (missing.field() == "family") {
        EXPECT_LT(missing.missing_ppm(), 100'000u);
      }
    }
    // Linked pairs agree on the family name, random ones do not.
    EXPECT_EQ(source.levels(0).level(), "exact");
    EXPECT_GT(source.levels(0).linked_ppm(), 500'000u);
    EXPECT_LT(source.levels(0).random_ppm(), 200'000u);
  }
}

TEST_F(ModelServiceTest, ADrawnPartEstimatesTheWhole) {
  v1::GetMonitorsRequest request;
  request.set_records_max(150);
  const auto part = ValueOrDie(service_.GetMonitors(request)).monitors();
  const auto whole = ValueOrDie(service_.GetMonitors({})).monitors();
  EXPECT_LE(part.drawn_records(), 150u);
  EXPECT_NEAR(static_cast<double>(part.linked_pairs()), static_cast<double>(whole.linked_pairs()),
              0.4 * static_cast<double>(whole.linked_pairs()));
  const auto again = ValueOrDie(service_.GetMonitors(request)).monitors();
  EXPECT_EQ(part.SerializeAsString(), again.SerializeAsString());
}

TEST(MpiRoleMetricsTest, MonitorsAndCountsAreMetricsOfTheRole) {
  const auto registry = std::make_shared<prometheus::Registry>();
  MpiMetrics metrics(registry);
  metrics.CountRegistration(v1::LINK_OUTCOME_LINKED);
  metrics.CountRegistration(v1::LINK_OUTCOME_LINKED);
  v1::SearchPersonsResponse found;
  found.add_candidates()->set_certain(true);
  metrics.CountSearch(found);
  metrics.SetPlans(5, 1);
  metrics.SetPlans(7, 1);
  v1::Monitors monitors;
  monitors.set_linked_pairs(42);
  monitors.set_oldest_task_micros(absl::ToUnixMicros(absl::FromUnixSeconds(100)));
  v1::SourceMonitor& source = *monitors.add_sources();
  source.set_assigning_authority("2.999.1");
  source.set_linked_pairs(1);
  v1::LevelRate& rate = *source.add_levels();
  rate.set_field("family");
  rate.set_linked_ppm(499'999);
  rate.set_model_m_ppm(999'999);
  v1::MissingRate& missing = *source.add_missing();
  missing.set_field("phone");
  missing.set_missing_ppm(250'000);
  metrics.SetMonitors(monitors, absl::FromUnixSeconds(160));
  const std::string text = metrics::MetricsText(*registry);
  EXPECT_THAT(
      text, AllOf(HasSubstr("mpi_registrations_total{outcome=\"linked\"} 2"),
                  HasSubstr("mpi_searches_total{degraded=\"no\",result=\"certain\"} 1"),
                  HasSubstr("mpi_plans_total{use=\"reused\"} 7"),
                  HasSubstr("mpi_plans_total{use=\"recomputed\"} 1"),
                  HasSubstr("mpi_monitor_linked_pairs 42"),
                  HasSubstr("mpi_monitor_oldest_task_age_seconds 60"),
                  HasSubstr("mpi_monitor_drift_bits{field=\"family\",pairs=\"linked\","
                            "source=\"2.999.1\"} 1"),
                  HasSubstr("mpi_monitor_missing_ratio{field=\"phone\",source=\"2.999.1\"} 0.25")));
}

TEST(ClockJumpTest, AClockThatJumpsChangesNoLink) {
  std::optional<std::string> links;
  for (const bool jumps : {false, true}) {
    MemoryKvStore store(MpiRole::Tables());
    SimulatedClock clock(absl::FromUnixSeconds(1'700'000'000));
    SeededRandom random(1);
    const auto role =
        ValueOrDie(MpiRole::Open({.store = &store, .clock = &clock, .random = &random}));
    RandomPeople people(7);
    for (int i = 0; i < 250; ++i) {
      if (jumps) clock.Advance(absl::Hours(i % 3 == 0 ? -500 : i % 5 == 0 ? 900 : 0));
      ProposeAndWait(role->journal(), people.Command().SerializeAsString()).status().IgnoreError();
    }
    const std::string hash = ValueOrDie(LinkHash(*role->journal().Snapshot()));
    if (links) {
      EXPECT_EQ(hash, *links);
    }
    links = hash;
  }
}

}  // namespace
}  // namespace hie::mpi
