#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "hie/mpi/v1/load.pb.h"
#include "hie/mpi/v1/mpi_state.pb.h"
#include "services/common/journal/journal.h"
#include "services/common/storage/kv_store.h"

// What table `loads` keeps of bulk loads: which input, how far, and what was not registered.  A
// line and the note that it was applied are one commit, so that a load goes on exactly where its
// state ends.
namespace hie::mpi {

// A load of more rejects is stopped: its input must be mended first.
inline constexpr uint64_t kLoadRejectsMax = 1'000'000;

// Returns how a load stands.  NOT_FOUND: the member began none of this id.
absl::StatusOr<v1::Load> ReadLoad(const KvReader& state, absl::string_view member,
                                  absl::string_view load_id);

// Returns the rejects of a load after a line, in order, at most `limit`.
absl::StatusOr<std::vector<v1::LineProblem>> ReadLoadRejects(const KvReader& state,
                                                             absl::string_view member,
                                                             absl::string_view load_id,
                                                             uint64_t after_line, size_t limit);

// A message about a field, `<field>: <reason>`, as a problem of a line.
v1::LineProblem ProblemOf(uint64_t line, absl::string_view message);

// Begins a load or goes on with it, files a reject, or ends a load.  Returns a LoadReply, of a
// reject a LoadLineReply.
//
// FAILED_PRECONDITION: the id is another input's, the load has ended, or there are too many
// rejects.  ABORTED: a line was left out.  NOT_FOUND: no such load.
absl::StatusOr<std::string> ApplyLoad(const v1::LoadCommand& command, const Stamp& stamp,
                                      const KvReader& state, WriteBatch& changes);

// Applies a line of a load: `registering` registers it into a batch of its own.  What it refuses is
// filed as a reject.  A line that was applied before changes nothing; the reply names the
// incarnation that holds what the line says, and 0 where that cannot be told any more: nothing may
// be claimed for it.  Returns a LoadLineReply.
//
// Errors as of ApplyLoad, and DATA_LOSS or INTERNAL of `registering`.
absl::StatusOr<std::string> ApplyLoadLine(
    const v1::RegisterCommand& command, const KvReader& state, WriteBatch& changes,
    absl::FunctionRef<absl::StatusOr<v1::RegisterReply>(WriteBatch&)> registering);

}  // namespace hie::mpi
