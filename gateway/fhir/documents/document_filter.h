#pragma once

#include <functional>
#include <string>
#include <vector>

#include "gateway/fhir/interaction.h"
#include "gateway/fhir/reading.h"
#include "gateway/fhir/search_query.h"
#include "services/common/json/value.h"

namespace hie::fhir {

// The search parameters of ITI-67 (INTERFACES 5.3) and of ITI-66 (5.2).
const std::vector<SearchParameter>& DocumentParameters();
const std::vector<SearchParameter>& ListParameters();

// Which resources a search wants, evaluated over their JSON alone: live answers and index entries
// are judged alike.  All terms must hold; within one, any value will do.  `patient` and
// `patient.identifier` and `targetCommunityIdList` are the query's own and always hold here.
using ResourceFilter = std::function<bool(const json::Value& resource)>;

// 400 XDSStoredQueryMissingParam: no `status`.  400 XDSRegistryMetadataError: a value that is
// malformed, a status with a system among them.  `base_url` makes our own references recognisable.
Reading<ResourceFilter> ReadDocumentFilter(const SearchQuery& query, absl::string_view base_url);

// As above for Lists; `code` is required too.
Reading<ResourceFilter> ReadListFilter(const SearchQuery& query, absl::string_view base_url);

// The statuses that a search asks for.
std::vector<std::string> WantedStatuses(const SearchQuery& query);

}  // namespace hie::fhir
