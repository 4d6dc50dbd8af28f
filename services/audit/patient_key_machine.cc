#include "services/audit/patient_key_machine.h"

#include <optional>

#include "absl/status/status.h"
#include "hie/audit/v1/audit_state.pb.h"
#include "services/common/base/status_macros.h"
#include "services/common/storage/key_codec.h"

namespace hie::audit {

std::string CanonicalPatient(const LocalPatient& patient) {
  return KeyWriter()
      .Text(patient.assigning_authority)
      .Text(patient.id.value())
      .U32(patient.incarnation)
      .key();
}

absl::StatusOr<std::string> PatientKeyMachine::Apply(absl::string_view command, absl::string_view,
                                                     const Stamp&, const KvReader& state,
                                                     WriteBatch& changes) const {
  v1::PatientKeyCommand parsed;
  if (!parsed.ParseFromArray(command.data(), static_cast<int>(command.size())) ||
      !parsed.has_create()) {
    return absl::InternalError("audit keys: not a command of this version");
  }
  for (const v1::PatientKey& key : parsed.create().keys()) {
    const std::string patient =
        CanonicalPatient({key.patient().assigning_authority(), Phi<std::string>(key.patient().id()),
                          key.patient().incarnation()});
    HIE_ASSIGN_OR_RETURN(const std::optional<std::string> existing,
                         state.Get(kPatientKeyTable, patient));
    if (existing) continue;
    changes.Put(kPatientKeyTable, patient, key.SerializeAsString());
    changes.Put(kPatientTagTable, key.tag(), patient);
  }
  return std::string();
}

std::vector<std::string> PatientKeyMachine::Tables() {
  return {std::string(kPatientKeyTable), std::string(kPatientTagTable)};
}

}  // namespace hie::audit
