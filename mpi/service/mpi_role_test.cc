#include "mpi/service/mpi_role.h"

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

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
  std::set<const google::protobuf::ServiceDescriptor*> services;
  for (const auto& [name, method] : server.methods()) {
    const auto* descriptor =
        google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(name);
    ASSERT_NE(descriptor, nullptr) << name;
    services.insert(descriptor->service());
    EXPECT_EQ(method.permission, options::v1::PERMISSION_INTERNAL_ROLE) << name;
    if (descriptor->service()->name() != "MpiService") continue;
    EXPECT_THAT(method.unary(std::make_shared<AnyCall>(), ""),
                StatusIs(absl::StatusCode::kInvalidArgument))
        << name;
  }
  size_t methods = 0;
  for (const auto* service : services) methods += static_cast<size_t>(service->method_count());
  EXPECT_EQ(server.methods().size(), methods);
}

}  // namespace
}  // namespace hie::mpi
