#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "services/registry/filing_draft.h"
#include "services/registry/submission.h"

namespace hie::registry {

// At most this many documents are superseded together with one: FAILED_PRECONDITION beyond.
inline constexpr size_t kSupersededTogetherMax = 4096;

// How the relations of a submission are taken.  Borrows.
struct RelationRules {
  RelationPolicy policy;
  const std::vector<LocalPatient>& same_person;
};

// Takes the relations of a document that is in the draft (IHE ITI TF-3 4.2.2, ITI-42 expected
// actions).
//
// A replacement supersedes its target, and with it whatever appends or transforms it, those of
// those included; a document that itself replaces another stands for itself and is superseded by
// its own replacement only.  Statuses depend on which documents are filed, not on their order.
//
// `field` names the document.  Refusals: see RegistryService.Submit; kStoreUnlinked keeps what has
// no target, unlinked and with a warning, and takes superseded targets.  FAILED_PRECONDITION also:
// replacements form a circle.
absl::Status RelateDocument(const std::string& field, const std::string& id,
                            const RelationRules& rules, FilingDraft& draft);

// Links what was filed before with a document of the draft that it relates to.
absl::Status LinkEarlier(const std::string& id, const RelationRules& rules, FilingDraft& draft);

}  // namespace hie::registry
