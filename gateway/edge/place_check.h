#pragma once

#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "gateway/edge/edge_services.h"
#include "gateway/exchange/person.h"
#include "services/common/labels/access.h"

namespace hie::edge {

// Decides whether the caller may know that `patient`, a record of any member, is an id of `person`:
// consent's LOCATE over the places of that id.  OK; NOT_FOUND in the words for an unknown person;
// UNAVAILABLE: a role is down.  Nothing is released by it: what follows is decided, audited and
// fenced by itself.
void CheckPlace(EdgeServices& services, std::shared_ptr<rpc::CallContext> context,
                const LocalPatient& patient, const exchange::Person& person,
                std::function<void(absl::Status)> next);

// The same for `asker`, who may have another purpose than the caller.
void CheckPlace(EdgeServices& services, std::shared_ptr<rpc::CallContext> context,
                const Actor& asker, const LocalPatient& patient, const exchange::Person& person,
                std::function<void(absl::Status)> next);

}  // namespace hie::edge
