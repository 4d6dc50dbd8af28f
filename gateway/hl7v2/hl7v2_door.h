#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "gateway/edge/exchange_calls.h"
#include "gateway/members/member_directory.h"
#include "services/common/base/clock.h"
#include "services/common/base/random_source.h"
#include "services/common/log/log.h"
#include "services/common/outbox/outbox.h"
#include "services/common/rpc/server.h"
#include "services/common/rpc/tls.h"
#include "services/common/storage/kv_store.h"

namespace prometheus {
class Registry;
}  // namespace prometheus

namespace hie::hl7v2 {

// What the door takes, from all senders together and from one connection.
struct DoorLimits {
  size_t message_bytes_max = size_t{16} << 20;  // Of one message; beyond it the connection closes.
  int connections_max = 1'000;                  // Beyond it new ones wait to be accepted.
  int per_connection_max = 256;  // Messages in flight on one connection; then it is not read.
  int applying_max = 256;        // Messages at a time on their way through the exchange.
  size_t waiting_max = 20'000;   // Messages accepted and not yet applied; beyond it AR or CR.
  absl::Duration idle_time = absl::Minutes(15);     // Between messages.
  absl::Duration message_time = absl::Seconds(60);  // To send a whole message, once begun.
  absl::Duration write_time = absl::Seconds(30);    // To take one acknowledgement.
  absl::Duration answer_time = absl::Seconds(20);   // Original mode: then AR 206, sender resends.
  absl::Duration dedup_time = absl::Hours(7 * 24);  // Repetitions are known for so long.
  absl::Duration keep_time = absl::Hours(35 * 24);  // Closed exceptions are kept for so long.
  absl::Duration call_time = absl::Seconds(15);     // Of one call into the exchange.
  absl::Duration retry_first = absl::Milliseconds(100);  // Then doubled, up to retry_max.
  absl::Duration retry_max = absl::Seconds(10);
};

// The HL7 v2 door: MLLP listeners, a durable inbox, a worker that applies messages through the
// exchange's own methods, and hie.exchange.v1.IntakeService.  Thread-safe.
//
// An acknowledgement that accepts (AA, CA) leaves after what it accepts is synced to disk.  A
// message that was accepted is applied once, also when the process dies in between; messages about
// the same patient id are applied in the order in which they were received.
class Hl7v2Door {
 public:
  struct Options {
    edge::ExchangeCalls* exchange = nullptr;                    // Must outlive the door.
    const members::MemberDirectorySource* directory = nullptr;  // Must outlive the door.
    const Clock* clock = nullptr;                               // Must outlive the door.
    RandomSource* random = nullptr;                             // Must outlive the door.
    // The inbox; must outlive the door; opened with Tables().  `mark_path` is the journal's
    // high-water mark, outside the store; empty only where the store does not outlive the process.
    KvStore* store = nullptr;
    std::string mark_path = "";
    // The key that seals messages at rest; made where the file is missing and the store is empty.
    // Empty only where the store does not outlive the process.
    std::string key_path = "";
    // host:port each; empty: not served.  Plain listens on loopback, private and link-local
    // addresses only.
    std::string listen = "";
    std::string listen_tls = "";
    std::shared_ptr<rpc::TlsFiles> tls = nullptr;  // Required with `listen_tls`.
    // Takes the audit events of repairs (Relay::Options::deliver); null: they wait in the outbox.
    outbox::Relay::Deliver deliver_audit = nullptr;
    // MSH-3 and MSH-4 of what we send to a sender that named no receiver.
    std::string application = "HIE";
    std::string facility = "HIE";
    std::shared_ptr<log::Logger> log = nullptr;               // Null: no log.
    std::shared_ptr<prometheus::Registry> metrics = nullptr;  // Null: not counted.
    int threads = 2;                                          // Of the listeners.
    DoorLimits limits = {};
  };

  // The tables of the inbox's store.
  static std::vector<std::string> Tables();

  // Opens the inbox, takes up what was accepted and not applied, then listens.
  //
  // INVALID_ARGUMENT: something is missing in the options, a malformed address, or plain beyond
  // private networks.  FAILED_PRECONDITION: the port is in use, a certificate or key file is unfit;
  // the message names it.  DATA_LOSS: as EmbeddedJournal::Open.
  static absl::StatusOr<std::unique_ptr<Hl7v2Door>> Open(Options options);

  // As Drain without grace.  The exchange must still answer or refuse.
  virtual ~Hl7v2Door() = default;

  // Registers hie.exchange.v1.IntakeService.  The door must outlive the server.
  virtual void Serve(rpc::Server& server) = 0;

  // The ports that were bound; 0: none.
  virtual uint16_t port() const = 0;
  virtual uint16_t tls_port() const = 0;

  // Accepts no more, answers what is in flight until `grace` has passed, then closes everything.
  // What was accepted and not applied is taken up by the next Open.
  virtual void Drain(absl::Duration grace) = 0;

  // Messages accepted and not applied yet.
  virtual uint64_t waiting() const = 0;
};

}  // namespace hie::hl7v2
