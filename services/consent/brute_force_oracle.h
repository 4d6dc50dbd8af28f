#pragma once

#include "services/consent/decide.h"

namespace hie::consent {

// What the rules of README.md come to for one item, found by trying everything.
struct OracleAnswer {
  Verdict verdict = Verdict::kDenySealed;
  // What the verdict would be without the session.
  Verdict before_break_glass = Verdict::kDenySealed;
  long completions = 0;  // Worlds that were tried.
};

// The naive interpreter that Decide is compared with: tests only.
//
// It knows no three-valued logic.  It tries every world: every set of sensitivities that the labels
// allow, every confidentiality, facility and service period that rules could tell apart, every set
// of possible links that may turn out true, and every order in which the region-wide choices may
// have been signed; evaluates each world with two truth values; and permits if all worlds permit.
// Exponential.
OracleAnswer BruteForce(const AccessRequest& request,
                        const std::vector<LinkedDirective>& directives, const Policy& policy,
                        const Session* session, absl::Time now, const Item& item);

}  // namespace hie::consent
