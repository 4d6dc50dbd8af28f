#include "tests/support/stack/exchange_stack.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "services/common/base/status_macros.h"
#include "services/common/crypto/pki.h"
#include "services/common/member/directory_seed.h"

namespace hie::testing {
namespace {

namespace fs = std::filesystem;

constexpr const char* kRoles[] = {"audit", "directory", "consent", "registry", "mpi", "gateway"};
// What the gateway opens besides gRPC; no roles.
constexpr const char* kDoors[] = {"admin", "https", "mllp", "mllp_tls"};
constexpr absl::Duration kStartTime = absl::Seconds(60);
constexpr absl::Duration kAnnounceTime = absl::Seconds(60);
constexpr absl::Duration kStopGrace = absl::Seconds(15);

// A port that is free now.
absl::StatusOr<int> FreePort() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  const bool bound = fd >= 0 && bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                     getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  if (fd >= 0) close(fd);
  if (!bound) return absl::UnavailableError("no free port");
  return ntohs(address.sin_port);
}

std::string FromEnvironment(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr) {
    std::cerr << name << " is not set: run through ctest\n";
    std::abort();
  }
  return value;
}

}  // namespace

std::string BinDirectory() { return FromEnvironment("HIE_BIN_DIR"); }
std::string SourceDirectory() { return FromEnvironment("HIE_SOURCE_DIR"); }

std::string SampleDirectory() {
  const std::string path = SourceDirectory() + "/../shared/data";
  if (fs::is_directory(path)) return path;
  std::cerr << "SAMPLES MISSING: " << path << " is not there; what needs them is skipped\n";
  return "";
}

absl::StatusOr<std::unique_ptr<ExchangeStack>> ExchangeStack::Create(Options options) {
  auto stack = std::unique_ptr<ExchangeStack>(new ExchangeStack(std::move(options)));
  HIE_RETURN_IF_ERROR(stack->Prepare());
  return stack;
}

ExchangeStack::~ExchangeStack() {
  agents_.clear();
  hied_.clear();
}

absl::Status ExchangeStack::Prepare() {
  for (const char* folder : {"/log", "/run", "/state", "/pki", "/source"}) {
    fs::create_directories(options_.directory + folder);
  }
  std::vector<Member> members = options_.members;
  members.push_back(DemoOperator());
  crypto::PkiOptions pki_options;
  pki_options.directory = pki();
  pki_options.now = clock_.Now();
  pki_options.random = &random_;
  for (const Member& member : members) {
    pki_options.members.push_back(member.id.value());
    fs::create_directories(SourceOf(member.id.value()));
  }
  HIE_ASSIGN_OR_RETURN(const crypto::IssuedPki issued, crypto::InitPki(pki_options));
  for (size_t i = 0; i < members.size(); ++i) AddIssuedKeys(issued.members[i], members[i]);
  std::ofstream(pki() + "/" + kDirectorySeedFile) << DirectorySeedText(members);
  return ChoosePorts();
}

absl::Status ExchangeStack::ChoosePorts() {
  for (const char* role : kRoles) {
    HIE_ASSIGN_OR_RETURN(ports_[role], FreePort());
  }
  for (const char* door : kDoors) {
    HIE_ASSIGN_OR_RETURN(ports_[door], FreePort());
  }
  return absl::OkStatus();
}

std::vector<std::string> ExchangeStack::HiedCommand(const std::string& roles) const {
  const std::string policy = options_.policy.empty()
                                 ? SourceDirectory() + "/deploy/config/policies/us-optout.toml"
                                 : options_.policy;
  std::vector<std::string> command = {BinDirectory() + "/hied",
                                      "--roles",
                                      roles,
                                      "--data_dir",
                                      state(),
                                      "--pki_dir",
                                      pki(),
                                      "--listen",
                                      gateway_address(),
                                      "--policy",
                                      policy,
                                      "--bootstrap",
                                      pki() + "/" + kDirectorySeedFile,
                                      "--log",
                                      absl::StrCat(logs(), "/hied-", roles, ".log"),
                                      "--ready_file",
                                      ReadyFile("hied-" + roles)};
  if (roles == "all" || roles == "gateway") {
    command.insert(command.end(), {"--admin", admin_address()});
    AddDoors(command);
  }
  if (options_.layout == Layout::kProcessPerRole) {
    std::vector<std::string> addresses;
    for (const auto& [role, port] : ports_) {
      const bool door = std::find(std::begin(kDoors), std::end(kDoors), role) != std::end(kDoors);
      if (role == "gateway" || door) continue;
      addresses.push_back(absl::StrCat(role, "=127.0.0.1:", port));
    }
    command.insert(command.end(), {"--addresses", absl::StrJoin(addresses, ",")});
  }
  return command;
}

void ExchangeStack::AddDoors(std::vector<std::string>& command) const {
  if (options_.https) command.insert(command.end(), {"--https", https_address()});
  if (!options_.mllp) return;
  command.insert(command.end(), {"--mllp", mllp_address(), "--mllp_tls", mllp_tls_address()});
}

absl::Status ExchangeStack::StartProcess(const std::string& name, const std::string& roles) {
  fs::remove(ReadyFile("hied-" + roles));
  HIE_ASSIGN_OR_RETURN(
      hied_[name],
      ChildProcess::Start({HiedCommand(roles), absl::StrCat(logs(), "/hied-", roles, ".out")}));
  return AwaitReady("hied-" + roles, *hied_[name], kStartTime);
}

absl::Status ExchangeStack::AwaitReady(const std::string& name, ChildProcess& process,
                                       absl::Duration timeout) const {
  for (const absl::Time end = absl::Now() + timeout; absl::Now() < end;) {
    if (fs::exists(ReadyFile(name))) return absl::OkStatus();
    if (!process.Running()) {
      std::ifstream out(absl::StrCat(logs(), "/", name, ".out"));
      std::stringstream said;
      said << out.rdbuf();
      return absl::UnavailableError(absl::StrCat(name, " ended while starting: ", said.str()));
    }
    absl::SleepFor(absl::Milliseconds(10));
  }
  return absl::DeadlineExceededError(absl::StrCat(name, " is not ready"));
}

std::string ExchangeStack::ReadyFile(const std::string& name) const {
  return absl::StrCat(options_.directory, "/run/", name, ".ready");
}

absl::Status ExchangeStack::StartHied() {
  if (options_.layout == Layout::kOneProcess) return StartProcess("all", "all");
  for (const char* role : kRoles) HIE_RETURN_IF_ERROR(StartProcess(role, role));
  return absl::OkStatus();
}

absl::Status ExchangeStack::StartRole(const std::string& role) { return StartProcess(role, role); }

void ExchangeStack::KillHied() {
  for (auto& [name, process] : hied_) process->Kill();
}

void ExchangeStack::KillRole(const std::string& role) { Hied(role).Kill(); }

ChildProcess& ExchangeStack::Hied(const std::string& role) {
  return *hied_.at(options_.layout == Layout::kOneProcess ? "all" : role);
}

bool ExchangeStack::StopAll() {
  bool clean = true;
  for (auto& [name, agent] : agents_) clean = agent->Stop(kStopGrace) == 0 && clean;
  agents_.clear();
  // The gateway first, the audit last: every change is still delivered to it.
  for (auto role = std::rbegin(kRoles); role != std::rend(kRoles); ++role) {
    const auto process = hied_.find(*role);
    if (process != hied_.end()) clean = process->second->Stop(kStopGrace) == 0 && clean;
  }
  if (const auto all = hied_.find("all"); all != hied_.end()) {
    clean = all->second->Stop(kStopGrace) == 0 && clean;
  }
  hied_.clear();
  return clean;
}

std::string ExchangeStack::SourceOf(const std::string& member) const {
  return absl::StrCat(options_.directory, "/source/", member);
}

absl::Status ExchangeStack::LaunchAgent(const std::string& member,
                                        const std::vector<std::string>& flags) {
  const Member* found = nullptr;
  for (const Member& candidate : options_.members) {
    if (candidate.id.value() == member) found = &candidate;
  }
  if (found == nullptr) return absl::NotFoundError("no such member: " + member);
  const std::string keys = absl::StrCat(pki(), "/members/", member);
  std::vector<std::string> command = {BinDirectory() + "/hie-agent",
                                      "--gateway",
                                      gateway_address(),
                                      "--member",
                                      member,
                                      "--cert",
                                      keys + "/client.crt",
                                      "--key",
                                      keys + "/client.key",
                                      "--ca",
                                      pki() + "/ca.crt",
                                      "--domain",
                                      found->domains[0].oid,
                                      "--source",
                                      SourceOf(member),
                                      "--log",
                                      absl::StrCat(logs(), "/agent-", member, ".log"),
                                      "--ready_file",
                                      ReadyFile("agent-" + member)};
  command.insert(command.end(), flags.begin(), flags.end());
  fs::remove(ReadyFile("agent-" + member));
  HIE_ASSIGN_OR_RETURN(
      agents_[member],
      ChildProcess::Start({command, absl::StrCat(logs(), "/agent-", member, ".out")}));
  return absl::OkStatus();
}

absl::Status ExchangeStack::AwaitAgent(const std::string& member, absl::Duration timeout) {
  return AwaitReady("agent-" + member, *agents_.at(member), timeout);
}

absl::Status ExchangeStack::StartAgent(const std::string& member,
                                       const std::vector<std::string>& flags) {
  HIE_RETURN_IF_ERROR(LaunchAgent(member, flags));
  return AwaitAgent(member, kAnnounceTime);
}

void ExchangeStack::StopAgent(const std::string& member) { agents_.erase(member); }

ctl::SessionOptions ExchangeStack::SessionOptionsOf(const std::string& member) const {
  ctl::SessionOptions options;
  options.gateway = gateway_address();
  options.credentials = absl::StrCat(pki(), "/members/", member);
  return options;
}

absl::StatusOr<std::unique_ptr<ctl::Session>> ExchangeStack::SignIn(
    const std::string& member, const std::string& user, const std::string& role,
    const std::string& purpose) const {
  ctl::SessionOptions options = SessionOptionsOf(member);
  options.user = user;
  if (!role.empty()) options.roles = {role};
  options.purpose = purpose;
  return ctl::Session::Open(std::move(options), clock_, random_);
}

std::string ExchangeStack::AddressOf(const std::string& name) const {
  return absl::StrCat("127.0.0.1:", ports_.at(name));
}

std::string ExchangeStack::gateway_address() const { return AddressOf("gateway"); }
std::string ExchangeStack::admin_address() const { return AddressOf("admin"); }
std::string ExchangeStack::https_address() const { return AddressOf("https"); }
std::string ExchangeStack::mllp_address() const { return AddressOf("mllp"); }
std::string ExchangeStack::mllp_tls_address() const { return AddressOf("mllp_tls"); }
std::string ExchangeStack::role_address(const std::string& role) const { return AddressOf(role); }

std::string ExchangeStack::fhir_base() const {
  return absl::StrCat("https://", https_address(), "/fhir");
}

absl::StatusOr<int> ExchangeStack::DoorPort(const std::string& door) const {
  const bool one = options_.layout == Layout::kOneProcess;
  std::ifstream ready(ReadyFile(one ? "hied-all" : "hied-gateway"));
  int gateway = 0;
  ready >> gateway;
  std::string name;
  for (int port = 0; ready >> name >> port;) {
    if (name == door) return port;
  }
  return absl::NotFoundError(absl::StrCat(door, ": not open"));
}

std::string ExchangeStack::AllLogs() const {
  std::stringstream all;
  for (const auto& entry : fs::directory_iterator(logs())) {
    std::ifstream in(entry.path(), std::ios::binary);
    if (in.peek() != std::ifstream::traits_type::eof()) all << in.rdbuf();
  }
  return all.str();
}

}  // namespace hie::testing
