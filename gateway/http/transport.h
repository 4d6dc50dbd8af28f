#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"

struct ssl_st;

namespace hie::http {

// What a step on a connection came to.
enum class Step {
  kDone,       // `bytes` were moved.
  kWantRead,   // Call again when the socket can be read.
  kWantWrite,  // Call again when the socket can be written.
  kEnd,        // The other side has closed in order.
  kFailed,     // The connection is broken.
};

struct StepResult {
  Step step = Step::kFailed;
  size_t bytes = 0;
};

// A connected, non-blocking socket, with TLS or without.  OpenSSL works on the descriptor itself,
// so that an idle connection holds no buffers of ours.  Not thread-safe; does not own the
// descriptor.
class Transport {
 public:
  // Plain.
  explicit Transport(int descriptor);
  // TLS, as the server; takes `ssl`.
  Transport(int descriptor, ssl_st* ssl);
  ~Transport();
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  // Completes TLS; kDone at once without it.
  StepResult Handshake();
  StepResult Read(char* buffer, size_t size);
  StepResult Write(absl::string_view bytes);
  // Says goodbye (close_notify), without waiting.
  void Bye();
  // SHA-256 of the verified client certificate's public key (SPKI), lower-case hex; empty: none.
  std::string PeerKey() const;

 private:
  StepResult Outcome(int result) const;

  const int descriptor_;
  ssl_st* const ssl_ = nullptr;
};

}  // namespace hie::http
