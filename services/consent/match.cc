#include "services/consent/match.h"

#include <algorithm>

namespace hie::consent {
namespace {

Tri Is(bool holds) { return holds ? Tri::kYes : Tri::kNo; }

template <typename T>
bool Contains(const std::vector<T>& list, const T& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

bool StandsFor(Purpose named, Purpose asked) {
  if (named == asked) return true;
  if (named == Purpose::kTreat) return asked == Purpose::kEtreat || asked == Purpose::kBtg;
  return named == Purpose::kEtreat && asked == Purpose::kBtg;
}

bool PurposeMatches(const std::vector<Purpose>& purposes, Purpose asked) {
  return purposes.empty() || std::any_of(purposes.begin(), purposes.end(),
                                         [asked](Purpose p) { return StandsFor(p, asked); });
}

bool Receives(const Recipient& recipient, const Actor& actor) {
  return (recipient.member.empty() || recipient.member == actor.member.value()) &&
         (recipient.user.empty() || recipient.user == actor.user) &&
         (recipient.role.empty() || Contains(actor.roles, recipient.role));
}

bool RecipientMatches(const std::vector<Recipient>& recipients, const Actor& actor) {
  return recipients.empty() ||
         std::any_of(recipients.begin(), recipients.end(),
                     [&actor](const Recipient& r) { return Receives(r, actor); });
}

// An attribute of which one value stands for "unknown".
template <typename T>
Tri AttributeMatches(const std::vector<T>& wanted, const T& value, const T& unknown) {
  if (wanted.empty()) return Tri::kYes;
  if (value == unknown) return Tri::kMaybe;
  return Is(Contains(wanted, value));
}

Tri SensitivityMatches(const Match& match, const Facts& facts) {
  if (match.sensitivities.empty() && !match.unreadable_sensitivity) return Tri::kYes;
  if (match.sensitivities.Intersects(facts.set)) return Tri::kYes;
  const SensitivitySet open = match.sensitivities.Without(facts.known);
  return !open.empty() || match.unreadable_sensitivity ? Tri::kMaybe : Tri::kNo;
}

Tri ConfidentialityMatches(Confidentiality at_least, Confidentiality has) {
  if (at_least == Confidentiality::kUnspecified) return Tri::kYes;
  if (has == Confidentiality::kUnspecified) {
    // Everything is at least the lowest level.
    return at_least == Confidentiality::kUnrestricted ? Tri::kYes : Tri::kMaybe;
  }
  return Is(has >= at_least);
}

}  // namespace

Tri Overlaps(const ServicePeriod& rule, const ServicePeriod& service) {
  const bool starts = service.from != absl::InfinitePast();
  const bool ends = service.to != absl::InfiniteFuture();
  if (rule.from == absl::InfinitePast() && rule.to == absl::InfiniteFuture()) return Tri::kYes;
  if (starts && ends) {
    if (service.from > service.to) return Tri::kMaybe;  // Nonsense tells nothing.
    const absl::Time to = std::max(service.to, service.from + absl::Microseconds(1));
    return Is(service.from < rule.to && rule.from < to);
  }
  if (starts) {
    if (rule.to <= service.from) return Tri::kNo;
    return rule.from <= service.from ? Tri::kYes : Tri::kMaybe;
  }
  if (ends) {
    if (rule.from >= service.to) return Tri::kNo;
    return rule.to >= service.to ? Tri::kYes : Tri::kMaybe;
  }
  return Tri::kMaybe;
}

Tri Matches(const Match& match, const Facts& facts) {
  const Item& item = *facts.item;
  const bool sure_ones_match =
      PurposeMatches(match.purposes, facts.purpose) &&
      (match.actions.empty() || Contains(match.actions, facts.action)) &&
      RecipientMatches(match.recipients, *facts.actor) &&
      (match.custodians.empty() || Contains(match.custodians, item.custodian));
  if (!sure_ones_match) return Tri::kNo;
  return std::min(
      {AttributeMatches(match.facilities, item.facility, std::string()),
       AttributeMatches(match.classes, item.clinical_class, ClinicalClass::kUnspecified),
       SensitivityMatches(match, facts),
       ConfidentialityMatches(match.confidentiality_min, item.labels.confidentiality),
       match.period ? Overlaps(*match.period, item.service) : Tri::kYes});
}

}  // namespace hie::consent
