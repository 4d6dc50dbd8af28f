#pragma once

#include <grpcpp/impl/service_type.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/common/rpc/call_gate.h"
#include "services/common/rpc/server.h"
#include "services/common/rpc/worker_pool.h"

namespace hie::rpc {

// One method that a server answers.
struct ServedMethod {
  RawMethod raw;
  std::string path;  // `/package.Service/Method`; gRPC keeps a pointer to it.
  std::shared_ptr<MethodRecorder> recorder;
};

// One protobuf service, all of whose methods are answered.
struct ServedService {
  std::string full_name;
  std::vector<ServedMethod> methods;
};

// Groups `methods` by the services that the linked contracts declare.
// FAILED_PRECONDITION: a method is not declared, declared otherwise, registered twice, without
// permission or without handler, or a method of a service is missing; the message names it.
absl::StatusOr<std::vector<ServedService>> GroupByService(std::vector<RawMethod> methods);

// What every call of a server passes through.  Must outlive the services made of it.
struct CallPath {
  CallGate* gate;
  WorkerPool* pool;
};

// Makes the gRPC form of `service`, which must outlive it, for one door.
std::unique_ptr<grpc::Service> MakeGrpcService(const ServedService& service, CallPath path,
                                               Door door);

}  // namespace hie::rpc
