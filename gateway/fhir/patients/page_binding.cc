#include "gateway/fhir/patients/page_binding.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/str_cat.h"

namespace hie::fhir {

std::string PageBinding(const Call& call) {
  // Length before each part, so that no two lists of parts read alike.
  std::string binding;
  const auto add = [&binding](absl::string_view part) {
    absl::StrAppend(&binding, part.size(), ":", part);
  };
  add(call.caller().caller.actor.member.value());
  add(call.caller().client_id);
  add(call.interaction().resource);
  add(call.interaction().operation);
  add(call.id());
  for (const SearchTerm& term : call.query().terms) {
    const bool common = std::find(std::begin(kCommonParameters), std::end(kCommonParameters),
                                  term.name) != std::end(kCommonParameters);
    if (common) continue;
    add(term.name);
    add(term.modifier);
    add(term.text);
  }
  return binding;
}

}  // namespace hie::fhir
