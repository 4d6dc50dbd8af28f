#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/common/base/clock.h"
#include "services/common/base/random_source.h"
#include "services/common/member/member.h"
#include "services/hiectl/session.h"
#include "tests/support/stack/child_process.h"

namespace hie::testing {

// The real programs, as processes, over real TLS, in a directory of their own: hied with all
// roles or one process per role, and an agent per member.  Not thread-safe.
class ExchangeStack {
 public:
  enum class Layout { kOneProcess, kProcessPerRole };

  struct Options {
    std::string directory;        // Made where it is missing.
    std::vector<Member> members;  // Hospitals; the operator `hie` is added.
    Layout layout = Layout::kOneProcess;
    std::string policy;  // Empty: us-optout of the project.
    bool https = false;  // FHIR and tokens, on a free port.
    bool mllp = false;   // HL7 v2, plain and over TLS, on free ports.
  };

  // Makes keys and the directory seed.  Starts nothing.
  static absl::StatusOr<std::unique_ptr<ExchangeStack>> Create(Options options);
  ~ExchangeStack();

  // Starts every process of hied and waits until all roles serve.  The gateway's port is chosen
  // at the first start and stays.
  absl::Status StartHied();
  // SIGKILL to every process of hied, or to the one that hosts `role`.
  void KillHied();
  void KillRole(const std::string& role);
  // Starts the process of `role` again (kProcessPerRole), and waits for it.
  absl::Status StartRole(const std::string& role);
  // SIGTERM to every process, agents first; returns false if one did not exit with 0.
  bool StopAll();

  // Folder that the member's agent answers from.
  std::string SourceOf(const std::string& member) const;
  // Starts the member's agent, with more flags, and waits until the exchange has taken what it
  // announced.
  absl::Status StartAgent(const std::string& member, const std::vector<std::string>& flags = {});
  // As StartAgent, and does not wait.
  absl::Status LaunchAgent(const std::string& member, const std::vector<std::string>& flags = {});
  absl::Status AwaitAgent(const std::string& member, absl::Duration timeout);
  ChildProcess& Agent(const std::string& member) { return *agents_.at(member); }
  ChildProcess& Hied(const std::string& role = "gateway");
  void StopAgent(const std::string& member);

  // Calls as a user of a member.  Empty user: the member's system, without a token.
  absl::StatusOr<std::unique_ptr<ctl::Session>> SignIn(const std::string& member,
                                                       const std::string& user,
                                                       const std::string& role,
                                                       const std::string& purpose) const;
  ctl::SessionOptions SessionOptionsOf(const std::string& member) const;

  std::string gateway_address() const;
  std::string admin_address() const;
  // Of the doors that the options open: host:port, and the FHIR base.
  std::string https_address() const;
  std::string fhir_base() const;
  std::string mllp_address() const;
  std::string mllp_tls_address() const;
  // The port that the gateway's ready file names for a door (https, mllp, mllp_tls).  NOT_FOUND:
  // the door is not open.
  absl::StatusOr<int> DoorPort(const std::string& door) const;
  // host:port of a role in a process of its own (kProcessPerRole).
  std::string role_address(const std::string& role) const;
  const std::string& directory() const { return options_.directory; }
  std::string pki() const { return options_.directory + "/pki"; }
  std::string state() const { return options_.directory + "/state"; }
  std::string logs() const { return options_.directory + "/log"; }
  const Clock& clock() const { return clock_; }
  RandomSource& random() const { return random_; }

  // Everything that was logged or printed by any process until now.
  std::string AllLogs() const;

 private:
  explicit ExchangeStack(Options options) : options_(std::move(options)) {}
  absl::Status Prepare();
  absl::Status ChoosePorts();
  std::vector<std::string> HiedCommand(const std::string& roles) const;
  absl::Status StartProcess(const std::string& name, const std::string& roles);
  absl::Status AwaitReady(const std::string& name, ChildProcess& process,
                          absl::Duration timeout) const;
  std::string ReadyFile(const std::string& name) const;
  std::string AddressOf(const std::string& name) const;
  void AddDoors(std::vector<std::string>& command) const;

  const Options options_;
  SystemClock clock_;
  mutable SystemRandom random_;
  std::map<std::string, int> ports_;                           // By role; "admin" too.
  std::map<std::string, std::unique_ptr<ChildProcess>> hied_;  // By role, or "all".
  std::map<std::string, std::unique_ptr<ChildProcess>> agents_;
};

// Folder of the built programs, from HIE_BIN_DIR.
std::string BinDirectory();
// Root of the project, from HIE_SOURCE_DIR.
std::string SourceDirectory();
// Folder of the public samples; empty, with words on standard error, where it is missing.
std::string SampleDirectory();

}  // namespace hie::testing
