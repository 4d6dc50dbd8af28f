// hied: the daemon.  Hosts any set of the exchange's roles in one process.
#include <signal.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "services/common/base/clock.h"
#include "services/common/base/random_source.h"
#include "services/common/storage/posix_file_system.h"
#include "services/hied/daemon.h"
#include "services/hied/daemon_options.h"

namespace {

// Exit codes of sysexits(3).
constexpr int kExitUsage = 64;
constexpr int kExitUnavailable = 69;

absl::StatusOr<hie::hied::DaemonOptions> ParseArguments(CLI::App& app, int argc, char** argv) {
  hie::hied::DaemonOptions options;
  std::string roles = "all";
  std::string addresses;
  app.add_option("--roles", roles, "all, or some of audit,directory,consent,registry,mpi,gateway");
  app.add_option("--data_dir", options.data_dir, "state of the roles")->required();
  app.add_option("--pki_dir", options.pki_dir, "keys, as hiectl pki init makes them")->required();
  app.add_option("--listen", options.listen, "host:port of the gateway");
  app.add_option("--addresses", addresses, "role=host:port of roles in processes of their own");
  app.add_option("--policy", options.policy, "consent policy file");
  app.add_option("--bootstrap", options.bootstrap, "directory seed for an empty directory");
  app.add_option("--admin", options.admin, "host:port of /livez /readyz /metrics");
  app.add_option("--log", options.log, "log file; standard error where it is missing");
  app.add_option("--ready_file", options.ready_file, "written when every role serves");
  app.add_option("--https", options.https, "host:port of FHIR and tokens; none where missing");
  app.add_option("--base_url", options.base_url, "public FHIR base; https://<https>/fhir");
  app.add_option("--mllp", options.mllp, "host:port of HL7 v2, plain, loopback or private network");
  app.add_option("--mllp_tls", options.mllp_tls, "host:port of HL7 v2 over TLS");
  app.add_option("--member_ca", options.member_ca, "authorities of members' servers; the system's");
  app.parse(argc, argv);
  absl::StatusOr<std::set<std::string>> parsed_roles = hie::hied::ParseRoles(roles);
  if (!parsed_roles.ok()) return parsed_roles.status();
  auto parsed_addresses = hie::hied::ParseAddresses(addresses);
  if (!parsed_addresses.ok()) return parsed_addresses.status();
  options.roles = *std::move(parsed_roles);
  options.addresses = *std::move(parsed_addresses);
  return options;
}

int Fail(const absl::Status& status, int code) {
  std::cerr << "hied: " << status.message() << "\n";
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"hied: a health information exchange, or some of its roles"};
  absl::StatusOr<hie::hied::DaemonOptions> options;
  try {
    options = ParseArguments(app, argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kExitUsage;
  }
  if (!options.ok()) return Fail(options.status(), kExitUsage);

  // Every thread inherits the mask: signals are taken by sigwait below and nowhere else.
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGUSR1}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  // A write beyond a limit fails like one to a full disk, and is told like one.
  signal(SIGXFSZ, SIG_IGN);

  const hie::SystemClock clock;
  hie::SystemRandom random;
  hie::PosixFileSystem files;
  auto daemon = hie::hied::Daemon::Start(*options, clock, random, files);
  if (!daemon.ok()) return Fail(daemon.status(), kExitUnavailable);
  for (int received = 0; sigwait(&signals, &received) == 0;) {
    if (received != SIGUSR1) break;
    (*daemon)->WriteCheckpoints();
  }
  (*daemon)->Stop();
  return 0;
}
