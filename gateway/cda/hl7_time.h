#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace hie::cda {

// Returns the moment of an HL7 timestamp (YYYY[MM[DD[HHMM[SS[.f]]]]][+ZZZZ]) as a FHIR date or
// dateTime of the same precision; empty where it is none.
//
// `zone` is the source's own: it holds where the timestamp has a time and no zone.  A date never
// shifts.  Fractions of a second and a bare hour are left out.  Total.
std::string FhirTimeOfHl7(absl::string_view timestamp, absl::TimeZone zone = absl::UTCTimeZone());

}  // namespace hie::cda
