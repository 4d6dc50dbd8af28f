#pragma once

#include "gateway/fhir/outcome.h"
#include "hie/exchange/v1/exchange_service.pb.h"

// What ITI-104 refuses, in the words of the catalogue.  Pure.
namespace hie::fhir {

// 403: another member's domain, or nobody's.
Failure NotYourDomain();
// 422: `active: false` without a link; the exchange knows no patient that is just inactive.
Failure InactiveWithoutLink();
// 409: the identifier was merged away, and the update does not take that back.
Failure MergedAway();
// 409: an older version than the one that is held.
Failure StaleUpdate();
// Warning of a 202: the record waits for a steward.
Issue HeldIssue();

// What INTERFACES 8.4 says of a merge that was not made.
Failure MergeFailure(mpi::v1::MergeOutcome outcome);

// What a registration that was not taken says; a field of the exchange is named as its element.
Failure RegistrationFailure(const exchange::v1::RegisteredPatient& registered);

}  // namespace hie::fhir
