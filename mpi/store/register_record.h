#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "hie/mpi/v1/mpi_state.pb.h"
#include "mpi/score/model.h"
#include "mpi/store/change_window.h"
#include "mpi/store/match.h"
#include "mpi/store/mpi_edit.h"

namespace hie::mpi {

// Which record a registration speaks of.
enum class TargetKind {
  kNew,        // The id is not known.
  kUpdate,     // Another version of a record.
  kUnchanged,  // The version that is there already.
  kOverlay,    // The id may have a new holder: a provisional incarnation is to be opened.
  kReused,     // The same, for the record was removed or merged away.
  kLate,       // Older than what is held: history only.
  kMerged,     // The record was merged away: history only.
};
struct Target {
  TargetKind kind = TargetKind::kNew;
  RecordNumber record = 0;  // For kOverlay and kReused the present holder; 0 for kNew.
};

// Finds the record that a registration speaks of.
//
// While a provisional incarnation is open, the update goes to whichever holder it resembles more;
// to the provisional one where the holder before it was removed or merged away.
// NOT_FOUND: an incarnation that never was.  FAILED_PRECONDITION: a former holder's.
absl::StatusOr<Target> FindTarget(const MpiReader& reader, const v1::RegisterCommand& command,
                                  const Model& model);

// Adds the first record of an id and links it.  Returns its number.
absl::StatusOr<RecordNumber> RegisterNewRecord(MpiEdit& edit, const v1::RegisterCommand& command,
                                               const Model& model);

// Matches a registration against a state that may be old: the plan for ApplyRegister, in bytes;
// none where nothing is to be matched.  Errors as of FindTarget; INVALID_ARGUMENT: it cannot be
// read.
absl::StatusOr<std::string> PlanRegistration(const MpiReader& reader,
                                             const v1::RegisterCommand& command,
                                             const Model& model);

// A plan, and what knows whether it still holds.
struct Prepared {
  absl::string_view plan = "";           // Bytes, whatever they are.
  const ChangeWindow* window = nullptr;  // Null: the plan is not used.
};

// Registers or updates; see MpiService.RegisterRecord.  Does the same whatever was prepared.
absl::StatusOr<v1::RegisterReply> ApplyRegister(MpiEdit& edit, const v1::RegisterCommand& command,
                                                const Prepared& prepared, const Model& model);

}  // namespace hie::mpi
