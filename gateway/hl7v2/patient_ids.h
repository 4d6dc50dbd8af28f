#pragma once

#include <optional>
#include <string>
#include <vector>

#include "gateway/hl7v2/segments/data_types.h"
#include "gateway/members/member_directory.h"
#include "services/common/patient/demographics.h"
#include "services/common/patient/local_patient.h"

namespace hie::hl7v2 {

// What a list of patient ids (PID-3, MRG-1) says to the exchange.
struct IdentifiedPatient {
  std::optional<LocalPatient> key;             // In a domain of the member; nothing: none is.
  std::vector<PatientIdentifier> identifiers;  // The others that can be named.
  std::vector<std::string> unmapped;           // Authorities that are nobody's.
  bool malformed = false;                      // An id in an own domain is unusable as a key.
};

// Finds the record's key: an id in the source's default domain, else a medical record number (MR,
// PI) in another domain of the member, else the first one of the member.
//
// An authority is looked up by its OID, by its namespace where it has none.  An id without
// authority is of the default domain.  Social security numbers are left out unless the source may
// send them.
IdentifiedPatient IdentifyPatient(const std::vector<ExtendedId>& ids,
                                  const members::MemberDirectory& directory, const Member& member,
                                  const Hl7Source& source);

}  // namespace hie::hl7v2
