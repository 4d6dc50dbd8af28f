#include "services/common/rpc/testing/call_every_method.h"

#include <google/protobuf/descriptor.h>

#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "services/common/base/mutex.h"
#include "services/common/rpc/grpc_channel.h"

namespace hie::rpc {
namespace {

using google::protobuf::DescriptorPool;
using google::protobuf::MethodDescriptor;

constexpr absl::Duration kCallTime = absl::Seconds(10);

struct End {
  Mutex mutex;
  CondVar changed;
  std::optional<absl::Status> status HIE_GUARDED_BY(mutex);
};

absl::Status CallStream(GrpcChannel& channel, const MethodDescriptor& method,
                        const std::string& path, const CallOptions& options) {
  auto end = std::make_shared<End>();
  const auto done = [end](absl::Status status) {
    MutexLock lock(end->mutex);
    end->status = std::move(status);
    end->changed.NotifyAll();
  };
  const auto on_message = [](absl::string_view) { return true; };
  std::shared_ptr<ClientByteStream> stream;
  if (method.client_streaming()) {
    stream = channel.StartBidi(path, options, on_message, done);
    stream->WritesDone();
  } else {
    channel.StartStream(path, options, "", on_message, done);
  }
  MutexLock lock(end->mutex);
  end->changed.Wait(end->mutex,
                    [&end]() HIE_NO_THREAD_SAFETY_ANALYSIS { return end->status.has_value(); });
  return *end->status;
}

absl::Status CallMethod(GrpcChannel& channel, const MethodDescriptor& method) {
  const std::string path = absl::StrCat("/", method.service()->full_name(), "/", method.name());
  CallOptions options;
  options.deadline = absl::Now() + kCallTime;
  if (method.client_streaming() || method.server_streaming()) {
    return CallStream(channel, method, path, options);
  }
  return channel.WaitUnary(path, /*idempotent=*/false, options, "").status();
}

}  // namespace

std::vector<MethodAnswer> CallEveryMethod(Channel& channel,
                                          const std::vector<std::string>& full_names) {
  auto& grpc_channel = dynamic_cast<GrpcChannel&>(channel);
  std::vector<MethodAnswer> answers;
  for (const std::string& name : full_names) {
    const auto* service = DescriptorPool::generated_pool()->FindServiceByName(name);
    if (service == nullptr) {
      answers.push_back({name, absl::NotFoundError("service: not linked")});
      continue;
    }
    for (int i = 0; i < service->method_count(); ++i) {
      const MethodDescriptor& method = *service->method(i);
      answers.push_back({method.full_name(), CallMethod(grpc_channel, method)});
    }
  }
  return answers;
}

std::shared_ptr<CallHandle> CallRaw(Channel& channel, const std::string& path, std::string request,
                                    std::function<void(absl::StatusOr<std::string>)> done) {
  CallOptions options;
  options.deadline = absl::Now() + kCallTime;
  return dynamic_cast<GrpcChannel&>(channel).StartUnary(path, /*idempotent=*/false, options,
                                                        std::move(request), std::move(done));
}

std::vector<std::string> LinkedServices(const std::vector<std::string>& files) {
  std::vector<std::string> names;
  for (const std::string& name : files) {
    const auto* file = DescriptorPool::generated_pool()->FindFileByName(name);
    if (file == nullptr) continue;
    for (int i = 0; i < file->service_count(); ++i) {
      names.push_back(file->service(i)->full_name());
    }
  }
  return names;
}

}  // namespace hie::rpc
