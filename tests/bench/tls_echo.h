#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tests/support/stack/child_process.h"

// The least that Boost.Beast does for a request: bytes in, as many bytes out as were asked for,
// over TLS, from a process of its own.  What the figures of the HTTPS door are divided by.
namespace hie::bench {

// The server's program: serves on a free port of the loopback with the gateway's certificate below
// `pki`, a thread per core, writes the port into `ready_file`, and stays until it is killed.
// Returns the exit status.
int RunTlsEchoServer(const std::string& pki, const std::string& ready_file);

// An echo server that this program started, itself again.
class TlsEcho {
 public:
  static absl::StatusOr<std::unique_ptr<TlsEcho>> Start(const std::string& directory,
                                                        const std::string& pki);

  // A request of `request_bytes` with its head, to be answered with a body of `answer_bytes`.
  static std::string Request(size_t request_bytes, size_t answer_bytes);

  int port() const { return port_; }
  pid_t pid() const { return server_->pid(); }

 private:
  TlsEcho(std::unique_ptr<testing::ChildProcess> server, int port)
      : server_(std::move(server)), port_(port) {}
  const std::unique_ptr<testing::ChildProcess> server_;
  const int port_;
};

}  // namespace hie::bench
