// hie-bench: measures the exchange on this machine and prints it for a README.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "absl/strings/str_cat.h"
#include "services/common/base/status_macros.h"
#include "tests/bench/door_region.h"
#include "tests/bench/echo.h"
#include "tests/bench/https_bench.h"
#include "tests/bench/journal_bench.h"
#include "tests/bench/machine.h"
#include "tests/bench/memory_bench.h"
#include "tests/bench/mllp_bench.h"
#include "tests/bench/query_bench.h"
#include "tests/bench/role_bench.h"
#include "tests/bench/tls_echo.h"
#include "tests/bench/token_bench.h"

namespace hie::bench {
namespace {

namespace fs = std::filesystem;
using testing::ExchangeStack;

constexpr size_t kAskedPersons = 64;

struct Arguments {
  bool quick = false;
  bool keep = false;
  uint64_t seed = 1;
  size_t people = 0;
  std::string directory;
  std::string programs;
  std::string sources;
  std::string part = "all";
  std::string door;
  int rounds = 0;
  // Of the echoes' servers, which are this program again.
  bool echo_server = false;
  bool tls_echo_server = false;
  std::string pki_dir;
  std::string ready_file;
};

void AddOptions(Arguments& arguments, CLI::App& app) {
  app.add_flag("--quick", arguments.quick, "seconds, to see that it works; figures mean nothing");
  app.add_flag("--keep", arguments.keep, "leave the directory, logs included");
  app.add_option("--part", arguments.part, "all, journal, exchange or doors")
      ->check(CLI::IsMember({"all", "journal", "exchange", "doors"}));
  app.add_option("--door", arguments.door, "with --part doors: only this one, to look into it")
      ->check(CLI::IsMember({"iti67", "iti65", "token", "mllp", "memory"}));
  app.add_option("--rounds", arguments.rounds, "instead of 15");
  app.add_option("--seed", arguments.seed, "seed of the region and the order of calls");
  app.add_option("--people", arguments.people, "inhabitants of the region");
  app.add_option("--directory", arguments.directory, "must not exist; default: a temporary one");
  app.add_option("--programs", arguments.programs, "folder of hied and hie-agent");
  app.add_option("--sources", arguments.sources, "root of the project");
  app.add_flag("--echo_server", arguments.echo_server)->group("");
  app.add_flag("--tls_echo_server", arguments.tls_echo_server)->group("");
  app.add_option("--pki_dir", arguments.pki_dir)->group("");
  app.add_option("--ready_file", arguments.ready_file)->group("");
}

BenchOptions MakeOptions(const Arguments& arguments) {
  BenchOptions options = arguments.quick ? QuickMode() : FullMode();
  options.seed = arguments.seed;
  if (arguments.people != 0) options.people = arguments.people;
  if (arguments.rounds != 0) options.rounds = arguments.rounds;
  options.door = arguments.door;
  options.directory = arguments.directory;
  if (options.directory.empty()) {
    options.directory = absl::StrCat(fs::temp_directory_path().string(), "/hie-bench-", getpid());
  }
  options.sources = arguments.sources;
  return options;
}

void Print(const Report& report) { std::cout << "\n" << ToMarkdown(report) << std::flush; }

absl::Status MeasureExchange(const BenchOptions& options) {
  HIE_ASSIGN_OR_RETURN(const std::unique_ptr<Region> region, Region::Generate(options));
  HIE_RETURN_IF_ERROR(region->Start(ExchangeStack::Layout::kProcessPerRole));
  HIE_ASSIGN_OR_RETURN(const Report roles, MeasureRoles(options, *region));
  Print(roles);
  HIE_ASSIGN_OR_RETURN(const auto mpi, region->Dial("mpi"));
  // The fourth hospital asks, so the other three answer.
  HIE_ASSIGN_OR_RETURN(const std::vector<KnownPerson> persons,
                       region->FindPersons(*mpi, kAskedPersons, kHospitals - 1));
  if (!region->Stop()) return absl::InternalError("exchange: a process did not end well");
  HIE_RETURN_IF_ERROR(region->Start(ExchangeStack::Layout::kOneProcess));
  HIE_ASSIGN_OR_RETURN(const Report queries, MeasureQueries(options, *region, persons));
  Print(queries);
  return region->Stop() ? absl::OkStatus()
                        : absl::InternalError("exchange: a process did not end well");
}

absl::Status Stopped(DoorRegion& region) {
  return region.stack().StopAll() ? absl::OkStatus()
                                  : absl::InternalError("doors: a process did not end well");
}

absl::Status MeasureOpenDoors(const BenchOptions& options) {
  HIE_ASSIGN_OR_RETURN(const std::unique_ptr<DoorRegion> region,
                       DoorRegion::Start(options, ExchangeStack::Layout::kOneProcess));
  if (options.door != "mllp") {
    HIE_ASSIGN_OR_RETURN(const Report https, MeasureHttps(options, *region));
    Print(https);
  }
  if (Wanted(options, "mllp")) {
    HIE_ASSIGN_OR_RETURN(const Report mllp, MeasureMllp(options, *region));
    Print(mllp);
  }
  return Stopped(*region);
}

absl::Status MeasureDoors(const BenchOptions& options) {
  if (Wanted(options, "token")) {
    HIE_ASSIGN_OR_RETURN(const Report tokens, MeasureTokens(options));
    Print(tokens);
  }
  if (options.door != "memory") HIE_RETURN_IF_ERROR(MeasureOpenDoors(options));
  if (!Wanted(options, "memory")) return absl::OkStatus();
  HIE_ASSIGN_OR_RETURN(const std::unique_ptr<DoorRegion> roles,
                       DoorRegion::Start(options, ExchangeStack::Layout::kProcessPerRole));
  HIE_ASSIGN_OR_RETURN(const Report memory, MeasureMemory(options, *roles));
  Print(memory);
  return Stopped(*roles);
}

absl::Status Measure(const BenchOptions& options, const std::string& part) {
  std::cout << DescribeRun(options) << std::flush;
  if (part == "all" || part == "journal") {
    HIE_ASSIGN_OR_RETURN(const Report journal, MeasureJournal(options));
    Print(journal);
  }
  if (part == "all" || part == "exchange") HIE_RETURN_IF_ERROR(MeasureExchange(options));
  if (part == "all" || part == "doors") HIE_RETURN_IF_ERROR(MeasureDoors(options));
  return absl::OkStatus();
}

int Run(const Arguments& arguments) {
  const BenchOptions options = MakeOptions(arguments);
  std::error_code error;
  if (!fs::create_directories(options.directory, error)) {
    std::cerr << "hie-bench: " << options.directory << ": exists, or cannot be made\n";
    return 1;
  }
  const absl::Status status = Measure(options, arguments.part);
  if (!status.ok()) std::cerr << "hie-bench: " << status.ToString() << "\n";
  if (arguments.keep || !status.ok()) {
    std::cerr << "hie-bench: left " << options.directory << "\n";
  } else {
    fs::remove_all(options.directory, error);
  }
  return status.ok() ? 0 : 1;
}

// The stack finds programs and the policy file by its environment, as under ctest.
void SetDefaults(Arguments& arguments) {
  const fs::path self = fs::read_symlink("/proc/self/exe");
  const auto choose = [](const std::string& given, const char* variable,
                         const std::string& otherwise) {
    const char* set = std::getenv(variable);
    const std::string chosen = !given.empty() ? given : set != nullptr ? set : otherwise;
    setenv(variable, chosen.c_str(), 1);
    return chosen;
  };
  arguments.programs = choose(arguments.programs, "HIE_BIN_DIR", self.parent_path().string());
  arguments.sources = choose(arguments.sources, "HIE_SOURCE_DIR", HIE_SOURCE_DIRECTORY);
}

}  // namespace
}  // namespace hie::bench

int main(int argc, char** argv) {
  CLI::App app{"hie-bench: measures the exchange on this machine; prints Markdown"};
  hie::bench::Arguments arguments;
  hie::bench::AddOptions(arguments, app);
  CLI11_PARSE(app, argc, argv);
  if (arguments.echo_server) {
    return hie::bench::RunEchoServer(arguments.pki_dir, arguments.ready_file);
  }
  if (arguments.tls_echo_server) {
    return hie::bench::RunTlsEchoServer(arguments.pki_dir, arguments.ready_file);
  }
  hie::bench::SetDefaults(arguments);
  return hie::bench::Run(arguments);
}
