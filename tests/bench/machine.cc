#include "tests/bench/machine.h"

#include <sys/statfs.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

#include <cstdio>
#include <fstream>
#include <memory>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"

namespace hie::bench {
namespace {

constexpr double kGib = 1024.0 * 1024 * 1024;

std::string Processor() {
  std::ifstream cpus("/proc/cpuinfo");
  for (std::string line; std::getline(cpus, line);) {
    if (absl::StartsWith(line, "model name")) {
      const std::vector<std::string> parts = absl::StrSplit(line, absl::MaxSplits(": ", 1));
      if (parts.size() == 2) return parts[1];
    }
  }
  return "unknown processor";
}

std::string Kernel() {
  utsname names = {};
  return uname(&names) == 0 ? absl::StrCat(names.sysname, " ", names.release) : "unknown kernel";
}

// Syncs to memory would make every journal look fast.
std::string FileSystemOf(const std::string& directory) {
  constexpr decltype(statfs::f_type) kTmpfs = 0x01021994;
  constexpr decltype(statfs::f_type) kExt = 0xEF53;
  constexpr decltype(statfs::f_type) kOverlay = 0x794c7630;
  struct statfs found = {};
  if (statfs(directory.c_str(), &found) != 0) return "unknown";
  if (found.f_type == kTmpfs) return "tmpfs (no disk: journal figures mean nothing)";
  if (found.f_type == kExt) return "ext4";
  if (found.f_type == kOverlay) return "overlayfs";
  return absl::StrFormat("type 0x%x", static_cast<unsigned int>(found.f_type));
}

// The first line that git prints; empty where there is no git or no repository.
std::string Git(const std::string& sources, absl::string_view arguments) {
  const std::string command = absl::StrCat("git -C '", sources, "' ", arguments, " 2>/dev/null");
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), &pclose);
  char line[256] = {};
  if (pipe == nullptr || std::fgets(line, sizeof(line), pipe.get()) == nullptr) return "";
  return std::string(absl::StripTrailingAsciiWhitespace(line));
}

std::string Commit(const std::string& sources) {
  const std::string commit = Git(sources, "rev-parse --short=12 HEAD");
  if (commit.empty()) return "unknown";
  const bool changed = !Git(sources, "status --porcelain --untracked-files=no").empty();
  return changed ? absl::StrCat(commit, " with local changes") : commit;
}

}  // namespace

std::string DescribeRun(const BenchOptions& options) {
  double load[1] = {};
  getloadavg(load, 1);
  struct sysinfo memory = {};
  sysinfo(&memory);
  return absl::StrCat(
      "* machine: ", Processor(), ", ", std::thread::hardware_concurrency(), " cores, ",
      absl::StrFormat("%.1f GiB, ", static_cast<double>(memory.totalram) * memory.mem_unit / kGib),
      Kernel(), ", ", FileSystemOf(options.directory),
      absl::StrFormat("; load average at the start %.1f\n", load[0]),
      "* commit: ", Commit(options.sources), ", build type ", HIE_BUILD_TYPE, "\n",
      "* seed: ", options.seed, ", ", options.people, " people, ", options.rounds, " rounds of ",
      absl::FormatDuration(options.slice), " each, ",
      absl::FormatTime("%Y-%m-%d %H:%M UTC", absl::Now(), absl::UTCTimeZone()), "\n");
}

}  // namespace hie::bench
