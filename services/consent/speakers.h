#pragma once

#include <vector>

#include "absl/time/time.h"
#include "services/consent/choice_chain.h"
#include "services/consent/directive.h"

namespace hie::consent {

// A directive that is in force, and how it is heard.  Borrows it.
struct Speaker {
  const Directive* directive = nullptr;
  Link link = Link::kCertain;
  bool opaque = false;
  // In the region-wide chain of the certain records; of a possible record, in the chain that
  // there would be were that record the person's too.
  ChoiceChain::Place place = ChoiceChain::Place::kNotAChoice;
  bool in_conflict = false;
};

// Returns who is heard at `now`: once per request, before any item is looked at.
std::vector<Speaker> Speakers(const std::vector<LinkedDirective>& directives, absl::Time now);

}  // namespace hie::consent
