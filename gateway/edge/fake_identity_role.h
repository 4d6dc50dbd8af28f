#pragma once

#include "gateway/edge/fake_roles.h"

namespace hie::edge {

// Registers what the index answers about identities: golden views, explanations, its queue, events
// and models.
void ServeFakeIdentity(FakeState& state, rpc::MethodRegistrar& server);

// Lists the state's events as leaves, newest first.
audit::v1::ListResponse ListFakeLeaves(FakeState& state, const audit::v1::ListRequest& request);

}  // namespace hie::edge
