#pragma once

#include "absl/status/statusor.h"
#include "hie/mpi/v1/mpi_state.pb.h"
#include "mpi/store/mpi_edit.h"

namespace hie::mpi {

// Earlier versions that a record's own row holds; older ones stand in `record_versions`.
inline constexpr int kInlineVersionsMax = 8;

// How a record stands in the index.
enum class Standing {
  kConfirmed,    // Filed under its keys; gets a person from Relink.
  kProvisional,  // In no index, in a person of its own, released to nobody.
};

// Adds a record as the next incarnation of its id.  Returns its number.
absl::StatusOr<RecordNumber> AddRecord(MpiEdit& edit, common::v1::LocalPatient patient,
                                       const common::v1::Demographics& demographics,
                                       Standing standing);

// Makes `demographics` the present version of a record and files it anew.
absl::Status AddVersion(MpiEdit& edit, RecordNumber record,
                        const common::v1::Demographics& demographics);

// Makes a provisional record a confirmed one: files it.
absl::Status ConfirmRecord(MpiEdit& edit, RecordNumber record);

}  // namespace hie::mpi
