#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "services/common/rpc/channel.h"

namespace hie::rpc {

// What came of calling one method.
struct MethodAnswer {
  std::string full_name;
  absl::Status status;
};

// Calls every method of the services `full_names` once over `channel`, with an empty request, and
// returns what each answered.  `channel` is one that Channel::Dial or InProcessChannel made.
// For tests: over a channel without identity every answer must be UNAUTHENTICATED.
std::vector<MethodAnswer> CallEveryMethod(Channel& channel,
                                          const std::vector<std::string>& full_names);

// Calls the unary method at `path` once, with any bytes; as Channel::Call otherwise.
std::shared_ptr<CallHandle> CallRaw(Channel& channel, const std::string& path, std::string request,
                                    std::function<void(absl::StatusOr<std::string>)> done);

// The services in package `hie.` whose contracts are linked into this program, by full name.
// A contract counts as linked once one of its messages is used or it is named in `files`, such as
// "hie/mpi/v1/mpi_service.proto".
std::vector<std::string> LinkedServices(const std::vector<std::string>& files);

}  // namespace hie::rpc
