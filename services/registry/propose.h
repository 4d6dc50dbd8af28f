#pragma once

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "hie/registry/v1/registry_state.pb.h"
#include "services/common/base/status_macros.h"
#include "services/common/journal/journal.h"

namespace hie::registry {

// At most this many tries where others change the same at the same time.
inline constexpr int kTriesMax = 8;

// Proposes a command, waits and parses the reply.  As ProposeAndWait.
template <typename Response>
absl::StatusOr<Response> Propose(Journal& journal, const v1::RegistryCommand& command) {
  HIE_ASSIGN_OR_RETURN(const Applied applied, ProposeAndWait(journal, command.SerializeAsString()));
  Response response;
  if (!response.ParseFromString(applied.reply)) {
    return absl::InternalError("registry: a reply is not readable");
  }
  return response;
}

// Proposes what `make` makes of the present state; makes and proposes it anew while the state has
// changed in between (ABORTED).
template <typename Response>
absl::StatusOr<Response> ProposeAgain(
    Journal& journal, absl::FunctionRef<absl::StatusOr<v1::RegistryCommand>()> make) {
  absl::StatusOr<Response> response = absl::AbortedError("registry: not tried");
  for (int i = 0; i < kTriesMax && absl::IsAborted(response.status()); ++i) {
    HIE_ASSIGN_OR_RETURN(const v1::RegistryCommand command, make());
    response = Propose<Response>(journal, command);
  }
  return response;
}

}  // namespace hie::registry
