#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "gateway/edge/edge_services.h"
#include "gateway/exchange/directory_view.h"

namespace hie::edge {

// Tells whether `eid` named a person until a split, and whether the caller may know that: one of
// the records that it named is of a place that the caller may know of (decided and put on record
// like a found person).  An EID of nobody, one that still names a person and one of which nothing
// may be known are the same.
//
// UNAVAILABLE, ABORTED: as of a search.
void FindSplit(EdgeServices& services, std::shared_ptr<rpc::CallContext> context,
               std::shared_ptr<const exchange::DirectoryView> view, const std::string& eid,
               std::function<void(absl::StatusOr<bool>)> next);

}  // namespace hie::edge
