#include "mpi/service/mpi_role.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "hie/mpi/v1/mpi_service.methods.h"
#include "services/common/storage/memory_kv_store.h"
#include "tests/support/status_matchers.h"

namespace hie::mpi {
namespace {

using ::hie::testing::StatusIs;
using ::hie::testing::ValueOrDie;

// A server that only remembers what is served.
class RememberingServer final : public rpc::Server {
 public:
  absl::Status Start() override { return absl::OkStatus(); }
  int port() const override { return 0; }
  std::shared_ptr<rpc::Channel> InProcessChannel(const std::string&) override { return nullptr; }
  void Shutdown(absl::Duration) override {}
  const std::map<std::string, rpc::RawMethod>& methods() const { return methods_; }

 protected:
  void Add(rpc::RawMethod method) override { methods_[method.full_name] = std::move(method); }

 private:
  std::map<std::string, rpc::RawMethod> methods_;
};

class AnyCall final : public rpc::CallContext {
 public:
  const rpc::Caller& caller() const override { return caller_; }
  absl::Time deadline() const override { return absl::InfiniteFuture(); }
  bool cancelled() const override { return false; }
  const std::string& request_id() const override { return text_; }
  const std::string& traceparent() const override { return text_; }

 private:
  rpc::Caller caller_;
  std::string text_;
};

TEST(MpiRoleTest, ServesEveryMethodToRolesOnly) {
  MemoryKvStore store(MpiRole::Tables());
  SimulatedClock clock(absl::UnixEpoch());
  SeededRandom random(1);
  const auto role =
      ValueOrDie(MpiRole::Open({.store = &store, .clock = &clock, .random = &random}));
  RememberingServer server;
  role->Serve(server);
  const auto* service = v1::RegisterRecordRequest::descriptor()->file()->service(0);
  ASSERT_EQ(server.methods().size(), static_cast<size_t>(service->method_count()));
  for (const auto& [name, method] : server.methods()) {
    EXPECT_EQ(method.permission, options::v1::PERMISSION_INTERNAL_ROLE) << name;
    EXPECT_THAT(method.unary(std::make_shared<AnyCall>(), ""),
                StatusIs(absl::StatusCode::kInvalidArgument))
        << name;
  }
}

}  // namespace
}  // namespace hie::mpi
