#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "hie/mpi/v1/mpi_service.pb.h"
#include "mpi/store/mpi_reader.h"

namespace hie::mpi {

// How far it is established whose a record is, weakest first.
enum class Verification {
  kIdentityUnknown,  // Its source does not know who the patient is, or gives an alias.
  kReceived,         // As its source sent it.
  kByRegistrar,      // A registrar joined it with another record of the view.
  kBySteward,        // A steward did.
};

// One record of a view.
struct GoldenSource {
  const v1::Record* record = nullptr;  // In use; not null.
  Verification verification = Verification::kReceived;
};

// Chooses per field the value that the records bear out best.
//
// Non-values count as absent.  A whole value comes before a part of it (a full birth date, nine
// digits of an SSN); then the better verified one.  Of what changes in a life (family name,
// telephone, e-mail, address) the newest comes next, before what more sources say; of what does not
// change the latter decides.  What is left is decided by the record's key, so that the order of
// `sources` does not show.
//
// Pure and total.  No field of a record beyond the demographics comes into it, nor does any of
// another record.  `eid` of the answer stays empty.
v1::GetGoldenViewResponse MakeGoldenView(const std::vector<GoldenSource>& sources);

// Reads the golden view of an active person over the records that `visible` names by their whole
// keys.  Records of others, and those that were merged away or removed, are passed over; decisions
// count where both of their records are in the view.
//
// NOT_FOUND: no record is left, as for a person whom nobody knows.
absl::StatusOr<v1::GetGoldenViewResponse> ReadGoldenView(
    const MpiReader& reader, const std::string& eid,
    const std::vector<common::v1::LocalPatient>& visible);

}  // namespace hie::mpi
