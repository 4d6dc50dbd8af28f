#pragma once

namespace hie::bench {

// A connected, blocking socket to a port of the loopback, without Nagle's delay; reads give up
// after a minute.  -1: refused.  The caller closes it.
int ConnectTo(int port);

}  // namespace hie::bench
