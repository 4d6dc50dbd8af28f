#pragma once

#include <vector>

#include "absl/time/time.h"
#include "services/consent/access_request.h"
#include "services/consent/directive.h"
#include "services/consent/policy.h"
#include "services/consent/session.h"

namespace hie::consent {

// Decides every item of the request: permit only if every regime that rules it or may rule it
// permits, whatever its unknown attributes are.
//
// Regimes: GENERAL always; PART2, PSYNOTES and HIV by sensitivity; RESEARCH by purpose.  An item of
// the requester's own custody is decided like any other: what a hospital holds it reads at home.
// Directives of possible links contribute overridable denials only.
//
// Purpose: ETREAT without a session that covers the request counts as TREAT; BTG without one is
// denied.  Within one, both open what is OVERRIDABLE in the tiers that the session has reached,
// never what is SEALED, and a denial by an opaque directive only in T1.  Under TREAT a session
// opens nothing.
//
// `session` may be null.  Items that share an id get one decision: the stricter verdict, all
// reasons and obligations.  Deterministic, total, thread-safe; linear in items times rules.
Decisions Decide(const AccessRequest& request, const std::vector<LinkedDirective>& directives,
                 const Policy& policy, const Session* session, absl::Time now);

// Returns the first moment after `now` at which a directive begins or ends; infinite: none does.
// Until then, equal input is decided equally (apart from sessions and the tier of encounters).
absl::Time NextChange(const std::vector<LinkedDirective>& directives, absl::Time now);

}  // namespace hie::consent
