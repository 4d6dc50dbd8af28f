#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "hie/common/v1/patient.pb.h"
#include "services/common/member/member.h"
#include "services/common/rpc/channel.h"
#include "tests/bench/bench_options.h"
#include "tests/support/stack/exchange_stack.h"

// A generated region of four hospitals behind the real programs: three can hold a person's records
// while the fourth asks.
namespace hie::bench {

inline constexpr size_t kHospitals = 4;

// A person as the index knows them.
struct KnownPerson {
  std::string eid;
  std::vector<common::v1::LocalPatient> records;  // Certain ones.
  std::set<std::string> members;                  // That hold them.
};

// The region's charts on disk, and the processes around them.
class Region {
 public:
  // Generates the charts below `options.directory`.  Starts nothing.
  static absl::StatusOr<std::unique_ptr<Region>> Generate(const BenchOptions& options);

  // Starts hied in `layout` and every agent, in place of those that run, and waits until all
  // patients are registered.  State stays from one start to the next.
  absl::Status Start(testing::ExchangeStack::Layout layout);
  // False: a process did not end as it should.
  bool Stop();

  // A channel to a role, as the gateway (Layout::kProcessPerRole).
  absl::StatusOr<std::shared_ptr<rpc::Channel>> Dial(const std::string& role) const;
  testing::ExchangeStack& stack() { return *stack_; }

  // Resolves patients in an order of the seed until `count` persons are found whose records are at
  // exactly `members` hospitals (0: at any number), or there are no more patients.
  absl::StatusOr<std::vector<KnownPerson>> FindPersons(rpc::Channel& mpi, size_t count,
                                                       size_t members) const;

  // A hospital that holds no record of the person; empty: all do.
  std::string StrangerTo(const KnownPerson& person) const;

  size_t registrations() const { return patients_.size(); }
  // How long the last Start waited for the agents.
  absl::Duration announced_in() const { return announced_in_; }

 private:
  explicit Region(const BenchOptions& options) : options_(options) {}
  absl::Status ReadPatients(const std::string& truth);
  absl::Status MoveCharts();
  std::string MemberOf(const common::v1::LocalPatient& record) const;
  absl::StatusOr<KnownPerson> Resolve(rpc::Channel& mpi,
                                      const common::v1::LocalPatient& patient) const;

  const BenchOptions options_;
  std::vector<Member> members_;
  std::vector<common::v1::LocalPatient> patients_;  // Every registration.
  std::unique_ptr<testing::ExchangeStack> stack_;
  absl::Duration announced_in_;
};

}  // namespace hie::bench
