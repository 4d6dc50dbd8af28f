// The door's service and its TLS side.

#include <gtest/gtest.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>

#include "absl/strings/str_cat.h"
#include "gateway/hl7v2/hl7v2_door.h"
#include "gateway/hl7v2/testing/fake_exchange.h"
#include "gateway/hl7v2/testing/mllp_client.h"
#include "gateway/hl7v2/testing/sample_region.h"
#include "hie/exchange/v1/intake_service.methods.h"
#include "services/common/outbox/outbox.h"
#include "services/common/rpc/testing/rpc_world.h"
#include "services/common/storage/memory_kv_store.h"

namespace hie::hl7v2 {
namespace {

namespace v1 = exchange::v1;
using v1::IntakeService;

// Whoever calls is a steward of the member that the test names.
class StewardPolicy final : public rpc::AccessPolicy {
 public:
  explicit StewardPolicy(const std::string* member) : member_(member) {}
  absl::StatusOr<rpc::Caller> Authenticate(const rpc::Peer&) const override {
    rpc::Caller caller;
    caller.kind = rpc::CallerKind::kMember;
    caller.actor.member = MemberId(*member_);
    caller.actor.user = "steward-1";
    caller.actor.roles = {"steward"};
    caller.actor.purpose = Purpose::kPatientAdministration;
    return caller;
  }
  absl::Status Authorize(const rpc::Caller&, options::v1::Permission) const override {
    return absl::OkStatus();
  }

 private:
  const std::string* const member_;
};

class IntakeServiceTest : public testing::Test {
 protected:
  void SetUp() override {
    Hl7v2Door::Options options;
    options.exchange = &exchange_;
    options.directory = &directory_;
    options.clock = &clock_;
    options.random = &random_;
    options.store = &store_;
    options.listen = "127.0.0.1:0";
    options.listen_tls = "127.0.0.1:0";
    options.tls = world_.pki().IssueRole("gateway");
    absl::StatusOr<std::unique_ptr<Hl7v2Door>> door = Hl7v2Door::Open(std::move(options));
    ASSERT_TRUE(door.ok()) << door.status();
    door_ = *std::move(door);
    rpc::Server::Options server = world_.ServerOptions();
    server.name = "gateway";
    server.access = std::make_shared<StewardPolicy>(&caller_);
    server_ = *rpc::Server::Create(std::move(server));
    door_->Serve(*server_);
    ASSERT_TRUE(server_->Start().ok());
    channel_ = world_.ChannelTo(*server_, rpc::Transport::kInProcess);
  }

  void TearDown() override {
    channel_.reset();
    server_.reset();
    door_.reset();
  }

  template <typename Method>
  absl::StatusOr<typename Method::Response> Call(const typename Method::Request& request) {
    return channel_->CallAndWait<Method>(rpc::TenSeconds(), request);
  }

  v1::ListExceptionsResponse List(bool include_closed = false) {
    v1::ListExceptionsRequest request;
    request.set_include_closed(include_closed);
    return *Call<IntakeService::ListExceptions>(request);
  }

  std::string Send(const std::string& type, const std::string& control_id,
                   const std::string& rest) {
    MllpClient client(door_->port());
    return AckCodeOf(client.Ask(absl::StrCat("MSH|^~\\&|NORTHADT|NORTH|||20260110||", type, "|",
                                             control_id, "|P|2.5.1\r", rest)));
  }

  SystemClock clock_;
  SystemRandom random_;
  MemoryKvStore store_{Hl7v2Door::Tables()};
  FakeExchange exchange_;
  members::FixedMemberDirectory directory_{
      members::DirectoryReading{SampleDirectory(AckMode::kTolerant), absl::InfiniteFuture()}};
  rpc::RpcWorld world_;
  std::string caller_ = "north";
  std::unique_ptr<Hl7v2Door> door_;
  std::unique_ptr<rpc::Server> server_;
  std::shared_ptr<rpc::Channel> channel_;
};

constexpr char kMerge[] = "PID|1||S^^^NORTH||Moreau^Ana||19610402|F\rMRG|A^^^NORTH\r";

TEST_F(IntakeServiceTest, ShowsReplaysAndDiscardsExceptions) {
  // MSH-4 is the facility's OID in the directory.
  EXPECT_EQ(Send("ADT^A01", "1", "PID|1||1^^^NORTH||M"), "AR");
  const auto send = [this](const std::string& type, const std::string& id,
                           const std::string& rest) {
    MllpClient client(door_->port());
    return AckCodeOf(client.Ask(absl::StrCat("MSH|^~\\&|NORTHADT|NORTH^2.999.1.10^ISO|||20260110||",
                                             type, "|", id, "|P|2.5.1\r", rest)));
  };
  EXPECT_EQ(send("ADT^A08", "2", "PID|1||1^^^ELSE||M"), "AA");
  EXPECT_EQ(send("MDM^T11", "3", "PID|1||1^^^NORTH||M\rTXA|1|||||||||||77"), "AA");
  EXPECT_EQ(send("ADT^A45", "4", kMerge), "AA");
  const v1::ListExceptionsResponse listed = List();
  ASSERT_EQ(listed.exceptions_size(), 3);
  EXPECT_EQ(listed.open(), 3u);
  EXPECT_EQ(listed.exceptions(0).reason(), "unmapped-authority");
  EXPECT_EQ(listed.exceptions(0).message_type(), "ADT^A08");
  EXPECT_EQ(listed.exceptions(1).reason(), "unknown-document");
  EXPECT_EQ(listed.exceptions(2).reason(), "held-move");

  v1::GetExceptionRequest get;
  get.set_id(listed.exceptions(1).id());
  const auto shown = Call<IntakeService::GetException>(get);
  ASSERT_TRUE(shown.ok()) << shown.status();
  EXPECT_NE(shown->message().find("MDM^T11"), std::string::npos);
  EXPECT_EQ(store_.Snapshot()->ScanPrefix(outbox::kTable, "")->size(), 1u);

  v1::ReplayExceptionRequest replay;
  replay.set_id(listed.exceptions(1).id());
  const auto again = Call<IntakeService::ReplayException>(replay);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->exception().state(), v1::EXCEPTION_STATE_OPEN);
  EXPECT_EQ(again->exception().tries(), 2u);

  v1::DiscardExceptionRequest discard;
  discard.set_id(listed.exceptions(2).id());
  EXPECT_TRUE(absl::IsInvalidArgument(Call<IntakeService::DiscardException>(discard).status()));
  discard.set_reason("moved by hand");
  const auto discarded = Call<IntakeService::DiscardException>(discard);
  ASSERT_TRUE(discarded.ok()) << discarded.status();
  EXPECT_EQ(discarded->exception().state(), v1::EXCEPTION_STATE_DISCARDED);
  EXPECT_EQ(List().exceptions_size(), 2);
  EXPECT_EQ(List(true).exceptions_size(), 3);
}

TEST_F(IntakeServiceTest, ReplaysWhatWorksNowAndClosesIt) {
  MllpClient client(door_->port());
  EXPECT_EQ(AckCodeOf(client.Ask(kMdmT02)), "AA");  // The patient is not known yet.
  ASSERT_EQ(List().exceptions_size(), 1);
  EXPECT_EQ(List().exceptions(0).reason(), "unknown-patient");
  exchange_.AddRecord("N-1001");
  v1::ReplayExceptionRequest replay;
  replay.set_id(List().exceptions(0).id());
  for (int i = 0; i < 2; ++i) {
    const auto again = Call<IntakeService::ReplayException>(replay);
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_EQ(again->exception().state(), v1::EXCEPTION_STATE_REPLAYED);
  }
  EXPECT_EQ(exchange_.documents().size(), 1u);
  EXPECT_EQ(List().open(), 0u);
}

TEST_F(IntakeServiceTest, HidesExceptionsFromOtherMembers) {
  MllpClient client(door_->port());
  EXPECT_EQ(AckCodeOf(client.Ask(kMdmT02)), "AA");
  v1::GetExceptionRequest get;
  get.set_id(List().exceptions(0).id());
  caller_ = "samples";
  EXPECT_EQ(List().exceptions_size(), 0);
  const absl::Status hidden = Call<IntakeService::GetException>(get).status();
  get.set_id(4711);
  EXPECT_EQ(hidden, Call<IntakeService::GetException>(get).status());
  v1::ListExceptionsRequest other;
  other.set_member("north");
  EXPECT_TRUE(absl::IsPermissionDenied(Call<IntakeService::ListExceptions>(other).status()));
  v1::GetShadowReportRequest report;
  report.set_member("north");
  EXPECT_TRUE(absl::IsPermissionDenied(Call<IntakeService::GetShadowReport>(report).status()));
}

TEST_F(IntakeServiceTest, ReportsOpenExceptionsByReason) {
  MllpClient client(door_->port());
  EXPECT_EQ(AckCodeOf(client.Ask(kMdmT02)), "AA");
  const auto report = Call<IntakeService::GetShadowReport>({});
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->messages(), 0u);  // LIVE: nothing is counted.
  ASSERT_EQ(report->exceptions_size(), 1);
  EXPECT_EQ(report->exceptions(0).word(), "unknown-patient");
}

// One question over TLS; empty: the door closed the connection.
std::string AskOverTls(uint16_t port, const rpc::TlsFiles& trust, const rpc::TlsFiles* own,
                       const std::string& message) {
  namespace asio = boost::asio;
  asio::io_context io;
  asio::ssl::context context(asio::ssl::context::tls_client);
  context.load_verify_file(trust.trust_anchors);
  context.set_verify_mode(asio::ssl::verify_peer);
  if (own != nullptr) {
    context.use_certificate_chain_file(own->certificate_chain);
    context.use_private_key_file(own->private_key, asio::ssl::context::pem);
  }
  asio::ssl::stream<asio::ip::tcp::socket> stream(io, context);
  boost::system::error_code error;
  stream.next_layer().connect({asio::ip::make_address("127.0.0.1"), port}, error);
  if (!error) stream.handshake(asio::ssl::stream_base::client, error);
  if (!error) asio::write(stream, asio::buffer(MllpFrame(message)), error);
  MllpFramer framer(1 << 20);
  while (!error) {
    char buffer[4096];
    const size_t size = stream.read_some(asio::buffer(buffer), error);
    framer.Append(absl::string_view(buffer, size));
    if (std::optional<std::string> answer = framer.Next()) return *answer;
  }
  return "";
}

TEST_F(IntakeServiceTest, TakesMessagesOverTlsFromWhoeverShowsACertificate) {
  const std::shared_ptr<rpc::TlsFiles> own = world_.pki().Issue("north", "urn:hie:member:north");
  EXPECT_EQ(AckCodeOf(AskOverTls(door_->tls_port(), *own, own.get(), kAdtA08DeletePhone)), "AA");
  EXPECT_EQ(AskOverTls(door_->tls_port(), *own, nullptr, kAdtA08DeletePhone), "");
}

TEST(Hl7v2DoorOptionsTest, RefusesPlainBeyondPrivateNetworks) {
  const SystemClock clock;
  SystemRandom random;
  MemoryKvStore store(Hl7v2Door::Tables());
  FakeExchange exchange;
  members::FixedMemberDirectory directory(
      members::DirectoryReading{SampleDirectory(AckMode::kTolerant), absl::InfiniteFuture()});
  Hl7v2Door::Options options;
  options.exchange = &exchange;
  options.directory = &directory;
  options.clock = &clock;
  options.random = &random;
  options.store = &store;
  for (const char* listen : {"0.0.0.0:0", "203.0.113.7:2575", "nonsense", "127.0.0.1"}) {
    options.listen = listen;
    EXPECT_TRUE(absl::IsInvalidArgument(Hl7v2Door::Open(options).status())) << listen;
  }
}

}  // namespace
}  // namespace hie::hl7v2
