#pragma once

#include <memory>

#include "gateway/http/connection.h"
#include "gateway/http/exchange.h"

namespace hie::http {

// The exchange of one slot, for the handler: posts to the connection's thread.
std::shared_ptr<Exchange> MakeExchange(std::shared_ptr<Connection> connection,
                                       std::shared_ptr<Slot> slot);

}  // namespace hie::http
