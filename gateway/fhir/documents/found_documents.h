#pragma once

#include <string>
#include <utility>
#include <vector>

#include "gateway/fhir/call.h"
#include "gateway/fhir/federated_answer.h"
#include "services/common/json/value.h"

namespace hie::fhir {

// One document of a federated answer.
struct FoundDocument {
  std::string id;                        // The registry's, or the one that it will have there.
  std::vector<std::string> release_ids;  // What was released for it: index entry, live items.
  std::string member;
  std::string unique_id;
  json::Value resource;  // DocumentReference.
};

// The documents of an answer, each once: the index entry and the live item of one document of one
// member are one; documents of several members are one where unique id and hash are the same, and
// then name every member (INTERFACES 6.3).  Items that are no DocumentReference are left out.  In
// no particular order.
std::vector<FoundDocument> FindDocuments(const Call& call, const FederatedAnswer& answer);

// Tells whether the answer holds a DocumentReference that cannot be read, and is left out.
bool HoldsUnreadable(const FederatedAnswer& answer);

// Leaves out documents that another one here, of the same member, replaces (HIE-latest).
void KeepLatest(std::vector<FoundDocument>& documents);

// Sorts by the keys (date, creation, _lastUpdated, _id; true: descending), then by date, newest
// first, then by id: a total order.  Undated documents are last.
void SortDocuments(const std::vector<std::pair<std::string, bool>>& keys,
                   std::vector<FoundDocument>& documents);

}  // namespace hie::fhir
