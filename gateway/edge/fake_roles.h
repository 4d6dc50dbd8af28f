#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "gateway/edge/gateway_edge.h"
#include "gateway/members/member_directory.h"
#include "hie/audit/v1/audit_service.pb.h"
#include "hie/consent/v1/consent_service.pb.h"
#include "hie/directory/v1/directory_service.pb.h"
#include "hie/exchange/v1/exchange_service.methods.h"
#include "hie/mpi/v1/load_service.pb.h"
#include "hie/mpi/v1/mpi_service.pb.h"
#include "hie/mpi/v1/review_service.pb.h"
#include "hie/registry/v1/registry_service.pb.h"
#include "services/common/base/mutex.h"
#include "services/common/rpc/server.h"

// For tests: roles that answer from what a test sets, behind real in-process channels.
namespace hie::edge {

// What the fake roles hold.  Set before calls begin, or under `mutex`.
struct FakeState {
  Mutex mutex;
  mpi::v1::Person person;  // Known by every record and by its eid.
  bool certain = true;
  registry::v1::FindResponse located;
  int found_max = 1000;          // Documents that Find answers with.
  std::set<std::string> denied;  // Items, by id.
  std::set<std::string> opened;  // Items that only the session opens.
  int consent_epoch = 1;
  absl::Status consent_down;
  absl::Status audit_down;
  absl::Status open_refused;
  std::function<void()> on_intent;  // Runs when an intent is durable.
  std::vector<audit::v1::Event> events;
  std::vector<consent::v1::Directive> directives;
  std::vector<std::string> noted;  // Custodians told of broken glass.
  std::vector<mpi::v1::RegisterRecordRequest> registered;
  mpi::v1::QueryPersonsResponse matches;  // Of QueryPersons.
  mpi::v1::QueryPersonsRequest queried;
  std::vector<mpi::v1::MergeRecordsRequest> merged;
  mpi::v1::BeginLoad load_begun;
  std::vector<mpi::v1::LoadLine> loaded;
  uint64_t load_applied = 0;   // Lines of the load that are applied when it begins.
  absl::Status registry_down;  // Of Submit.
  absl::Status find_down;      // Of Find.
  std::vector<registry::v1::SubmitRequest> submitted;
  std::vector<registry::v1::PutContentRequest> staged;
  registry::v1::FindSubmissionSetsResponse sets;
  mpi::v1::GetGoldenViewResponse golden;
  mpi::v1::GetGoldenViewRequest golden_asked;
  std::vector<mpi::v1::LinkEvent> link_events;
  mpi::v1::UndoEventRequest undone;
  mpi::v1::DecideTaskRequest task_decided;
  mpi::v1::DecideLinkRequest link_decided;
  absl::Status link_refused;
  mpi::v1::DecideLinkResponse link_reply;
  std::string unmerged_eid;                   // Of UnmergeRecord; empty: it was not merged.
  uint64_t task_sequence = 0;                 // Of DecideTask.
  std::vector<mpi::v1::Person> others;        // Known by their records, found after `person`.
  std::vector<int32_t> weights = {25'000};    // Of those who are found, millibits.
  std::vector<mpi::v1::Task> possible_links;  // Told where tasks of a record are asked for.
  bool audit_tells = false;  // List answers from `events`, the i-th at i milliseconds.
  std::string split_eid;     // Resolves as one that a split retired.
  std::string content;       // That the registry keeps, of every document.
  int contents_read = 0;     // Windows of it that were read.
  int notes_refused = 0;     // Notices of disclosure that fail before one is taken.
};

// Registers every method of every role on one server.
void ServeFakeRoles(FakeState& state, rpc::MethodRegistrar& server);

// Members that answer from what a test sets.
class FakeMembers final : public exchange::MemberPort {
 public:
  std::map<std::string, exchange::MemberAnswer> answers;  // By member; absent: never answers.
  std::vector<std::string> chunks;                        // Of every document.
  absl::Status content_status;
  std::atomic<int> asked = 0;
  std::atomic<int> cancelled = 0;

  std::shared_ptr<exchange::MemberCall> Ask(
      const exchange::MemberQuestion& question,
      std::function<void(exchange::MemberAnswer)> done) override;
  std::shared_ptr<exchange::MemberCall> Fetch(const exchange::ContentRequest& request,
                                              std::function<bool(absl::string_view)> on_chunk,
                                              std::function<void(absl::Status)> done) override;
  bool Reachable(const MemberId& member) const override { return answers.count(member.value()); }

 private:
  rpc::WorkerPool pool_{{.name = "members", .threads = 1, .queue_max = 100}};
};

class MachineClock final : public Clock {
 public:
  absl::Time Now() const override { return absl::Now(); }
};

// The gateway over fake roles: members north (the caller's), lakes, harbor and the operator hie.
// One person, known to north, lakes and harbor as N1, L1 and H1.
class EdgeWorld {
 public:
  explicit EdgeWorld(int queries_max = 100, MemberState north = MemberState::kLive);
  ~EdgeWorld();

  FakeState state;
  FakeMembers members;
  rpc::Channel& gateway() { return *channel_; }

  // Calls as `member`, a user in `role` for `purpose`; role "": as a system.
  static rpc::CallOptions As(const std::string& member, const std::string& purpose = "ETREAT",
                             const std::string& role = "ed_physician");
  std::vector<audit::v1::Event> Events();
  // Waits until `condition` holds of the events.
  bool Eventually(const std::function<bool(const std::vector<audit::v1::Event>&)>& condition);

 private:
  MachineClock clock_;  // Deadlines of calls are in the machine's time.
  SeededRandom random_{20261122};
  std::shared_ptr<const members::MemberDirectory> directory_;
  std::unique_ptr<members::FixedMemberDirectory> source_;
  std::unique_ptr<rpc::Server> roles_;
  std::unique_ptr<GatewayEdge> edge_;
  std::unique_ptr<rpc::Server> server_;
  std::shared_ptr<rpc::Channel> channel_;
};

// A record of the person at `member`.
common::v1::LocalPatient PatientAt(const std::string& member);

}  // namespace hie::edge
