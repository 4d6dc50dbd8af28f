#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "gateway/hl7v2/mllp_framer.h"

namespace hie::hl7v2 {

// For tests: a blocking MLLP client over a plain socket.
class MllpClient {
 public:
  explicit MllpClient(uint16_t port);
  ~MllpClient();
  MllpClient(const MllpClient&) = delete;
  MllpClient& operator=(const MllpClient&) = delete;

  bool connected() const { return descriptor_ >= 0; }
  // Sends bytes as they are.  False: the other side has gone.
  bool SendBytes(absl::string_view bytes);
  // Sends one message in its frame.
  bool Send(absl::string_view message) { return SendBytes(MllpFrame(message)); }
  // Returns the next answer; nothing: none came in time, or the connection is closed.
  std::optional<std::string> Receive(absl::Duration timeout = absl::Seconds(20));
  // Send and Receive.
  std::string Ask(absl::string_view message);
  // Closes this side's direction only.
  void EndInput();
  // The other side has closed, within `timeout`.
  bool ClosedByPeer(absl::Duration timeout);

 private:
  bool Fill(absl::Duration timeout);

  int descriptor_ = -1;
  bool ended_ = false;
  MllpFramer framer_{size_t{64} << 20};
};

// MSA-1 of an answer; empty: none.
std::string AckCodeOf(absl::string_view answer);
// MSA-2 of an answer.
std::string AckedId(absl::string_view answer);

}  // namespace hie::hl7v2
