#pragma once

#include <vector>

#include "services/consent/directive.h"

namespace hie::consent {

// The region-wide choice of one person: the bases of GENERAL directives, ordered by signature.
//
// The latest choice wins; patients change their mind.  A choice without signature time may be the
// latest.  Two that may both be the latest and differ are a conflict: an overridable denial.  A
// later "no" does not loosen an earlier one: in the unbroken run of denials at the end of the
// chain every directive keeps its seal; only a "yes", a revocation or `supersedes` ends it.
class ChoiceChain {
 public:
  // What a directive's base is worth within the chain.
  enum class Place {
    kNotAChoice,      // No base, opaque, or not GENERAL: the chain says nothing of it.
    kOvertaken,       // Its base is not heard.
    kInFinalRun,      // Its denial was renewed later: heard where the latest certainly deny.
    kLatest,          // Its base is heard.
    kLatestUnsealed,  // Its base is heard; a denial of it is overridable.
  };

  // Makes the chain of those of `directives` that are choices.  All are in force.
  explicit ChoiceChain(const std::vector<const Directive*>& directives);

  // Tells the place of one of the directives that the chain was made from.
  Place PlaceOf(const Directive& directive) const;

  // Two that may both be the latest differ.
  bool conflict() const { return latest_permits_ && latest_denies_; }

 private:
  bool MayBeLatest(const Directive& choice) const;

  absl::Time last_signed_ = absl::InfinitePast();
  absl::Time last_signed_permit_ = absl::InfinitePast();
  bool any_permit_ = false;
  bool latest_permits_ = false;  // One that may be the latest permits.
  bool latest_denies_ = false;
};

}  // namespace hie::consent
