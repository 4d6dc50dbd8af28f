#include "services/consent/speakers.h"

#include <map>

#include "services/consent/evaluate.h"

namespace hie::consent {
namespace {

using Borrowed = std::vector<const Directive*>;

void Append(const Borrowed& directives, const ChoiceChain& chain, Link link,
            std::vector<Speaker>& speakers) {
  for (const Directive* each : directives) {
    const ChoiceChain::Place place = chain.PlaceOf(*each);
    speakers.push_back({each, link, IsOpaque(*each), place,
                        chain.conflict() && place == ChoiceChain::Place::kLatestUnsealed});
  }
}

}  // namespace

std::vector<Speaker> Speakers(const std::vector<LinkedDirective>& directives, absl::Time now) {
  Borrowed certain;
  std::map<LocalPatient, Borrowed> possible;
  for (const LinkedDirective& each : directives) {
    if (!InForce(each.directive, now)) continue;
    Borrowed& list = each.link == Link::kCertain ? certain : possible[each.directive.subject];
    list.push_back(&each.directive);
  }
  std::vector<Speaker> speakers;
  Append(certain, ChoiceChain(certain), Link::kCertain, speakers);
  // One possible record at a time: what it denies does not depend on the other possible ones.
  for (const auto& [subject, own] : possible) {
    Borrowed joined = certain;
    joined.insert(joined.end(), own.begin(), own.end());
    Append(own, ChoiceChain(joined), Link::kPossible, speakers);
  }
  return speakers;
}

}  // namespace hie::consent
