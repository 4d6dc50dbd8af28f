#pragma once

#include <string>
#include <vector>

#include "services/consent/access_request.h"
#include "services/consent/match.h"
#include "services/consent/policy.h"
#include "services/consent/speakers.h"

namespace hie::consent {

// Whether a regime rules an item.  kMaybe: a sensitivity that decides it is unknown.
Tri RegimeRules(Regime regime, const Facts& facts);

// Returns `facts` under the assumption that the regime rules the item.
Facts AssumeRegime(Regime regime, const Facts& facts);

// What one regime says about one item.
struct Judgement {
  Verdict verdict = Verdict::kDenySealed;
  std::vector<std::string> reasons;  // Never empty.
  bool denied_by_person = false;     // A directive may deny, not only the default.
  bool denied_by_opaque = false;     // One that could not be understood.
};

// Judges an item under a regime that rules it certainly (kYes) or may rule it (kMaybe).
//
// Any directive that may deny denies: SEALED where that is certain, its emergency flag forbids and
// the regime rules certainly, else OVERRIDABLE.  Else a certain permit permits.  Else the policy's
// default.  A default of SEALED gives way to a certain, undisputed permit only.
Judgement JudgeRegime(Regime regime, Tri rules, const Facts& facts,
                      const std::vector<Speaker>& speakers, const Policy& policy);

// The word for a regime in reasons and policy files: general, part2, psynotes, hiv, research.
absl::string_view RegimeWord(Regime regime);

// The word for a default: deny, permit, grant, sealed.
absl::string_view DefaultWord(Default rule);

}  // namespace hie::consent
