// The agent and the hub over a real port with mutual TLS, in one process.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "gateway/agent/agent.h"
#include "gateway/agent/testing_folder.h"
#include "gateway/members/agent_hub.h"
#include "services/common/rpc/testing/rpc_world.h"

namespace hie::agent {
namespace {

using exchange::MemberAnswer;
using exchange::MemberAnswerStatus;

constexpr char kDomain[] = "2.999.1.10.1";
const MemberId kNorth("north");

// Takes the member from the certificate's `urn:hie:member:<member>`.
class MemberCertificates final : public rpc::AccessPolicy {
 public:
  absl::StatusOr<rpc::Caller> Authenticate(const rpc::Peer& peer) const override {
    absl::string_view name = peer.uri_san;
    if (!absl::ConsumePrefix(&name, "urn:hie:member:")) {
      return absl::UnauthenticatedError("certificate: want that of a member");
    }
    rpc::Caller caller;
    caller.kind = rpc::CallerKind::kMember;
    caller.actor.member = MemberId(name);
    return caller;
  }
  absl::Status Authorize(const rpc::Caller&, hie::options::v1::Permission) const override {
    return absl::OkStatus();
  }
};

bool Eventually(const std::function<bool()>& holds) {
  for (int i = 0; i < 2000; ++i) {
    if (holds()) return true;
    absl::SleepFor(absl::Milliseconds(10));
  }
  return false;
}

class AgentStreamTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_.Write("p.json", PatientJson("p", "N-1"));
    folder_.Write("q.json", PatientJson("q", "N-2"));
    folder_.Write("c.ndjson", Conditions("p", 500));
    folder_.Write("d.json",
                  R"({"resourceType":"DocumentReference","id":"d","masterIdentifier":{"value":)"
                  R"("doc-1"},"subject":{"reference":"Patient/p"},"content":[{"attachment":)"
                  R"({"contentType":"text/plain","url":"d.txt"}}]})");
    content_ = std::string(600 << 10, 'x') + "end";
    folder_.Write("d.txt", content_);
    StartGateway("");
  }

  void TearDown() override {
    agent_.reset();
    StopGateway();
  }

  static std::string PatientJson(const std::string& id, const std::string& mrn) {
    return absl::StrCat(R"({"resourceType":"Patient","id":")", id,
                        R"(","identifier":[{"system":"urn:oid:2.999.1.10.1","value":")", mrn,
                        R"("}],"name":[{"family":"Doe"}]})");
  }

  // Large enough for several chunks.
  static std::string Conditions(const std::string& patient, int count) {
    std::string lines;
    for (int i = 0; i < count; ++i) {
      absl::StrAppend(&lines, R"({"resourceType":"Condition","id":"c)", i,
                      R"(","subject":{"reference":"Patient/)", patient,
                      R"("},"code":{"text":"problem"},"note":[{"text":")", std::string(5000, 'n'),
                      "\"}]}\n");
    }
    return lines;
  }

  void StartGateway(const std::string& listen) {
    members::AgentHub::Options options;
    options.clock = &clock_;
    options.owns_domain = [](const MemberId& member, absl::string_view domain) {
      return member == kNorth && domain == kDomain;
    };
    options.announce = [this](const MemberId&, const v1::Announcement& announcement, auto done) {
      MutexLock lock(mutex_);
      for (const auto& patient : announcement.patients()) ++announced_[patient.patient().id()];
      done(std::vector<members::AnnouncementProblem>());
    };
    hub_ = std::make_unique<members::AgentHub>(std::move(options));
    rpc::Server::Options server = world_.ServerOptions();
    server.access = std::make_shared<MemberCertificates>();
    server.limits.call_time_max = absl::Hours(1);
    if (!listen.empty()) server.listen = listen;
    server_ = *rpc::Server::Create(server);
    hub_->Serve(*server_);
    ASSERT_TRUE(server_->Start().ok());
  }

  void StopGateway() {
    if (server_ != nullptr) server_->Shutdown(absl::ZeroDuration());
    server_.reset();
    hub_.reset();
  }

  void StartAgent(const std::string& fault = "", const std::string& member = "north") {
    Agent::Options options;
    options.gateway = absl::StrCat("localhost:", server_->port());
    options.tls = world_.pki().Issue(member, absl::StrCat("urn:hie:member:", member));
    options.member = member;
    options.domain = kDomain;
    options.folder = folder_.path();
    options.fault = *ParseFault(fault);
    options.clock = &clock_;
    options.random = &random_;
    options.announced = [this] {
      MutexLock lock(mutex_);
      all_announced_ = true;
    };
    options.back_off = {.first = absl::Milliseconds(20), .max = absl::Milliseconds(200)};
    options.poll = absl::Milliseconds(50);
    auto agent = Agent::Start(std::move(options));
    ASSERT_TRUE(agent.ok()) << agent.status().message();
    agent_ = *std::move(agent);
  }

  bool AllAnnounced() {
    MutexLock lock(mutex_);
    return all_announced_;
  }

  int Announced(const std::string& id) {
    MutexLock lock(mutex_);
    return announced_[id];
  }

  MemberAnswer Ask(const std::string& mrn, absl::Duration budget = absl::Seconds(10)) {
    exchange::MemberQuestion question;
    question.member = kNorth;
    question.patient = {kDomain, Phi<std::string>(mrn), 1};
    question.budget = budget;
    Mutex mutex;
    CondVar changed;
    std::optional<MemberAnswer> answer;
    hub_->Ask(question, [&](MemberAnswer a) {
      MutexLock lock(mutex);
      answer = std::move(a);
      changed.NotifyAll();
    });
    MutexLock lock(mutex);
    changed.Wait(mutex, [&] { return answer.has_value(); });
    return *std::move(answer);
  }

  absl::Status Fetch(const std::string& unique_id, std::string& content) {
    exchange::ContentRequest request;
    request.member = kNorth;
    request.patient = {kDomain, Phi<std::string>("N-1"), 1};
    request.unique_id = unique_id;
    request.budget = absl::Seconds(10);
    Mutex mutex;
    CondVar changed;
    std::optional<absl::Status> status;
    hub_->Fetch(
        request,
        [&](absl::string_view chunk) {
          content.append(chunk.data(), chunk.size());
          return true;
        },
        [&](absl::Status s) {
          MutexLock lock(mutex);
          status = std::move(s);
          changed.NotifyAll();
        });
    MutexLock lock(mutex);
    changed.Wait(mutex, [&] { return status.has_value(); });
    return *status;
  }

  const SystemClock clock_;  // Deadlines of calls are machine time.
  rpc::RpcWorld world_;
  SeededRandom random_{42};
  TestingFolder folder_;
  std::string content_;
  Mutex mutex_;
  std::map<std::string, int> announced_ HIE_GUARDED_BY(mutex_);
  bool all_announced_ HIE_GUARDED_BY(mutex_) = false;
  std::unique_ptr<members::AgentHub> hub_;
  std::unique_ptr<rpc::Server> server_;
  std::unique_ptr<Agent> agent_;
};

TEST_F(AgentStreamTest, AnnouncesAnswersAndServesContent) {
  StartAgent();
  ASSERT_TRUE(Eventually([&] { return AllAnnounced(); }));
  EXPECT_EQ(Announced("N-1"), 1);
  EXPECT_EQ(Announced("N-2"), 1);
  EXPECT_TRUE(hub_->Reachable(kNorth));
  const MemberAnswer answer = Ask("N-1");
  EXPECT_EQ(answer.status, MemberAnswerStatus::kComplete);
  EXPECT_EQ(answer.items.size(), 501u);  // 2.5 MB, several chunks.
  EXPECT_EQ(answer.patients.size(), 1u);
  EXPECT_EQ(Ask("N-9").status, MemberAnswerStatus::kPatientUnknown);
  std::string content;
  EXPECT_TRUE(Fetch("doc-1", content).ok());
  EXPECT_EQ(content, content_);
  EXPECT_EQ(Fetch("doc-2", content).code(), absl::StatusCode::kNotFound);
}

TEST_F(AgentStreamTest, ManyQuestionsAtOnceAreAllAnswered) {
  StartAgent();
  ASSERT_TRUE(Eventually([&] { return agent_->attached(); }));
  Mutex mutex;
  std::map<MemberAnswerStatus, int> statuses;
  int answered = 0;
  for (int i = 0; i < 40; ++i) {
    exchange::MemberQuestion question;
    question.member = kNorth;
    question.patient = {kDomain, Phi<std::string>(i % 2 == 0 ? "N-1" : "N-2"), 1};
    question.budget = absl::Seconds(30);
    hub_->Ask(question, [&](MemberAnswer answer) {
      MutexLock lock(mutex);
      ++statuses[answer.status];
      ++answered;
    });
  }
  EXPECT_TRUE(Eventually([&] {
    MutexLock lock(mutex);
    return answered == 40;
  }));
  MutexLock lock(mutex);
  EXPECT_EQ(statuses[MemberAnswerStatus::kComplete] + statuses[MemberAnswerStatus::kShed], 40);
  EXPECT_GE(statuses[MemberAnswerStatus::kComplete], 16);
}

TEST_F(AgentStreamTest, ChangedFolderIsServedAndAnnouncedAgain) {
  StartAgent();
  ASSERT_TRUE(Eventually([&] { return AllAnnounced(); }));
  folder_.Write("r.json", PatientJson("r", "N-3"));
  ASSERT_TRUE(Eventually([&] { return Announced("N-3") == 1; }));
  EXPECT_EQ(Announced("N-1"), 1);  // Unchanged: not again.
  EXPECT_EQ(Ask("N-3").status, MemberAnswerStatus::kComplete);
}

TEST_F(AgentStreamTest, ReturnsWhenTheGatewayDoes) {
  StartAgent();
  ASSERT_TRUE(Eventually([&] { return AllAnnounced(); }));
  const std::string address = absl::StrCat("127.0.0.1:", server_->port());
  StopGateway();
  EXPECT_TRUE(Eventually([&] { return !agent_->attached(); }));
  StartGateway(address);
  ASSERT_TRUE(Eventually([&] { return hub_->Reachable(kNorth); }));
  EXPECT_EQ(Ask("N-2").status, MemberAnswerStatus::kComplete);
  EXPECT_EQ(Announced("N-1"), 1);
}

TEST_F(AgentStreamTest, StoppedAgentIsUnreachableAtOnce) {
  StartAgent();
  ASSERT_TRUE(Eventually([&] { return agent_->attached(); }));
  agent_.reset();
  EXPECT_TRUE(Eventually([&] { return !hub_->Reachable(kNorth); }));
  EXPECT_EQ(Ask("N-1").status, MemberAnswerStatus::kUnreachable);
}

TEST_F(AgentStreamTest, CertificateOfAnotherMemberDoesNotAttach) {
  StartAgent("", "south");
  absl::SleepFor(absl::Milliseconds(300));
  EXPECT_FALSE(agent_->attached());
  EXPECT_FALSE(hub_->Reachable(MemberId("south")));
}

TEST_F(AgentStreamTest, FaultsAreSeenAsTheExchangeSeesThem) {
  StartAgent("garbage");
  ASSERT_TRUE(Eventually([&] { return agent_->attached(); }));
  EXPECT_EQ(Ask("N-1").status, MemberAnswerStatus::kBadResponse);
  StartAgent("wrong-patient");
  ASSERT_TRUE(Eventually([&] { return agent_->attached(); }));
  const MemberAnswer wrong = Ask("N-1");
  ASSERT_EQ(wrong.patients.size(), 1u);
  EXPECT_EQ(wrong.patients[0].identifiers[0].value, "N-2");
  StartAgent("silent");
  ASSERT_TRUE(Eventually([&] { return agent_->attached(); }));
  const absl::Time asked = absl::Now();
  EXPECT_EQ(Ask("N-1", absl::Milliseconds(300)).status, MemberAnswerStatus::kTimeout);
  EXPECT_LT(absl::Now() - asked, absl::Seconds(3));
  StartAgent("slow:200");
  ASSERT_TRUE(Eventually([&] { return agent_->attached(); }));
  EXPECT_EQ(Ask("N-2").status, MemberAnswerStatus::kComplete);
}

}  // namespace
}  // namespace hie::agent
