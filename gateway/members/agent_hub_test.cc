#include "gateway/members/agent_hub.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace hie::members {
namespace {

using agent::v1::AttachRequest;
using agent::v1::AttachResponse;
using exchange::MemberAnswer;
using exchange::MemberAnswerStatus;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const MemberId kNorth("north");
constexpr char kDomain[] = "2.999.1.10.1";

rpc::Caller CallerOf(const MemberId& member) {
  rpc::Caller caller;
  caller.actor.member = member;
  return caller;
}

// The transport of one stream: keeps what the hub writes.
class FakeStream final : public rpc::ByteStream {
 public:
  void Write(std::string message, Done done) override {
    AttachResponse response;
    ASSERT_TRUE(response.ParseFromString(message));
    {
      MutexLock lock(mutex_);
      written_.push_back(response);
    }
    done(true);
  }
  void Finish(absl::Status status) override {
    MutexLock lock(mutex_);
    if (!finished_) finished_ = status;
  }
  void Reset() override { Finish(absl::AbortedError("reset")); }

  std::vector<AttachResponse> written() const {
    MutexLock lock(mutex_);
    return written_;
  }
  std::optional<absl::Status> finished() const {
    MutexLock lock(mutex_);
    return finished_;
  }

 private:
  mutable Mutex mutex_;
  std::vector<AttachResponse> written_ HIE_GUARDED_BY(mutex_);
  std::optional<absl::Status> finished_ HIE_GUARDED_BY(mutex_);
};

// What a call said in the end; waits for it.  A handle: calls may end after the test did.
template <typename T>
class Outcome {
 public:
  void Set(T value) {
    {
      MutexLock lock(state_->mutex);
      ++state_->times;
      state_->value = std::move(value);
    }
    state_->changed.NotifyAll();
  }
  std::optional<T> Wait() {
    State& state = *state_;
    MutexLock lock(state.mutex);
    state.changed.WaitFor(state.mutex, absl::Seconds(10),
                          [&]() HIE_NO_THREAD_SAFETY_ANALYSIS { return state.times > 0; });
    return state.value;
  }
  int times() {
    MutexLock lock(state_->mutex);
    return state_->times;
  }

 private:
  struct State {
    Mutex mutex;
    CondVar changed;
    int times HIE_GUARDED_BY(mutex) = 0;
    std::optional<T> value HIE_GUARDED_BY(mutex);
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

class AgentHubTest : public testing::Test {
 protected:
  void Open(HubLimits limits = {}) {
    AgentHub::Options options;
    options.clock = &clock_;
    options.owns_domain = [](const MemberId& member, absl::string_view domain) {
      return member == kNorth && domain == kDomain;
    };
    options.announce = [this](const MemberId&, const agent::v1::Announcement& announcement,
                              auto done) {
      MutexLock lock(sink_mutex_);
      announced_.push_back(announcement);
      sink_done_ = std::move(done);
    };
    log_sink_ = std::make_shared<log::MemorySink>();
    options.log = std::make_shared<log::Logger>(
        log::Logger::Options{.role = "gateway", .clock = &clock_, .sink = log_sink_});
    options.still_admitted = [this](const rpc::Caller&) { return admitted_; };
    options.limits = limits;
    options.drive = TimerQueue::Drive::kByHand;
    hub_ = std::make_unique<AgentHub>(std::move(options));
  }

  // An attached agent.
  struct Agent {
    std::shared_ptr<FakeStream> stream = std::make_shared<FakeStream>();
    std::function<void(const AttachRequest*)> say;
  };

  Agent Attach(const std::string& domain = kDomain, const MemberId& member = kNorth) {
    Agent agent;
    agent.say = hub_->Attach(CallerOf(member), rpc::ServerWriter<AttachResponse>(agent.stream));
    AttachRequest hello;
    hello.mutable_hello()->set_domain(domain);
    agent.say(&hello);
    return agent;
  }

  std::shared_ptr<exchange::MemberCall> Ask(Outcome<MemberAnswer>& outcome) {
    exchange::MemberQuestion question;
    question.member = kNorth;
    question.patient = {kDomain, Phi<std::string>("CANARY-MRN"), 1};
    question.budget = absl::Seconds(5);
    question.request_id = "r1";
    return hub_->Ask(question,
                     [outcome](MemberAnswer answer) mutable { outcome.Set(std::move(answer)); });
  }

  std::shared_ptr<exchange::MemberCall> Fetch(Outcome<absl::Status>& outcome, std::string& content,
                                              size_t stop_after = SIZE_MAX) {
    exchange::ContentRequest request;
    request.member = kNorth;
    request.patient = {kDomain, Phi<std::string>("CANARY-MRN"), 1};
    request.unique_id = "d1";
    request.budget = absl::Seconds(5);
    return hub_->Fetch(
        request,
        [&content, stop_after](absl::string_view chunk) {
          EXPECT_LE(chunk.size(), size_t{256} << 10);
          content.append(chunk.data(), chunk.size());
          return content.size() < stop_after;
        },
        [outcome](absl::Status status) mutable { outcome.Set(std::move(status)); });
  }

  static AttachRequest Chunk(uint64_t id, const std::vector<std::string>& resources,
                             agent::v1::AnswerStatus status) {
    AttachRequest request;
    request.mutable_query_chunk()->set_id(id);
    for (const std::string& resource : resources) {
      request.mutable_query_chunk()->add_resources(resource);
    }
    request.mutable_query_chunk()->set_status(status);
    return request;
  }

  void Advance(absl::Duration step) {
    clock_.Advance(step);
    hub_->RunTimers();
  }

  std::function<void(absl::StatusOr<std::vector<AnnouncementProblem>>)> WaitForSink() {
    for (int i = 0; i < 2000; ++i) {
      {
        MutexLock lock(sink_mutex_);
        if (sink_done_ != nullptr) return std::exchange(sink_done_, nullptr);
      }
      absl::SleepFor(absl::Milliseconds(5));
    }
    ADD_FAILURE() << "the sink was not called";
    return [](auto) {};
  }

  absl::Status admitted_;
  SimulatedClock clock_{absl::FromUnixSeconds(1'700'000'000)};
  Mutex sink_mutex_;
  std::vector<agent::v1::Announcement> announced_ HIE_GUARDED_BY(sink_mutex_);
  std::function<void(absl::StatusOr<std::vector<AnnouncementProblem>>)> sink_done_
      HIE_GUARDED_BY(sink_mutex_);
  std::shared_ptr<log::MemorySink> log_sink_;
  std::unique_ptr<AgentHub> hub_;
};

const char kPatient[] = R"({"resourceType":"Patient","id":"p"})";
const char kCondition[] =
    R"({"resourceType":"Condition","id":"c","subject":{"reference":"Patient/p"}})";

TEST_F(AgentHubTest, AnswerOfSeveralChunksIsAssembledAndParsed) {
  Open();
  Agent agent = Attach();
  EXPECT_TRUE(hub_->Reachable(kNorth));
  Outcome<MemberAnswer> outcome;
  Ask(outcome);
  const AttachResponse query = agent.stream->written().back();
  EXPECT_EQ(agent.stream->written()[0].welcome().member(), "north");
  EXPECT_EQ(query.query().patient().id(), "CANARY-MRN");
  EXPECT_EQ(query.query().budget_millis(), 5000u);
  const uint64_t id = query.query().id();
  AttachRequest first = Chunk(id, {kPatient}, agent::v1::ANSWER_STATUS_UNSPECIFIED);
  first.mutable_query_chunk()->add_full_urls("urn:uuid:x");
  agent.say(&first);
  const AttachRequest last = Chunk(id, {kCondition}, agent::v1::ANSWER_STATUS_COMPLETE);
  agent.say(&last);
  const std::optional<MemberAnswer> answer = outcome.Wait();
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->status, MemberAnswerStatus::kComplete);
  ASSERT_EQ(answer->items.size(), 1u);
  EXPECT_EQ(answer->items[0].resource, kCondition);
  EXPECT_THAT(answer->patients[0].references, testing::Contains("urn:uuid:x"));
  agent.say(&last);  // Late: ignored.
  Advance(absl::Seconds(6));
  EXPECT_EQ(outcome.times(), 1);
}

TEST_F(AgentHubTest, StatusesOfTheAgentAreTold) {
  struct Case {
    agent::v1::AnswerStatus sent;
    std::vector<std::string> resources;
    MemberAnswerStatus told;
  };
  const std::vector<Case> cases = {
      {agent::v1::ANSWER_STATUS_COMPLETE, {}, MemberAnswerStatus::kComplete},
      {agent::v1::ANSWER_STATUS_PARTIAL, {kPatient}, MemberAnswerStatus::kPartial},
      {agent::v1::ANSWER_STATUS_PATIENT_UNKNOWN, {}, MemberAnswerStatus::kPatientUnknown},
      {agent::v1::ANSWER_STATUS_FAILED, {}, MemberAnswerStatus::kFailed},
      {agent::v1::ANSWER_STATUS_NOT_FOUND, {}, MemberAnswerStatus::kBadResponse},
      {agent::v1::ANSWER_STATUS_COMPLETE, {"garbage"}, MemberAnswerStatus::kBadResponse},
      {agent::v1::ANSWER_STATUS_COMPLETE, {kPatient, "garbage"}, MemberAnswerStatus::kPartial},
  };
  Open();
  Agent agent = Attach();
  for (const Case& c : cases) {
    Outcome<MemberAnswer> outcome;
    Ask(outcome);
    const uint64_t id = agent.stream->written().back().query().id();
    const AttachRequest chunk = Chunk(id, c.resources, c.sent);
    agent.say(&chunk);
    ASSERT_TRUE(outcome.Wait().has_value());
    EXPECT_EQ(outcome.Wait()->status, c.told) << c.sent;
  }
}

TEST_F(AgentHubTest, SilentAgentTimesOutAtTheBudgetAndIsToldToStop) {
  Open();
  Agent agent = Attach();
  Outcome<MemberAnswer> outcome;
  Ask(outcome);
  const uint64_t id = agent.stream->written().back().query().id();
  Advance(absl::Seconds(4));
  EXPECT_EQ(outcome.times(), 0);
  Advance(absl::Seconds(1));
  EXPECT_EQ(outcome.Wait()->status, MemberAnswerStatus::kTimeout);
  EXPECT_EQ(agent.stream->written().back().cancel().id(), id);
}

TEST_F(AgentHubTest, AnAgentWhoseKeyIsRevokedLosesItsStream) {
  Open();
  Agent agent = Attach();
  admitted_ = absl::UnavailableError("the directory could not be read for too long");
  Advance(absl::Seconds(10));
  EXPECT_FALSE(agent.stream->finished().has_value());  // Not known: it stays.
  AttachRequest pong;
  pong.mutable_pong();
  agent.say(&pong);
  admitted_ = absl::UnauthenticatedError("certificate: revoked");
  Advance(absl::Seconds(10));
  ASSERT_TRUE(agent.stream->finished().has_value());
  EXPECT_TRUE(absl::IsUnauthenticated(*agent.stream->finished()));
  EXPECT_FALSE(hub_->Reachable(kNorth));
}

TEST_F(AgentHubTest, UnattachedMemberIsUnreachableAndNeverWithinAsk) {
  Open();
  Outcome<MemberAnswer> outcome;
  Ask(outcome);
  EXPECT_EQ(outcome.times(), 0);
  hub_->RunTimers();
  EXPECT_EQ(outcome.Wait()->status, MemberAnswerStatus::kUnreachable);
  EXPECT_FALSE(hub_->Reachable(kNorth));
}

TEST_F(AgentHubTest, LostAgentMakesEveryCallUnreachable) {
  Open();
  Agent agent = Attach();
  Outcome<MemberAnswer> question;
  Outcome<absl::Status> fetch;
  std::string content;
  Ask(question);
  Fetch(fetch, content);
  agent.say(nullptr);
  EXPECT_EQ(question.Wait()->status, MemberAnswerStatus::kUnreachable);
  EXPECT_EQ(fetch.Wait()->code(), absl::StatusCode::kUnavailable);
  EXPECT_FALSE(hub_->Reachable(kNorth));
  EXPECT_TRUE(agent.stream->finished()->ok());
}

TEST_F(AgentHubTest, ACallThatEndedLetsGoOfItsCallerBeforeItsBudgetIsOver) {
  Open();
  Agent agent = Attach();
  auto held = std::make_shared<int>(0);
  const std::weak_ptr<int> watched = held;
  exchange::ContentRequest request;
  request.member = kNorth;
  request.patient = {kDomain, Phi<std::string>("CANARY-MRN"), 1};
  request.unique_id = "d1";
  request.budget = absl::Seconds(30);
  Outcome<absl::Status> outcome;
  auto call = hub_->Fetch(
      request, [held](absl::string_view) { return true; },
      [held, outcome](absl::Status status) mutable { outcome.Set(std::move(status)); });
  held = nullptr;
  AttachRequest last;
  last.mutable_content_chunk()->set_id(agent.stream->written().back().fetch_content().id());
  last.mutable_content_chunk()->set_data("abc");
  last.mutable_content_chunk()->set_status(agent::v1::ANSWER_STATUS_COMPLETE);
  agent.say(&last);
  EXPECT_TRUE(outcome.Wait()->ok());
  call = nullptr;
  for (int i = 0; i < 2000 && !watched.expired(); ++i) absl::SleepFor(absl::Milliseconds(1));
  EXPECT_TRUE(watched.expired());  // No timer of 30 seconds keeps it.
}

TEST_F(AgentHubTest, MoreCallsThanTheLimitAreShed) {
  Open({.calls_per_member_max = 2});
  Agent agent = Attach();
  Outcome<MemberAnswer> outcomes[3];
  for (auto& outcome : outcomes) Ask(outcome);
  hub_->RunTimers();
  EXPECT_EQ(outcomes[2].Wait()->status, MemberAnswerStatus::kShed);
  EXPECT_EQ(outcomes[0].times(), 0);
  const AttachRequest last = Chunk(1, {}, agent::v1::ANSWER_STATUS_COMPLETE);
  agent.say(&last);  // One ends: there is room again.
  EXPECT_EQ(outcomes[0].Wait()->status, MemberAnswerStatus::kComplete);
  Outcome<MemberAnswer> again;
  Ask(again);
  hub_->RunTimers();
  EXPECT_EQ(again.times(), 0);
}

TEST_F(AgentHubTest, CancelReachesTheAgentAndSilencesTheCall) {
  Open();
  Agent agent = Attach();
  Outcome<MemberAnswer> outcome;
  const auto call = Ask(outcome);
  call->Cancel();
  call->Cancel();
  EXPECT_EQ(agent.stream->written().back().cancel().id(), 1u);
  EXPECT_EQ(agent.stream->written().size(), 3u);  // Welcome, query, one cancel.
  Advance(absl::Seconds(6));
  EXPECT_EQ(outcome.times(), 0);
}

TEST_F(AgentHubTest, AnswerBeyondACapIsCutAndSaysSo) {
  Open({.answer_resources_max = 1});
  Agent agent = Attach();
  Outcome<MemberAnswer> outcome;
  Ask(outcome);
  const AttachRequest chunk =
      Chunk(1, {kPatient, kCondition}, agent::v1::ANSWER_STATUS_UNSPECIFIED);
  agent.say(&chunk);
  EXPECT_EQ(outcome.Wait()->status, MemberAnswerStatus::kTooLarge);
  EXPECT_EQ(outcome.Wait()->patients.size(), 1u);
  EXPECT_EQ(agent.stream->written().back().cancel().id(), 1u);
}

TEST_F(AgentHubTest, SecondStreamReplacesTheFirst) {
  Open();
  Agent first = Attach();
  Outcome<MemberAnswer> outcome;
  Ask(outcome);
  Agent second = Attach();
  EXPECT_EQ(first.stream->finished()->code(), absl::StatusCode::kAborted);
  EXPECT_EQ(outcome.Wait()->status, MemberAnswerStatus::kUnreachable);
  first.say(nullptr);  // The end of the first does not unseat the second.
  EXPECT_THAT(hub_->Attached(), ElementsAre(kNorth));
  Outcome<MemberAnswer> again;
  Ask(again);
  EXPECT_TRUE(second.stream->written().back().has_query());
}

TEST_F(AgentHubTest, SilenceBeyondTheLimitDetaches) {
  Open();
  Agent agent = Attach();
  Advance(absl::Seconds(11));
  EXPECT_TRUE(agent.stream->written().back().has_ping());
  AttachRequest pong;
  pong.mutable_pong()->set_sequence(1);
  agent.say(&pong);
  for (int i = 0; i < 3; ++i) Advance(absl::Seconds(10));
  EXPECT_TRUE(hub_->Reachable(kNorth));
  Advance(absl::Seconds(10));
  EXPECT_FALSE(hub_->Reachable(kNorth));
  EXPECT_EQ(agent.stream->finished()->code(), absl::StatusCode::kUnavailable);
}

TEST_F(AgentHubTest, HelloMustComeFirstAndNameADomainOfTheMember) {
  Open();
  EXPECT_EQ(Attach("2.999.66").stream->finished()->code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(Attach(kDomain, MemberId("south")).stream->finished()->code(),
            absl::StatusCode::kPermissionDenied);
  Agent agent;
  agent.say = hub_->Attach(CallerOf(kNorth), rpc::ServerWriter<AttachResponse>(agent.stream));
  const AttachRequest chunk = Chunk(1, {}, agent::v1::ANSWER_STATUS_COMPLETE);
  agent.say(&chunk);
  EXPECT_EQ(agent.stream->finished()->code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(AgentHubTest, ContentArrivesInOrderInSmallPieces) {
  Open();
  Agent agent = Attach();
  Outcome<absl::Status> outcome;
  std::string content;
  Fetch(outcome, content);
  std::string expected;
  for (int i = 0; i < 4; ++i) {
    AttachRequest request;
    request.mutable_content_chunk()->set_id(1);
    request.mutable_content_chunk()->set_data(std::string(300 << 10, static_cast<char>('a' + i)));
    expected += request.content_chunk().data();
    if (i == 3) request.mutable_content_chunk()->set_status(agent::v1::ANSWER_STATUS_COMPLETE);
    agent.say(&request);
  }
  EXPECT_TRUE(outcome.Wait()->ok());
  EXPECT_EQ(content, expected);
}

TEST_F(AgentHubTest, FetchTellsWhatWentWrong) {
  Open({.content_bytes_max = 10});
  Agent agent = Attach();
  const auto end = [&](agent::v1::AnswerStatus status, const std::string& data) {
    Outcome<absl::Status> outcome;
    std::string content;
    Fetch(outcome, content);
    AttachRequest request;
    request.mutable_content_chunk()->set_id(agent.stream->written().back().fetch_content().id());
    request.mutable_content_chunk()->set_data(data);
    request.mutable_content_chunk()->set_status(status);
    agent.say(&request);
    return outcome.Wait()->code();
  };
  EXPECT_EQ(end(agent::v1::ANSWER_STATUS_NOT_FOUND, ""), absl::StatusCode::kNotFound);
  EXPECT_EQ(end(agent::v1::ANSWER_STATUS_FAILED, ""), absl::StatusCode::kUnavailable);
  EXPECT_EQ(end(agent::v1::ANSWER_STATUS_COMPLETE, "too many bytes"),
            absl::StatusCode::kUnavailable);
  EXPECT_EQ(end(agent::v1::ANSWER_STATUS_COMPLETE, "fits"), absl::StatusCode::kOk);
  Outcome<absl::Status> late;
  std::string content;
  Fetch(late, content);
  Advance(absl::Seconds(6));
  EXPECT_EQ(late.Wait()->code(), absl::StatusCode::kDeadlineExceeded);
}

AttachRequest Announce(uint64_t sequence, const std::vector<std::string>& domains) {
  AttachRequest request;
  request.mutable_announcement()->set_sequence(sequence);
  for (const std::string& domain : domains) {
    agent::v1::AnnouncedPatient* patient = request.mutable_announcement()->add_patients();
    patient->mutable_patient()->set_assigning_authority(domain);
    patient->mutable_patient()->set_id("CANARY-MRN");
    registry::v1::DocumentEntry* entry = patient->add_documents()->mutable_entry();
    entry->set_unique_id("d");
    entry->set_member("south");  // A lie that must not pass.
    entry->mutable_patient()->set_assigning_authority("2.999.66");
  }
  return request;
}

TEST_F(AgentHubTest, AnnouncementIsAcknowledgedOnlyWhenTakenDurably) {
  Open();
  Agent agent = Attach();
  const AttachRequest announcement = Announce(7, {kDomain, "2.999.66", kDomain});
  agent.say(&announcement);
  auto done = WaitForSink();
  EXPECT_TRUE(agent.stream->written().back().has_welcome());
  {
    MutexLock lock(sink_mutex_);
    ASSERT_EQ(announced_.back().patients_size(), 2);
    const registry::v1::DocumentEntry& entry = announced_.back().patients(0).documents(0).entry();
    EXPECT_EQ(entry.member(), "north");
    EXPECT_EQ(entry.patient().assigning_authority(), kDomain);
  }
  done(absl::UnavailableError("the index is down"));  // Not taken: sent again.
  EXPECT_TRUE(agent.stream->written().back().has_welcome());
  Advance(absl::Seconds(3));
  done = WaitForSink();
  done(std::vector<AnnouncementProblem>{{1, "demographics: want a name"}});
  const AttachResponse taken = agent.stream->written().back();
  EXPECT_EQ(taken.announcement_taken().sequence(), 7u);
  EXPECT_THAT(taken.announcement_taken().problems(),
              ElementsAre("1: patient.assigning_authority: want a domain of this member",
                          "2: demographics: want a name"));
}

TEST_F(AgentHubTest, SecondAnnouncementBeforeTheFirstIsTakenIsABreach) {
  Open();
  Agent agent = Attach();
  const AttachRequest announcement = Announce(1, {kDomain});
  agent.say(&announcement);
  agent.say(&announcement);
  EXPECT_EQ(agent.stream->finished()->code(), absl::StatusCode::kFailedPrecondition);
  WaitForSink()(std::vector<AnnouncementProblem>());
}

TEST_F(AgentHubTest, NoLogLineCarriesPatientData) {
  Open();
  Agent agent = Attach();
  Outcome<MemberAnswer> outcome;
  Ask(outcome);
  const AttachRequest chunk =
      Chunk(1, {kPatient, "CANARY-MRN garbage"}, agent::v1::ANSWER_STATUS_COMPLETE);
  agent.say(&chunk);
  outcome.Wait();
  const AttachRequest announcement = Announce(1, {"2.999.66"});
  agent.say(&announcement);
  agent.say(nullptr);
  EXPECT_GE(log_sink_->Lines().size(), 3u);
  for (const std::string& line : log_sink_->Lines()) {
    EXPECT_FALSE(absl::StrContains(line, "CANARY")) << line;
  }
}

TEST_F(AgentHubTest, GoingDownEndsEveryCall) {
  Open();
  Agent agent = Attach();
  Outcome<MemberAnswer> outcome;
  Ask(outcome);
  hub_.reset();
  EXPECT_EQ(outcome.Wait()->status, MemberAnswerStatus::kUnreachable);
  agent.say(nullptr);  // The transport ends later; nothing is left to harm.
}

}  // namespace
}  // namespace hie::members
