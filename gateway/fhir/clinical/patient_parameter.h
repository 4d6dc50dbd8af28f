#pragma once

#include <optional>

#include "gateway/fhir/call.h"
#include "gateway/fhir/reading.h"
#include "hie/exchange/v1/exchange_service.pb.h"

namespace hie::fhir {

// Whom a search is about.
struct NamedPatient {
  exchange::v1::PatientSubject subject;
  // An id of a domain of the caller's own member: where it is unknown, that is told (PRACTICE 2).
  bool own = false;
  // Of a system that no member owns: nobody's id.  `subject` is empty then.
  bool nobody = false;
  std::string eid;  // Where the id is one of ours.
};

// Reads `patient` (reference, with :identifier a token) or `patient.identifier`.  Nothing: neither
// is there.  400: both, or several, or a malformed one.
Reading<std::optional<NamedPatient>> ReadPatientParameter(const Call& call);

// As above, and 400 where it is missing.
Reading<NamedPatient> RequirePatientParameter(const Call& call);

// Names the person of an EID.
NamedPatient PatientByEid(const std::string& eid);

// Answers a search about a person who is unknown, or may not be seen: the two are alike.  404 for
// an id of the caller's own domain, else a searchset without a match.
void AnswerUnknownPatient(Call& call, const NamedPatient& patient);

}  // namespace hie::fhir
