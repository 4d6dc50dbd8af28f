#pragma once

#include "gateway/edge/fake_roles.h"
#include "services/common/rpc/server.h"

namespace hie::edge {

// For tests: bulk loads of an index that takes every line but that of patient BAD, in the first
// incarnation, with a window of kFakeLoadWindow.
inline constexpr uint32_t kFakeLoadWindow = 8;
void ServeFakeLoads(FakeState& state, rpc::MethodRegistrar& server);

}  // namespace hie::edge
