#include "gateway/edge/load_relay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <optional>

#include "absl/strings/str_cat.h"
#include "gateway/edge/fake_roles.h"
#include "gateway/edge/load_fake_role.h"
#include "hie/exchange/v1/patient_load_service.methods.h"

namespace hie::edge {
namespace {

using exchange::v1::LoadPatientsRequest;
using exchange::v1::LoadPatientsResponse;
using exchange::v1::PatientLine;
using exchange::v1::PatientLoadService;
using testing::HasSubstr;
using testing::SizeIs;

// The client's side of one stream.
class Client {
 public:
  explicit Client(EdgeWorld& world, const std::string& member = "north")
      : stream_(world.gateway().Bidi<PatientLoadService::LoadPatients>(
            EdgeWorld::As(member),
            [this](const LoadPatientsResponse& response) {
              const MutexLock lock(mutex_);
              answers_.push_back(response);
              changed_.NotifyAll();
              return true;
            },
            [this](const absl::Status& status) {
              const MutexLock lock(mutex_);
              status_ = status;
              changed_.NotifyAll();
            })) {}
  ~Client() {
    stream_->Cancel();
    Wait([this]() HIE_NO_THREAD_SAFETY_ANALYSIS { return status_.has_value(); });
  }

  void Send(const LoadPatientsRequest& request) {
    writes_->Push(
        [stream = stream_, request](members::WriteQueue::Done done) {
          stream->Write(request.SerializeAsString(), std::move(done));
        },
        1);
  }
  void Begin() {
    LoadPatientsRequest request;
    request.mutable_begin()->set_load_id("018bcfe5-6800-7000-8000-00000000abcd");
    request.mutable_begin()->set_input_sha256(std::string(32, 'x'));
    Send(request);
  }
  void End(uint64_t lines) {
    LoadPatientsRequest request;
    request.mutable_end()->set_lines(lines);
    Send(request);
  }
  void HalfClose() {
    writes_->Push(
        [stream = stream_](const members::WriteQueue::Done& done) {
          stream->WritesDone();
          done(true);
        },
        1);
  }

  // The next answer; nothing once the stream has ended.
  std::optional<LoadPatientsResponse> Next() {
    Wait([this]()
             HIE_NO_THREAD_SAFETY_ANALYSIS { return !answers_.empty() || status_.has_value(); });
    const MutexLock lock(mutex_);
    if (answers_.empty()) return std::nullopt;
    LoadPatientsResponse answer = std::move(answers_.front());
    answers_.pop_front();
    return answer;
  }
  // Reads to the end.
  absl::Status Status() {
    while (Next()) {
    }
    const MutexLock lock(mutex_);
    return *status_;
  }

 private:
  template <typename Condition>
  void Wait(Condition condition) {
    const MutexLock lock(mutex_);
    changed_.Wait(mutex_, condition);
  }

  Mutex mutex_;
  CondVar changed_;
  std::deque<LoadPatientsResponse> answers_ HIE_GUARDED_BY(mutex_);
  std::optional<absl::Status> status_ HIE_GUARDED_BY(mutex_);
  const std::shared_ptr<members::WriteQueue> writes_ =
      std::make_shared<members::WriteQueue>(members::WriteQueue::Bounds{1000, 1 << 20});
  const std::shared_ptr<rpc::ClientByteStream> stream_;
};

PatientLine Line(uint64_t number, const std::string& id, const std::string& facility = "") {
  PatientLine line;
  line.set_line_number(number);
  line.mutable_patient()->mutable_patient()->set_assigning_authority("2.999.1");
  line.mutable_patient()->mutable_patient()->set_id(id);
  line.mutable_patient()->mutable_demographics()->add_names()->set_family("Zzyzx");
  line.mutable_patient()->set_facility(facility);
  return line;
}

LoadPatientsRequest Lines(const std::vector<PatientLine>& lines) {
  LoadPatientsRequest request;
  request.mutable_lines();
  for (const PatientLine& line : lines) *request.mutable_lines()->add_lines() = line;
  return request;
}

TEST(LoadRelayTest, LinesAreRegisteredClaimedAndThenAnswered) {
  EdgeWorld world;
  Client client(world);
  client.Begin();
  const auto began = client.Next();
  ASSERT_TRUE(began && began->has_began()) << client.Status();
  EXPECT_EQ(began->began().window_lines(), kFakeLoadWindow);
  client.Send(Lines({Line(1, "n7", "north-main"), Line(2, "BAD"), Line(3, "n7", "north-main")}));
  const auto progress = client.Next();
  ASSERT_TRUE(progress && progress->has_progress()) << client.Status();
  EXPECT_EQ(progress->progress().through_line(), 3u);
  ASSERT_THAT(progress->progress().problems(), SizeIs(1));
  EXPECT_EQ(progress->progress().problems(0).line_number(), 2u);
  ASSERT_THAT(progress->progress().outcomes(), SizeIs(1));
  EXPECT_EQ(progress->progress().outcomes(0).lines(), 2u);
  {
    const MutexLock lock(world.state.mutex);
    EXPECT_EQ(world.state.load_begun.actor().member(), "north");
    ASSERT_THAT(world.state.loaded, SizeIs(3));
    // As the domain's rules want it.
    EXPECT_EQ(world.state.loaded[0].patient().id(), "N7");
    ASSERT_THAT(world.state.submitted, SizeIs(1));
    const registry::v1::SubmitRequest& submitted = world.state.submitted[0];
    ASSERT_THAT(submitted.claims(), SizeIs(1));
    EXPECT_EQ(submitted.claims(0).facility(), "north-main");
    EXPECT_EQ(submitted.claims(0).member(), "north");
    EXPECT_EQ(submitted.claims(0).patient().incarnation(), 1u);
  }
  client.End(3);
  const auto ended = client.Next();
  ASSERT_TRUE(ended && ended->has_ended()) << client.Status();
  EXPECT_TRUE(client.Status().ok()) << client.Status();
}

TEST(LoadRelayTest, WhatIsNotTheMembersIsAmongTheRejects) {
  EdgeWorld world;
  Client client(world);
  client.Begin();
  ASSERT_TRUE(client.Next());
  PatientLine foreign = Line(1, "L1");
  foreign.mutable_patient()->mutable_patient()->set_assigning_authority("2.999.2");
  PatientLine versioned = Line(2, "N2");
  versioned.mutable_patient()->set_expected_version(3);
  PatientLine unread;
  unread.set_line_number(3);
  unread.mutable_problem()->set_reason("no such columns");
  client.Send(Lines({foreign, versioned, unread, Line(4, "N4")}));
  const auto progress = client.Next();
  ASSERT_TRUE(progress) << client.Status();
  ASSERT_THAT(progress->progress().problems(), SizeIs(3));
  EXPECT_EQ(progress->progress().problems(0).field(), "patient.assigning_authority");
  EXPECT_EQ(progress->progress().problems(1).field(), "expected_version");
  EXPECT_EQ(progress->progress().problems(2).reason(), "no such columns");
  const MutexLock lock(world.state.mutex);
  for (const mpi::v1::LoadLine& line : world.state.loaded) {
    EXPECT_EQ(line.has_problem(), !line.has_demographics());
  }
}

TEST(LoadRelayTest, AMemberThatIsNotLiveLoadsNothing) {
  EdgeWorld world(100, MemberState::kShadow);
  Client client(world);
  client.Begin();
  EXPECT_TRUE(absl::IsFailedPrecondition(client.Status())) << client.Status();
  const MutexLock lock(world.state.mutex);
  EXPECT_FALSE(world.state.load_begun.has_actor());
}

TEST(LoadRelayTest, GoesOnSoThatNoClaimIsLacking) {
  EdgeWorld world;
  world.state.load_applied = 100;
  Client client(world);
  client.Begin();
  const auto began = client.Next();
  ASSERT_TRUE(began) << client.Status();
  EXPECT_EQ(began->began().resume_after_line(), 100u - kFakeLoadWindow);
  EXPECT_EQ(began->began().load().applied_line(), 100u);
}

TEST(LoadRelayTest, NothingIsAnsweredWithoutItsClaim) {
  EdgeWorld world;
  world.state.registry_down = absl::UnavailableError("down");
  Client client(world);
  client.Begin();
  ASSERT_TRUE(client.Next());
  client.Send(Lines({Line(1, "N1")}));
  EXPECT_FALSE(client.Next());
  EXPECT_TRUE(absl::IsUnavailable(client.Status())) << client.Status();
}

TEST(LoadRelayTest, AnEarlyEndOfTheStreamIsAnsweredToItsLastLine) {
  EdgeWorld world;
  Client client(world);
  client.Begin();
  ASSERT_TRUE(client.Next());
  client.Send(Lines({Line(1, "N1"), Line(2, "N2")}));
  client.HalfClose();
  const auto progress = client.Next();
  ASSERT_TRUE(progress) << client.Status();
  EXPECT_EQ(progress->progress().through_line(), 2u);
  EXPECT_TRUE(client.Status().ok()) << client.Status();
}

TEST(LoadRelayTest, StreamsOfTheWrongShapeAreRefused) {
  EdgeWorld world;
  {
    Client client(world);
    client.Send(Lines({Line(1, "N1")}));
    EXPECT_TRUE(absl::IsInvalidArgument(client.Status())) << client.Status();
  }
  {
    Client client(world);
    client.Send(LoadPatientsRequest());
    EXPECT_TRUE(absl::IsInvalidArgument(client.Status())) << client.Status();
  }
  {
    Client client(world);
    client.Begin();
    ASSERT_TRUE(client.Next());
    client.Begin();
    EXPECT_TRUE(absl::IsInvalidArgument(client.Status())) << client.Status();
  }
  {
    Client client(world);
    client.Begin();
    ASSERT_TRUE(client.Next());
    client.Send(Lines(std::vector<PatientLine>(kFakeLoadWindow + 1, Line(1, "N1"))));
    EXPECT_TRUE(absl::IsResourceExhausted(client.Status())) << client.Status();
  }
}

TEST(LoadRelayTest, ALoadIsSeenByItsMemberAlone) {
  EdgeWorld world;
  Client client(world);
  client.Begin();
  ASSERT_TRUE(client.Next());
  exchange::v1::GetPatientLoadRequest get;
  get.set_load_id("018bcfe5-6800-7000-8000-00000000abcd");
  const auto own =
      world.gateway().CallAndWait<PatientLoadService::GetPatientLoad>(EdgeWorld::As("north"), get);
  EXPECT_TRUE(own.ok()) << own.status();
  const auto other =
      world.gateway().CallAndWait<PatientLoadService::GetPatientLoad>(EdgeWorld::As("lakes"), get);
  EXPECT_TRUE(absl::IsNotFound(other.status())) << other.status();
  const auto rejects = world.gateway().CallAndWait<PatientLoadService::ListPatientLoadRejects>(
      EdgeWorld::As("lakes"), {});
  ASSERT_TRUE(rejects.ok()) << rejects.status();
  EXPECT_EQ(rejects->problems(0).field(), "lakes");
}

}  // namespace
}  // namespace hie::edge
