#include "services/consent/choice_chain.h"

#include <algorithm>

#include "services/consent/evaluate.h"

namespace hie::consent {
namespace {

bool IsChoice(const Directive& directive) {
  return directive.base != Effect::kNone && Rules(directive, Regime::kGeneral) &&
         !IsOpaque(directive);
}

}  // namespace

ChoiceChain::ChoiceChain(const std::vector<const Directive*>& directives) {
  for (const Directive* each : directives) {
    if (!IsChoice(*each)) continue;
    const bool permits = each->base == Effect::kPermit;
    any_permit_ |= permits;
    if (!each->signed_at) continue;
    last_signed_ = std::max(last_signed_, *each->signed_at);
    if (permits) last_signed_permit_ = std::max(last_signed_permit_, *each->signed_at);
  }
  for (const Directive* each : directives) {
    if (!IsChoice(*each) || !MayBeLatest(*each)) continue;
    (each->base == Effect::kPermit ? latest_permits_ : latest_denies_) = true;
  }
}

bool ChoiceChain::MayBeLatest(const Directive& choice) const {
  return !choice.signed_at || *choice.signed_at == last_signed_;
}

ChoiceChain::Place ChoiceChain::PlaceOf(const Directive& directive) const {
  if (!IsChoice(directive)) return Place::kNotAChoice;
  if (MayBeLatest(directive)) {
    // A denial of unknown date may stand before a "yes" that overtook it: its seal is not certain.
    const bool unsealed = conflict() || (!directive.signed_at && any_permit_);
    return unsealed ? Place::kLatestUnsealed : Place::kLatest;
  }
  const bool in_final_run = directive.base == Effect::kDeny && !latest_permits_ &&
                            *directive.signed_at > last_signed_permit_;
  return in_final_run ? Place::kInFinalRun : Place::kOvertaken;
}

}  // namespace hie::consent
