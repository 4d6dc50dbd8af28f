#pragma once

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "services/common/patient/local_patient.h"
#include "services/common/storage/key_codec.h"

namespace hie::registry {

// The part of a key that names a patient.
inline KeyWriter PatientKey(const LocalPatient& patient) {
  return KeyWriter()
      .Text(patient.assigning_authority)
      .Text(patient.id.value())
      .U32(patient.incarnation);
}

inline absl::Status BadRow(absl::string_view table) {
  return absl::DataLossError(absl::StrCat("registry table ", table, ": a row is not readable"));
}

// Parses a stored message.  DATA_LOSS.
template <typename Proto>
absl::StatusOr<Proto> ParseRow(absl::string_view row, absl::string_view table) {
  Proto proto;
  if (proto.ParseFromArray(row.data(), static_cast<int>(row.size()))) return proto;
  return BadRow(table);
}

}  // namespace hie::registry
