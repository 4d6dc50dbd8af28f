#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/common/crypto/assertion_key.h"
#include "services/common/member/member.h"
#include "services/hiectl/session.h"
#include "tests/bench/bench_options.h"
#include "tests/bench/tls_client.h"
#include "tests/support/stack/exchange_stack.h"

// Two hospitals without agents behind the real exchange's open doors: `north` feeds by HL7 v2 and
// ITI-65, the exchange keeps its documents; `lakes` asks.
namespace hie::bench {

inline constexpr char kNorthDomain[] = "2.999.1.1";
inline constexpr char kFeedClient[] = "north-emr";
inline constexpr char kQueryClient[] = "lakes-emr";

// A patient of `north`.
struct DoorPatient {
  std::string id;
  std::string family;
  std::string given;
  std::string birth_date;  // YYYYMMDD
  std::string sex;         // F or M.
  std::string street;
  std::string eid;  // Empty until registered.
};

// The patient of this number; the same for the same seed.  Names from 8,000 families and 400 given
// names: now and then two people share them, as people do.
DoorPatient MakePatient(uint64_t seed, size_t number);

// The processes and the keys of their clients.
class DoorRegion {
 public:
  // State stays from one start in `options.directory` to the next.
  static absl::StatusOr<std::unique_ptr<DoorRegion>> Start(const BenchOptions& options,
                                                           testing::ExchangeStack::Layout layout);

  // Registers patients [first, first + count) over gRPC, as north's system.
  absl::StatusOr<std::vector<DoorPatient>> Register(size_t first, size_t count);

  // A token request of a client, with an assertion that was never used.
  absl::StatusOr<std::string> TokenRequest(const std::string& client, const std::string& scope);
  // A new access token, as the value of an Authorization header.
  absl::StatusOr<std::string> Authorization(const std::string& client, const std::string& scope);

  testing::ExchangeStack& stack() { return *stack_; }
  ctl::Session& north() { return *north_; }
  const std::shared_ptr<const TlsTrust>& trust() const { return trust_; }
  absl::StatusOr<int> Port(const std::string& door) const { return stack_->DoorPort(door); }

 private:
  DoorRegion(const BenchOptions& options, crypto::AssertionPrivateKey key)
      : options_(options), key_(std::move(key)) {}

  const BenchOptions options_;
  const crypto::AssertionPrivateKey key_;
  std::shared_ptr<const TlsTrust> trust_;
  std::unique_ptr<testing::ExchangeStack> stack_;
  std::unique_ptr<ctl::Session> north_;
  uint64_t assertions_ = 0;
};

}  // namespace hie::bench
