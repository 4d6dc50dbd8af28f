#pragma once

#include <string>

#include "services/common/json/value.h"
#include "services/common/labels/access.h"

namespace hie::members {

// When a statement was made or its service took place.
struct When {
  std::string date;  // As received; empty unknown.
  ServicePeriod period;
};

// The date that clinicians go by, per type: onset of a condition, start of an encounter, effective
// time of a result; else when it was recorded.  The period of a condition lasts until it abated.
When WhenOf(const json::Value& resource);

// How a statement stands at its source.
struct Standing {
  std::string clinical_status;      // clinicalStatus, else status, as received.
  std::string verification_status;  // verificationStatus; entered-in-error wherever it is said.
};

Standing StandingOf(const json::Value& resource);

// The statement is a negative one: "no known allergies", a procedure that was not done.
bool IsNegation(const json::Value& resource);

// What the statement is about: `code`, or the element that stands for it in this type; or null.
const json::Value* SubjectMatter(const json::Value& resource);

}  // namespace hie::members
