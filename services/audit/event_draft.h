#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "hie/audit/v1/audit.pb.h"
#include "services/audit/patient_key_ring.h"
#include "services/common/base/random_source.h"
#include "services/common/patient/local_patient.h"

namespace hie::audit {

// Limits of one event.
inline constexpr int kPatientsMax = 256;
inline constexpr int kItemsMax = 256;
inline constexpr int kDetailsMax = 64;
inline constexpr size_t kEventIdBytesMax = 64;
inline constexpr size_t kIdBytesMax = 128;
inline constexpr size_t kDetailBytesMax = 256;

// Checks the event's shape and returns its patients, each once, in order.
//
// INVALID_ARGUMENT: `<field>...: want ...`; repeats no value.  A patient without incarnation is
// taken as it is: an audit must not fail because somebody could not resolve it.
absl::StatusOr<std::vector<LocalPatient>> CheckEvent(const v1::Event& event,
                                                     absl::string_view field);

// Returns the leaf of a checked event, without what the log adds.  `patients` are the secrets of
// CheckEvent's patients, in order.  Details are sealed with the first one's key and bound to the
// event id; they stay plain where no patient is concerned.
v1::Leaf DraftLeaf(const v1::Event& event, const std::vector<PatientSecrets>& patients,
                   RandomSource& random);

// Returns a leaf's details, opened.  Nothing to open: `leaf.details_plain`.
absl::StatusOr<std::vector<std::string>> OpenDetails(const v1::Leaf& leaf,
                                                     const crypto::AeadKey& key);

}  // namespace hie::audit
