#pragma once

#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
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

// What follows from a statement alone, where it was worked out before.
struct Derived {
  std::string packed;                   // PackedOf.
  std::vector<std::string> query_keys;  // QueryKeysOf a record that stands.
};

// What a source said, and when it says that it came to be (0: not said).
struct Statement {
  const common::v1::Demographics& demographics;  // Must outlive the statement.
  int64_t event_micros = 0;
  const Derived* derived = nullptr;  // Must outlive the statement; null: to be worked out.
};

// Works it out for a record that stands.
absl::StatusOr<Derived> DeriveFrom(const common::v1::LocalPatient& patient,
                                   const common::v1::Demographics& demographics);

// Adds a record as the next incarnation of its id.  Returns its number.
absl::StatusOr<RecordNumber> AddRecord(MpiEdit& edit, common::v1::LocalPatient patient,
                                       const Statement& statement, Standing standing);

// Makes `statement` the present version of a record and files it anew.
absl::Status AddVersion(MpiEdit& edit, RecordNumber record, const Statement& statement);

// Keeps a statement about a record beside its versions: it came too late to be one.  Returns
// whether it was not there yet, in any form.
absl::StatusOr<bool> KeepLateVersion(MpiEdit& edit, RecordNumber record,
                                     const Statement& statement);

// Notes that the source spoke of the record at `event_micros`: what is older comes late.
absl::Status RaiseLatestEvent(MpiEdit& edit, RecordNumber record, int64_t event_micros);

// Changes how a record stands (merged away, removed, provisional): files it, or takes it out of the
// indexes, and moves it within its person between the records that are compared and the tombstones.
absl::Status ChangeStanding(MpiEdit& edit, RecordNumber record,
                            absl::FunctionRef<void(v1::Record&)> change);

// Makes a provisional record a confirmed one: files it.
absl::Status ConfirmRecord(MpiEdit& edit, RecordNumber record);

}  // namespace hie::mpi
