#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "services/common/journal/journal.h"
#include "services/common/patient/local_patient.h"

namespace hie::audit {

inline constexpr absl::string_view kPatientKeyTable = "patient_key";  // patient -> PatientKey
inline constexpr absl::string_view kPatientTagTable = "patient_tag";  // tag -> patient_key's key

// A patient in the one form that keys, tags and sealing use.
std::string CanonicalPatient(const LocalPatient& patient);

// The state of `audit/keys`: applies PatientKeyCommand; replies nothing.  A patient that has a key
// keeps it: two appends that meet a new patient at once agree on the first one's key.
class PatientKeyMachine final : public StateMachine {
 public:
  absl::StatusOr<std::string> Apply(absl::string_view command, absl::string_view plan,
                                    const Stamp& stamp, const KvReader& state,
                                    WriteBatch& changes) const override;

  static std::vector<std::string> Tables();
};

}  // namespace hie::audit
