#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "gateway/hl7v2/mllp_framer.h"

namespace hie::ctl {

// Sends HL7 v2 messages over MLLP and waits for each acknowledgement, as an interface engine does.
//
// Without TLS: for the loopback and for lines that protect themselves.  Not thread-safe.
class MllpSender {
 public:
  // INVALID_ARGUMENT: not host:port.  UNAVAILABLE: nobody answers there.
  static absl::StatusOr<std::unique_ptr<MllpSender>> Dial(const std::string& address,
                                                          absl::Duration timeout);
  ~MllpSender();
  MllpSender(const MllpSender&) = delete;
  MllpSender& operator=(const MllpSender&) = delete;

  // Returns MSA-1 of the answer.  UNAVAILABLE: the connection ended or no answer came in time.
  absl::StatusOr<std::string> Send(absl::string_view message);

 private:
  explicit MllpSender(int socket);

  const int socket_;
  hl7v2::MllpFramer answers_;
};

}  // namespace hie::ctl
