#pragma once

#include <vector>

#include "services/consent/directive.h"
#include "services/consent/match.h"
#include "services/consent/outcome.h"

namespace hie::consent {

// Tells whether the directive is active and valid at `now`.
bool InForce(const Directive& directive, absl::Time now);

// Tells whether something in it could not be understood.
bool IsOpaque(const Directive& directive);

// Tells whether the directive is an instrument of the regime.
bool Rules(const Directive& directive, Regime regime);

// Returns what one rule comes to: nothing where it does not apply, the opposite of its effect
// where an exception applies with the opposite, else its effect.  `inherited` is the directive's
// emergency flag.  The order of exceptions does not matter.
OutcomeSet EvaluateRule(const RuleNode& rule, Emergency inherited, const Facts& facts);

// Returns what all rules of a directive come to together.
OutcomeSet EvaluateRules(const Directive& directive, const Facts& facts);

// Returns what the base comes to by itself, whether or not a rule applies; kNone without one.
Outcome BaseOutcome(const Directive& directive);

// Returns `rules` with the base where no rule applies.
OutcomeSet WithBase(OutcomeSet rules, Outcome base);

// Tells whether the item may lie within what was understood of an opaque directive: everything
// where it has a base or no rule, else where one of its rules may apply.
bool WithinParsedBounds(const Directive& directive, const Facts& facts);

}  // namespace hie::consent
