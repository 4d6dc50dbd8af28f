#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "services/hiectl/region/population.h"
#include "services/hiectl/session.h"
#include "tests/fault/kill_ledger.h"
#include "tests/support/region/region_stack.h"

namespace hie::testing {

// Clients that use the exchange as fast as it answers, and write down in a ledger what they were
// told: two that register new patients, one that files, amends and revokes directives, two that
// query.  Refusals and broken calls are expected and counted, never a failure of the load.
class KillLoad {
 public:
  // All must outlive the load.  `seed` makes patients and choices repeatable; timing is not.
  KillLoad(RegionStack& region, KillLedger& ledger, uint64_t seed);
  ~KillLoad();

  // Signs the clients in and starts them.
  absl::Status Start();
  // Waits until every client has ended its call.
  void Stop();

  uint64_t calls() const { return calls_; }
  uint64_t failures() const { return failures_; }

 private:
  using Session = std::shared_ptr<ctl::Session>;

  absl::StatusOr<Session> SignIn(const std::string& member, const std::string& role,
                                 const std::string& purpose);
  void Register(Session session, const region::Hospital& hospital, uint64_t seed);
  void Direct(Session session, const std::string& member, uint64_t seed);
  void Query(Session session, const std::string& member, uint64_t seed);
  void FileDirective(ctl::Session& session, const RegionPatient& patient, region::Dice& dice);
  void RevokeDirective(ctl::Session& session, const RegionPatient& patient, const std::string& id,
                       uint64_t version);
  void Ask(ctl::Session& session, const RegionPatient& patient);
  bool Note(const absl::Status& status);
  std::vector<RegionPatient> SharedAt(const std::string& member) const;

  RegionStack& region_;
  KillLedger& ledger_;
  const uint64_t seed_;
  std::atomic<bool> stopping_ = false;
  std::atomic<uint64_t> calls_ = 0;
  std::atomic<uint64_t> failures_ = 0;
  std::atomic<uint64_t> registered_ = 0;
  std::vector<std::thread> clients_;
};

}  // namespace hie::testing
