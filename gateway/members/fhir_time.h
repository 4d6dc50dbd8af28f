#pragma once

#include <optional>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/common/labels/access.h"

namespace hie::members {

// Returns the interval that a FHIR date, dateTime or instant names: 2015 is the year 2015, a
// second is one second.  Nothing where the text is none.
//
// A date without zone is taken in UTC; periods of service are days to years long, and a date is
// shown as received.
std::optional<ServicePeriod> ParseFhirTime(absl::string_view text);

}  // namespace hie::members
