#pragma once

#include <boost/asio/ip/address.hpp>

namespace hie::fetch {

// Which addresses may be dialled.
enum class AddressRule {
  kPublic,      // Global unicast only.
  kPrivateToo,  // Private ranges and the loopback as well: the directory says so.
};

// Tells whether `address` may be dialled.  What is never a host (multicast, unspecified, broadcast,
// documentation, reserved) never is; addresses that carry an IPv4 address within (mapped, 6to4,
// NAT64) are judged by it.  IANA special-purpose registries; RFC 6890.
bool MayDial(const boost::asio::ip::address& address, AddressRule rule);

}  // namespace hie::fetch
