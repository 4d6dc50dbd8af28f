#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"

namespace prometheus {
class Registry;
}  // namespace prometheus

namespace hie::hl7v2 {

// What the door counts, without names of senders or patients.  Thread-safe.
class DoorMetrics {
 public:
  // Null: nothing is counted.
  static std::unique_ptr<DoorMetrics> Create(std::shared_ptr<prometheus::Registry> registry);
  virtual ~DoorMetrics() = default;

  // hie_hl7v2_messages_total{result}: accepted, repeated, other-body, refused, applied, exception.
  virtual void Message(absl::string_view result) = 0;
  // hie_hl7v2_retries_total.
  virtual void Retry() = 0;
  // hie_hl7v2_connections: open ones.
  virtual void Connections(int change) = 0;
  // hie_hl7v2_closed_total{reason}: oversize, idle, slow-message, slow-reader.
  virtual void Closed(absl::string_view reason) = 0;
  // hie_hl7v2_dropped_bytes_total: outside of blocks.
  virtual void Dropped(uint64_t bytes) = 0;
};

}  // namespace hie::hl7v2
