// hie-agent: the one program a hospital installs.  Dials out to the exchange, announces the
// patients and documents of a folder, and answers for them.
#include <signal.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>

#include "gateway/agent/agent.h"
#include "services/common/base/clock.h"
#include "services/common/base/random_source.h"
#include "services/common/log/log.h"

namespace {

constexpr char kVersion[] = "0.1.0";
// Exit codes of sysexits(3).
constexpr int kExitUsage = 64;
constexpr int kExitNoInput = 66;
constexpr int kExitUnavailable = 69;

struct Arguments {
  std::string gateway;
  std::string server_name;
  hie::rpc::TlsFiles tls;
  std::string member;
  std::string domain;
  std::string source;
  std::string log;
  std::string ready_file;
  std::string fault;
  bool name_files = false;
};

void Describe(CLI::App& app, Arguments& a) {
  app.add_option("--gateway", a.gateway, "host:port of the exchange")->required();
  app.add_option("--server_name", a.server_name, "name in the gateway's certificate, if another");
  app.add_option("--cert", a.tls.certificate_chain, "certificate of the member, PEM")->required();
  app.add_option("--key", a.tls.private_key, "its private key, PEM")->required();
  app.add_option("--ca", a.tls.trust_anchors, "certificate authority of the exchange")->required();
  app.add_option("--member", a.member, "member that the certificate names")->required();
  app.add_option("--domain", a.domain, "patient-id domain, an OID")->required();
  app.add_option("--source", a.source, "folder of FHIR R4 and CDA files")->required();
  app.add_option("--log", a.log, "log file; standard error where it is missing");
  app.add_option("--ready_file", a.ready_file, "written when every patient is announced");
  app.add_flag("--name_files", a.name_files,
               "print the tag of every source file and its name, end");
  app.add_option("--fault", a.fault, "test instrument")->group("");
}

int Fail(const std::string& what, int code) {
  std::cerr << "hie-agent: " << what << "\n";
  return code;
}

// Says which file is missing before TLS says that something is wrong.
std::string MissingFile(const Arguments& a) {
  for (const auto& [flag, path] :
       {std::pair("--cert", a.tls.certificate_chain), std::pair("--key", a.tls.private_key),
        std::pair("--ca", a.tls.trust_anchors)}) {
    if (!std::ifstream(path)) return std::string(flag) + ": cannot read " + path;
  }
  return "";
}

// Which file a tag in the log is: for the terminal, never for the log.
int NameFiles(const std::string& folder) {
  const auto files = hie::agent::ListSourceFiles(folder);
  if (!files.ok()) return Fail(std::string(files.status().message()), kExitUnavailable);
  for (const hie::agent::SourceFile& file : *files) {
    std::cout << hie::agent::FileTag(file.path) << "  " << file.path << "\n";
  }
  return 0;
}

absl::StatusOr<std::shared_ptr<hie::log::Sink>> OpenLog(const std::string& path) {
  if (path.empty()) return std::shared_ptr<hie::log::Sink>(new hie::log::DescriptorSink(2));
  absl::StatusOr<std::shared_ptr<hie::log::FileSink>> file = hie::log::FileSink::Open(path);
  if (!file.ok()) return file.status();
  return std::shared_ptr<hie::log::Sink>(*std::move(file));
}

// The first time everything is announced, the file appears as a whole.
std::function<void()> ReadyWriter(const std::string& path) {
  auto written = std::make_shared<std::atomic<bool>>(path.empty());
  return [path, written] {
    if (written->exchange(true)) return;
    const std::string fresh = path + ".new";
    std::ofstream(fresh) << "ready\n";
    std::error_code error;
    std::filesystem::rename(fresh, path, error);
  };
}

int Run(const Arguments& a, const hie::agent::Fault& fault, const sigset_t& signals) {
  const hie::SystemClock clock;
  hie::SystemRandom random;
  absl::StatusOr<std::shared_ptr<hie::log::Sink>> sink = OpenLog(a.log);
  if (!sink.ok()) return Fail("--log: " + std::string(sink.status().message()), kExitUsage);
  auto log = std::make_shared<hie::log::Logger>(
      hie::log::Logger::Options{.role = "agent", .clock = &clock, .sink = *sink});
  if (fault.kind != hie::agent::Fault::Kind::kNone) {
    log->Write(hie::log::Level::kError, "fault-injected", {{"what", a.fault}});
  }
  hie::agent::Agent::Options options;
  options.gateway = a.gateway;
  options.server_name = a.server_name;
  options.tls = std::make_shared<hie::rpc::TlsFiles>(a.tls);
  options.member = a.member;
  options.domain = a.domain;
  options.folder = a.source;
  options.version = kVersion;
  options.fault = fault;
  options.clock = &clock;
  options.random = &random;
  options.log = log;
  options.announced = ReadyWriter(a.ready_file);
  const auto agent = hie::agent::Agent::Start(std::move(options));
  if (!agent.ok()) return Fail(std::string(agent.status().message()), kExitUnavailable);
  int signal = 0;
  sigwait(&signals, &signal);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"hie-agent: answers the exchange for one hospital from a folder of records"};
  app.set_version_flag("--version", std::string("hie-agent ") + kVersion);
  Arguments arguments;
  Describe(app, arguments);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kExitUsage;
  }
  const absl::StatusOr<hie::agent::Fault> fault = hie::agent::ParseFault(arguments.fault);
  if (!fault.ok()) return Fail(std::string(fault.status().message()), kExitUsage);
  if (arguments.name_files) return NameFiles(arguments.source);
  const std::string missing = MissingFile(arguments);
  if (!missing.empty()) return Fail(missing, kExitNoInput);

  // Every thread inherits the mask: signals are taken by sigwait and nowhere else.
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  return Run(arguments, *fault, signals);
}
