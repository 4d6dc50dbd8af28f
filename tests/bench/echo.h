#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/support/stack/child_process.h"

// The least that gRPC does for a call: bytes back as they came, over mutual TLS, from a process of
// its own.  What the roles' figures are divided by.
namespace hie::bench {

inline constexpr size_t kEchoBytes = 200;

// The server's program: serves on a free port of the loopback with the certificate of the role
// registry below `pki`, writes the port into `ready_file`, and stays until it is killed.
// Returns the exit status.
int RunEchoServer(const std::string& pki, const std::string& ready_file);

// A client of an echo server that it starts as a process, this program again.
class Echo {
 public:
  static absl::StatusOr<std::unique_ptr<Echo>> Start(const std::string& directory,
                                                     const std::string& pki);
  virtual ~Echo() = default;

  // Sends kEchoBytes; `done` is called when they are back, on a thread of gRPC.
  virtual void Call(std::function<void(absl::Status)> done) = 0;
  virtual pid_t server_pid() const = 0;
};

}  // namespace hie::bench
