#include "services/common/rpc/served_methods.h"

#include <google/protobuf/descriptor.h>

#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "hie/options/v1/options.pb.h"
#include "services/common/base/status_macros.h"

namespace hie::rpc {
namespace {

using google::protobuf::DescriptorPool;
using google::protobuf::MethodDescriptor;
using google::protobuf::ServiceDescriptor;

absl::Status Refuse(absl::string_view name, absl::string_view why) {
  return absl::FailedPreconditionError(absl::StrCat("method ", name, ": ", why));
}

int HandlerCount(const RawMethod& method) {
  return (method.unary ? 1 : 0) + (method.async_unary ? 1 : 0) + (method.server_stream ? 1 : 0) +
         (method.bidi ? 1 : 0);
}

// The handler's kind must be that of the method, or gRPC would run what is not there.
bool HandlerFits(const RawMethod& method) {
  if (HandlerCount(method) != 1) return false;
  if (method.client_streaming) return method.server_streaming && method.bidi;
  if (method.server_streaming) return static_cast<bool>(method.server_stream);
  return method.unary || method.async_unary;
}

absl::Status Check(const RawMethod& method, const MethodDescriptor* declared) {
  if (declared == nullptr) return Refuse(method.full_name, "not in the linked contracts");
  if (method.client_streaming != declared->client_streaming() ||
      method.server_streaming != declared->server_streaming() ||
      method.permission != declared->options().GetExtension(hie::options::v1::permission)) {
    return Refuse(method.full_name, "not as its contract declares");
  }
  if (method.permission == hie::options::v1::PERMISSION_UNSPECIFIED) {
    return Refuse(method.full_name, "declares no permission");
  }
  if (!HandlerFits(method)) return Refuse(method.full_name, "its handler is of another kind");
  return absl::OkStatus();
}

absl::StatusOr<ServedService> Complete(const ServiceDescriptor& declared,
                                       std::map<std::string, RawMethod>& by_name) {
  ServedService service;
  service.full_name = declared.full_name();
  for (int i = 0; i < declared.method_count(); ++i) {
    const MethodDescriptor& method = *declared.method(i);
    auto found = by_name.find(method.full_name());
    if (found == by_name.end()) return Refuse(method.full_name(), "has no handler");
    service.methods.push_back({.raw = std::move(found->second),
                               .path = absl::StrCat("/", declared.full_name(), "/", method.name()),
                               .recorder = nullptr});
  }
  return service;
}

}  // namespace

absl::StatusOr<std::vector<ServedService>> GroupByService(std::vector<RawMethod> methods) {
  const DescriptorPool& pool = *DescriptorPool::generated_pool();
  std::map<std::string, RawMethod> by_name;
  std::map<std::string, const ServiceDescriptor*> declared;
  for (RawMethod& method : methods) {
    const MethodDescriptor* descriptor = pool.FindMethodByName(method.full_name);
    HIE_RETURN_IF_ERROR(Check(method, descriptor));
    declared.emplace(descriptor->service()->full_name(), descriptor->service());
    const std::string name = method.full_name;
    if (!by_name.emplace(name, std::move(method)).second) return Refuse(name, "registered twice");
  }
  std::vector<ServedService> services;
  for (const auto& [name, service] : declared) {
    HIE_ASSIGN_OR_RETURN(ServedService complete, Complete(*service, by_name));
    services.push_back(std::move(complete));
  }
  return services;
}

}  // namespace hie::rpc
