#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "gateway/hl7v2/door_metrics.h"
#include "gateway/hl7v2/hl7v2_door.h"
#include "gateway/hl7v2/intake.h"
#include "gateway/hl7v2/source_finder.h"
#include "services/common/log/log.h"
#include "services/common/rpc/tls.h"

namespace hie::hl7v2 {

// Serves MLLP on one port: bytes to messages, answers to bytes, and nothing that knows HL7.
//
// Answers of a kind leave a connection in the order of its messages.  A connection that has
// `per_connection_max` messages in flight is not read until one is answered.  One whose client has
// closed its side is answered to the end.  With TLS, a client certificate is required.
class MllpListener {
 public:
  // Takes one message; must not block.
  using Take = std::function<void(std::string raw, const SenderAddress& address,
                                  std::shared_ptr<AnswerSink> sink)>;
  struct Options {
    std::string listen;                  // host:port; port 0: any.
    std::shared_ptr<rpc::TlsFiles> tls;  // Null: plain, on private addresses only.
    Take take;                           // Must stay callable until the listener is gone.
    DoorMetrics* metrics = nullptr;      // Must outlive the listener.
    std::shared_ptr<log::Logger> log = nullptr;
    int threads = 2;
    DoorLimits limits = {};
  };

  // INVALID_ARGUMENT: malformed address, or plain beyond private networks.  FAILED_PRECONDITION:
  // the port is in use, or a certificate file is unfit; the message names it.
  static absl::StatusOr<std::unique_ptr<MllpListener>> Open(Options options);

  // Closes everything at once; sinks may be told answers afterwards: they go nowhere.
  virtual ~MllpListener() = default;

  // The port that was bound.
  virtual uint16_t port() const = 0;

  // Accepts and reads no more, sends the answers of what is in flight until `grace` has passed,
  // then closes everything.
  virtual void Drain(absl::Duration grace) = 0;
};

}  // namespace hie::hl7v2
