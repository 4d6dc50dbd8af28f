#pragma once

#include <vector>

#include "gateway/fhir/call.h"
#include "gateway/fhir/federated_answer.h"
#include "gateway/fhir/outcome.h"

namespace hie::fhir {

// What stands beside the statements of an answer: outcomes of members, "no allergy information
// received from X" per member and class of `classes` (empty: all), obligations of what is released,
// `unreadable` resources that were left out, and the constant notice.
std::vector<Issue> StatementIssues(const Call& call, const FederatedAnswer& answer,
                                   const std::vector<common::v1::ClinicalClass>& classes,
                                   size_t unreadable);

}  // namespace hie::fhir
