#pragma once

#include "services/consent/access_request.h"
#include "services/consent/directive.h"

namespace hie::consent {

// Three-valued truth.
enum class Tri { kNo, kMaybe, kYes };

// All that a criterion may ask about: one item of one request, under one assumption.
struct Facts {
  const Actor* actor = nullptr;  // With the purpose that counts (see decide.h).
  Purpose purpose = Purpose::kUnspecified;
  Action action = Action::kRetrieve;
  const Item* item = nullptr;
  SensitivitySet set;    // Sensitivities that it has, closed upward.
  SensitivitySet known;  // Of which it is known whether it has them; contains `set`.
};

// Tells whether every criterion matches: kYes or kNo only where that holds whatever the unknown
// attributes are.  Unknown are: sensitivities outside `known`, an unspecified confidentiality, an
// infinite bound of the service period, an empty facility, an unspecified class.
//
// A purpose stands for the narrower ones: TREAT for ETREAT and BTG, ETREAT for BTG.
Tri Matches(const Match& match, const Facts& facts);

// Tells whether a service overlaps a rule's period; a service whose ends coincide is an instant.
Tri Overlaps(const ServicePeriod& rule, const ServicePeriod& service);

}  // namespace hie::consent
