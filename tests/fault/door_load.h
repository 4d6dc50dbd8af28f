#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "gateway/hl7v2/testing/mllp_client.h"
#include "tests/bench/door_region.h"
#include "tests/bench/tls_client.h"
#include "tests/fault/door_ledger.h"

namespace hie::testing {

// How an interface engine wants its messages acknowledged.
enum class AckKind { kOriginal, kEnhanced };

// A connection that an interface engine keeps: what was not acknowledged is sent again, unchanged.
// Not thread-safe.
class Feeder {
 public:
  // `door` is the port of the MLLP door; `stopping` ends the sending again.
  Feeder(int door, AckKind kind, const std::atomic<bool>& stopping)
      : door_(door), kind_(kind), stopping_(stopping) {}

  // Sends A04, then `updates` A08 of a patient.  False: `stopping`, and what was sent last is not
  // known to have arrived; `acknowledged` counts what is.
  bool Feed(const bench::DoorPatient& patient, size_t updates, size_t& acknowledged);

  uint64_t resent() const { return resent_; }
  const std::string& refusal() const { return refusal_; }

 private:
  bool SendUntilAcknowledged(const std::string& message);

  const int door_;
  const AckKind kind_;
  const std::atomic<bool>& stopping_;
  std::unique_ptr<hl7v2::MllpClient> client_;
  uint64_t resent_ = 0;
  std::string refusal_;
};

// The patient after `updates` A08: the street counts them.
bench::DoorPatient Updated(bench::DoorPatient patient, size_t updates);

// Interface engines and document sources that work while the exchange is killed under them.
class DoorLoad {
 public:
  struct Options {
    int feeders = 4;  // Half of them in enhanced mode.
    int sources = 2;  // Of documents.
    uint64_t seed = 1;
  };

  // Both must outlive the load.  `known` are registered patients of north, for documents.
  DoorLoad(bench::DoorRegion& region, DoorLedger& ledger, std::vector<bench::DoorPatient> known,
           const Options& options);
  ~DoorLoad();

  void Start();
  // Sends nothing new any more, and what is under way until it is acknowledged, at most `patience`.
  // False: something is not.
  bool Finish(absl::Duration patience);

  uint64_t resent() const { return resent_; }

 private:
  void FeedPatients(int feeder);
  void ProvideDocuments(int source);
  // Until the same bytes are answered with 200; empty: it was stopped or refused.
  std::string Provide(const std::string& body, std::unique_ptr<bench::TlsClient>& client,
                      std::string& authorization);

  bench::DoorRegion& region_;
  DoorLedger& ledger_;
  const std::vector<bench::DoorPatient> known_;
  const Options options_;
  std::vector<std::thread> threads_;
  Mutex token_mutex_;  // The region counts assertions.
  std::atomic<bool> finishing_{false};
  std::atomic<bool> stopping_{false};
  std::atomic<int> running_{0};
  std::atomic<uint64_t> resent_{0};
  std::atomic<uint64_t> next_document_{880'000};
};

}  // namespace hie::testing
