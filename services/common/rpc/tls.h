#pragma once

#include <string>

#include "absl/time/time.h"

namespace hie::rpc {

// PEM files of one side of mutual TLS.  They are read again when they change.
struct TlsFiles {
  std::string certificate_chain;  // Path.
  std::string private_key;        // Path.
  std::string trust_anchors;      // Path: the CA of the exchange.
  absl::Duration refresh = absl::Seconds(10);
};

}  // namespace hie::rpc
