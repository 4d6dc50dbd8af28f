#pragma once

namespace hie::rpc {

// Keeps gRPC's callback threads for the rest of the process.  Call before the first server or
// channel; cheap after the first time.  Thread-safe.
//
// gRPC 1.51 ends these threads when the last server or channel goes.  When that happens in a
// callback, which is where the last owner of a channel often is, a thread joins itself and frees
// its own queue: a double free.
void KeepCallbackThreads();

}  // namespace hie::rpc
