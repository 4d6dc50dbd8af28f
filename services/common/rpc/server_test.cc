// What a server is besides its calls: doors, certificates, health, reflection, metrics, log.
#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <filesystem>
#include <future>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "hie/audit/v1/audit_service.methods.h"
#include "hie/mpi/v1/mpi_service.methods.h"
#include "services/common/log/log.h"
#include "services/common/rpc/grpc_channel.h"
#include "services/common/rpc/testing/call_every_method.h"
#include "services/common/rpc/testing/rpc_world.h"
#include "services/common/rpc/tls_credentials.h"

namespace hie::rpc {
namespace {

using audit::v1::AppendRequest;
using audit::v1::AppendResponse;
using audit::v1::AuditService;
using audit::v1::ListRequest;
using audit::v1::ListResponse;
using audit::v1::VerifyRequest;
using audit::v1::VerifyResponse;
using testing::HasSubstr;
using testing::Not;

void ServeAudit(Server& server) {
  server.Serve<AuditService::Append>(
      [](const CallContext&, const AppendRequest&) -> absl::StatusOr<AppendResponse> {
        return AppendResponse();
      });
  server.Serve<AuditService::List>(
      [](const CallContext&, const ListRequest&) -> absl::StatusOr<ListResponse> {
        return absl::InternalError("the disk is gone");
      });
  server.Serve<AuditService::Verify>(
      [](const CallContext&, const VerifyRequest&) -> absl::StatusOr<VerifyResponse> {
        return VerifyResponse();
      });
}

std::unique_ptr<Server> Make(Server::Options options) {
  absl::StatusOr<std::unique_ptr<Server>> server = Server::Create(std::move(options));
  EXPECT_TRUE(server.ok()) << server.status();
  return *std::move(server);
}

std::unique_ptr<Server> StartAudit(Server::Options options) {
  std::unique_ptr<Server> server = Make(std::move(options));
  ServeAudit(*server);
  const absl::Status started = server->Start();
  EXPECT_TRUE(started.ok()) << started;
  return server;
}

absl::Status Verify(Channel& channel) {
  return channel.CallAndWait<AuditService::Verify>(TenSeconds(), {}).status();
}

absl::StatusOr<std::string> Raw(Channel& channel, const std::string& path, std::string request) {
  std::promise<absl::StatusOr<std::string>> answer;
  CallRaw(channel, path, std::move(request),
          [&answer](absl::StatusOr<std::string> bytes) { answer.set_value(std::move(bytes)); });
  return answer.get_future().get();
}

TEST(ServerTest, OptionsThatCannotWorkAreRefused) {
  const RpcWorld world;
  Server::Options options = world.ServerOptions();
  options.tls = nullptr;
  EXPECT_EQ(Server::Create(options).status().code(), absl::StatusCode::kInvalidArgument);
  options = world.ServerOptions();
  options.access = nullptr;
  EXPECT_EQ(Server::Create(options).status().code(), absl::StatusCode::kInvalidArgument);
  options = world.ServerOptions();
  options.clock = nullptr;
  EXPECT_EQ(Server::Create(options).status().code(), absl::StatusCode::kInvalidArgument);
  options = world.ServerOptions();
  options.limits.pool_threads = 0;
  EXPECT_EQ(Server::Create(options).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(ServerTest, AServiceWithAMethodMissingDoesNotStart) {
  const RpcWorld world;
  const std::unique_ptr<Server> server = Make(world.ServerOptions());
  server->Serve<AuditService::Verify>(
      [](const CallContext&, const VerifyRequest&) -> absl::StatusOr<VerifyResponse> {
        return VerifyResponse();
      });
  const absl::Status started = server->Start();
  EXPECT_EQ(started.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(started.message()), HasSubstr("hie.audit.v1.AuditService.Append"));
}

TEST(ServerTest, AMethodRegisteredTwiceDoesNotStart) {
  const RpcWorld world;
  const std::unique_ptr<Server> server = Make(world.ServerOptions());
  ServeAudit(*server);
  ServeAudit(*server);
  EXPECT_THAT(std::string(server->Start().message()), HasSubstr("registered twice"));
}

TEST(ServerTest, APortInUseIsNamed) {
  const RpcWorld world;
  const std::unique_ptr<Server> first = StartAudit(world.ServerOptions());
  Server::Options options = world.ServerOptions();
  options.listen = absl::StrCat("127.0.0.1:", first->port());
  const std::unique_ptr<Server> second = Make(options);
  ServeAudit(*second);
  const absl::Status started = second->Start();
  EXPECT_EQ(started.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(started.message()), HasSubstr(options.listen));
}

TEST(ServerTest, WithoutListenThereIsNoPortAndInProcessWorks) {
  const RpcWorld world;
  Server::Options options = world.ServerOptions();
  options.listen.clear();
  options.tls = nullptr;
  const std::unique_ptr<Server> server = StartAudit(std::move(options));
  EXPECT_EQ(server->port(), 0);
  EXPECT_TRUE(Verify(*server->InProcessChannel("gateway")).ok());
}

TEST(ServerTest, BeforeStartInProcessCallsFail) {
  const RpcWorld world;
  const std::unique_ptr<Server> server = Make(world.ServerOptions());
  EXPECT_EQ(Verify(*server->InProcessChannel("gateway")).code(), absl::StatusCode::kUnavailable);
}

TEST(ServerTest, TheInProcessCredentialIsRefusedOverThePort) {
  const RpcWorld world;
  const std::unique_ptr<Server> server = StartAudit(world.ServerOptions());
  const auto credentials = MakeChannelCredentials(*world.pki().IssueRole("gateway"));
  ASSERT_TRUE(credentials.ok());
  const auto port = grpc::CreateCustomChannel(absl::StrCat("127.0.0.1:", server->port()),
                                              *credentials, ClientArguments());
  GrpcChannel with_certificate(std::make_shared<CallOrigin>(port, nullptr), "");
  EXPECT_TRUE(Verify(with_certificate).ok());
  GrpcChannel with_both(std::make_shared<CallOrigin>(port, nullptr),
                        absl::StrCat("gateway:", RpcWorld::kCredential));
  EXPECT_EQ(Verify(with_both).code(), absl::StatusCode::kUnauthenticated);
}

TEST(ServerTest, AWrongInProcessCredentialIsRefused) {
  const RpcWorld world;
  Server::Options options = world.ServerOptions();
  options.in_process_credential = "of-another-process-x-xxx";
  const std::unique_ptr<Server> server = StartAudit(std::move(options));
  EXPECT_EQ(Verify(*server->InProcessChannel("gateway")).code(),
            absl::StatusCode::kUnauthenticated);
}

TEST(ServerTest, AMembersCertificateIsNoRole) {
  const RpcWorld world;
  const std::unique_ptr<Server> server = StartAudit(world.ServerOptions());
  absl::StatusOr<std::shared_ptr<Channel>> channel =
      Channel::Dial(absl::StrCat("localhost:", server->port()),
                    world.pki().Issue("mercy", "urn:hie:member:mercy"));
  ASSERT_TRUE(channel.ok());
  EXPECT_EQ(Verify(**channel).code(), absl::StatusCode::kUnauthenticated);
}

TEST(ServerTest, AnotherAuthoritysCertificateDoesNotConnect) {
  const RpcWorld world;
  const TestPki stranger;
  const std::unique_ptr<Server> server = StartAudit(world.ServerOptions());
  std::shared_ptr<TlsFiles> files = stranger.IssueRole("gateway");
  files->trust_anchors = world.pki().directory() + "/ca.pem";
  absl::StatusOr<std::shared_ptr<Channel>> channel =
      Channel::Dial(absl::StrCat("127.0.0.1:", server->port()), files);
  ASSERT_TRUE(channel.ok());
  EXPECT_EQ(Verify(**channel).code(), absl::StatusCode::kUnavailable);
}

TEST(ServerTest, TheClientVerifiesTheServersName) {
  const RpcWorld world;
  const std::unique_ptr<Server> server = StartAudit(world.ServerOptions());
  const std::string target = absl::StrCat("127.0.0.1:", server->port());
  const std::shared_ptr<TlsFiles> files = world.pki().IssueRole("gateway");
  EXPECT_TRUE(Verify(**Channel::Dial(target, files, "localhost")).ok());
  EXPECT_EQ(Verify(**Channel::Dial(target, files, "elsewhere.example")).code(),
            absl::StatusCode::kUnavailable);
}

TEST(ServerTest, UnfitCertificateFilesAreNamed) {
  const RpcWorld world;
  TlsFiles files = *world.pki().IssueRole("gateway");
  const TlsFiles other = *world.pki().IssueRole("mpi");
  const auto dial = [](const TlsFiles& tls) {
    return std::string(
        Channel::Dial("localhost:1", std::make_shared<TlsFiles>(tls)).status().message());
  };
  TlsFiles unfit = files;
  unfit.certificate_chain += ".absent";
  EXPECT_THAT(dial(unfit), HasSubstr(unfit.certificate_chain));
  unfit = files;
  unfit.private_key = other.private_key;
  EXPECT_THAT(dial(unfit), HasSubstr(unfit.private_key));
  unfit = files;
  unfit.trust_anchors = unfit.private_key;
  EXPECT_THAT(dial(unfit), HasSubstr(unfit.trust_anchors));
}

TEST(ServerTest, NewCertificatesAreTakenWithoutRestart) {
  const RpcWorld world;
  const TestPki next;
  Server::Options options = world.ServerOptions();
  const TlsFiles in_use = *options.tls;
  const std::unique_ptr<Server> server = StartAudit(std::move(options));
  const std::string target = absl::StrCat("127.0.0.1:", server->port());
  const std::shared_ptr<TlsFiles> client = next.IssueRole("gateway");
  EXPECT_EQ(Verify(**Channel::Dial(target, client)).code(), absl::StatusCode::kUnavailable);

  const std::shared_ptr<TlsFiles> renewed = next.IssueRole("audit");
  const auto overwrite = std::filesystem::copy_options::overwrite_existing;
  std::filesystem::copy_file(renewed->private_key, in_use.private_key, overwrite);
  std::filesystem::copy_file(renewed->certificate_chain, in_use.certificate_chain, overwrite);
  std::filesystem::copy_file(renewed->trust_anchors, in_use.trust_anchors, overwrite);
  const absl::Time end = absl::Now() + absl::Seconds(10);
  absl::Status status;
  do {
    absl::SleepFor(absl::Milliseconds(100));
    status = Verify(**Channel::Dial(target, client));
  } while (!status.ok() && absl::Now() < end);
  EXPECT_TRUE(status.ok()) << status;
}

TEST(ServerTest, HealthIsServing) {
  const RpcWorld world;
  const std::unique_ptr<Server> server = StartAudit(world.ServerOptions());
  for (const Transport transport : {Transport::kInProcess, Transport::kMutualTls}) {
    // HealthCheckResponse{status: SERVING}.
    const absl::StatusOr<std::string> answer =
        Raw(*world.ChannelTo(*server, transport), "/grpc.health.v1.Health/Check", "");
    ASSERT_TRUE(answer.ok()) << answer.status();
    EXPECT_EQ(*answer, std::string("\x08\x01"));
  }
}

TEST(ServerTest, ReflectionListsWhatThePortServes) {
  const RpcWorld world;
  const std::unique_ptr<Server> server = StartAudit(world.ServerOptions());
  const std::shared_ptr<Channel> channel = world.ChannelTo(*server, Transport::kMutualTls);
  std::promise<absl::Status> end;
  std::string listed;
  std::shared_ptr<ClientByteStream> stream = dynamic_cast<GrpcChannel&>(*channel).StartBidi(
      "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", TenSeconds(),
      [&listed](absl::string_view bytes) {
        listed = std::string(bytes);
        return true;
      },
      [&end](absl::Status status) { end.set_value(std::move(status)); });
  // ServerReflectionRequest{list_services: "*"}.
  stream->Write("\x3A\x01*", [stream](bool) { stream->WritesDone(); });
  const absl::Status status = end.get_future().get();
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_THAT(listed, HasSubstr("hie.audit.v1.AuditService"));
  EXPECT_THAT(listed, HasSubstr("grpc.health.v1.Health"));
}

TEST(ServerTest, AMethodThatIsNotServedIsUnimplemented) {
  const RpcWorld world;
  const std::unique_ptr<Server> server = StartAudit(world.ServerOptions());
  EXPECT_EQ(Raw(*world.ChannelTo(*server, Transport::kMutualTls),
                mpi::v1::MpiService::ResolvePerson::kPath, "")
                .status()
                .code(),
            absl::StatusCode::kUnimplemented);
}

TEST(ServerTest, CallsAreCountedAndLogged) {
  const RpcWorld world;
  Server::Options options = world.ServerOptions();
  const auto sink = std::make_shared<log::MemorySink>();
  options.metrics = std::make_shared<prometheus::Registry>();
  options.log = std::make_shared<log::Logger>(
      log::Logger::Options{.role = "audit", .clock = &world.clock(), .sink = sink});
  const std::shared_ptr<prometheus::Registry> metrics = options.metrics;
  std::unique_ptr<Server> server = StartAudit(std::move(options));
  const std::shared_ptr<Channel> channel = world.ChannelTo(*server, Transport::kMutualTls);
  CallOptions call = TenSeconds();
  call.request_id = "req-11";
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(channel->CallAndWait<AuditService::Verify>(call, {}).ok());
  }
  EXPECT_FALSE(channel->CallAndWait<AuditService::List>(call, {}).ok());
  server->Shutdown(absl::Seconds(1));

  const std::string text = prometheus::TextSerializer().Serialize(metrics->Collect());
  EXPECT_THAT(text, HasSubstr("rpc_server_calls_total{code=\"OK\",method=\"hie.audit.v1."
                              "AuditService.Verify\",server=\"audit\"} 3"));
  EXPECT_THAT(text, HasSubstr("rpc_server_calls_total{code=\"INTERNAL\",method=\"hie.audit.v1."
                              "AuditService.List\",server=\"audit\"} 1"));
  EXPECT_THAT(text, HasSubstr("rpc_server_call_seconds_count{method=\"hie.audit.v1.AuditService."
                              "Verify\",server=\"audit\"} 3"));
  EXPECT_THAT(text, HasSubstr("rpc_server_calls_running{method=\"hie.audit.v1.AuditService."
                              "Verify\",server=\"audit\"} 0"));
  EXPECT_THAT(text, HasSubstr("rpc_server_queue_waiting{server=\"audit\"} 0"));

  std::string log;
  for (const std::string& line : sink->Lines()) log += line;
  EXPECT_THAT(log, HasSubstr("\"event\":\"listening\",\"address\":\"127.0.0.1:0\""));
  EXPECT_THAT(log, HasSubstr("\"level\":\"info\",\"role\":\"audit\",\"event\":\"call\",\"method\":"
                             "\"hie.audit.v1.AuditService.Verify\",\"code\":\"OK\",\"micros\":"));
  EXPECT_THAT(log, HasSubstr("\"level\":\"warning\""));
  EXPECT_THAT(log, HasSubstr("\"request_id\":\"req-11\""));
  EXPECT_THAT(log, HasSubstr("\"caller_role\":\"gateway\""));
  EXPECT_THAT(log, Not(HasSubstr(RpcWorld::kCredential)));
}

}  // namespace
}  // namespace hie::rpc
