// What a first load costs: records a second by phase, memory, bytes on disk by table.  Prints
// figures, asserts none.
//
//   mpi_load_bench --dir D --records N [--seed S] [--threads T] [--keep]
#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "hie/mpi/v1/load_service.pb.h"
#include "mpi/service/first_load.h"
#include "mpi/service/mpi_role.h"
#include "services/common/base/clock.h"
#include "services/common/crypto/hash.h"
#include "services/common/storage/posix_file_system.h"
#include "services/common/storage/rocksdb_kv_store.h"
#include "services/common/storage/spool_file.h"
#include "services/common/wire/wire.h"
#include "services/hiectl/region/people.h"

namespace hie::mpi {
namespace {

constexpr size_t kPartLines = 5'000;

struct Arguments {
  std::string dir;
  uint64_t records = 100'000;
  uint64_t seed = region::kTuningSeed;
  size_t threads = 2;
  bool keep = false;
};

[[noreturn]] void Fail(const absl::Status& status) {
  std::fprintf(stderr, "mpi_load_bench: %s\n", status.ToString().c_str());
  std::exit(1);
}

template <typename T>
T ValueOrFail(absl::StatusOr<T> value) {
  if (!value.ok()) Fail(value.status());
  return *std::move(value);
}

double PeakMegabytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

// The generator's records in files of some thousand lines each: making them is no part of a load,
// parsing them is.
class GeneratedFiles final : public LoadInput {
 public:
  GeneratedFiles(FileSystem& files, std::string directory)
      : files_(files), directory_(std::move(directory)) {}

  void Make(const Arguments& arguments) {
    std::filesystem::create_directories(directory_);
    std::unique_ptr<SpoolWriter> file;
    uint64_t made = 0;
    std::map<std::string, size_t> domains;
    const auto take = [&](const region::GeneratedRecord& record) {
      if (made % kPartLines == 0) {
        if (file != nullptr && !file->Finish().ok()) std::exit(1);
        file = ValueOrFail(SpoolWriter::Create(files_, PathOf(made / kPartLines)));
      }
      v1::LoadLine line;
      line.set_line_number(++made);
      const size_t domain = domains.emplace(record.source, domains.size()).first->second;
      *line.mutable_patient() = wire::ToProto(
          LocalPatient{absl::StrCat("2.999.", 1 + domain), Phi<std::string>(record.mrn), 0});
      *line.mutable_demographics() = wire::ToProto(record.demographics);
      const std::string bytes = line.SerializeAsString();
      hash_.Update(bytes);
      if (const absl::Status added = file->Add("", bytes); !added.ok()) Fail(added);
    };
    region::PeopleOptions options;
    options.records = arguments.records;
    options.seed = arguments.seed;
    if (const auto done = region::GeneratePeople(options, take); !done.ok()) Fail(done.status());
    if (const absl::Status finished = file->Finish(); !finished.ok()) Fail(finished);
    parts_ = (made + kPartLines - 1) / kPartLines;
  }

  std::string Sha256() { return hash_.Finish(); }

  absl::StatusOr<bool> Read(size_t index, LoadPart& part) override {
    if (index >= parts_) return false;
    const auto file = ValueOrFail(SpoolReader::Open(files_, PathOf(index)));
    while (ValueOrFail(file->Next())) {
      v1::LoadLine line;
      if (!line.ParseFromArray(file->value().data(), static_cast<int>(file->value().size()))) {
        return absl::DataLossError("input: a line cannot be read");
      }
      LoadLine& to = part.lines.emplace_back();
      to.line = line.line_number();
      to.patient =
          ValueOrFail(wire::FromProto(line.patient(), "patient", wire::Incarnation::kMayBeCurrent));
      to.demographics = ValueOrFail(wire::FromProto(line.demographics(), "demographics"));
    }
    return true;
  }

 private:
  std::string PathOf(uint64_t part) const { return absl::StrCat(directory_, "/", part, ".lines"); }

  FileSystem& files_;
  const std::string directory_;
  crypto::Sha256Hasher hash_;
  uint64_t parts_ = 0;
};

void Print(const FirstLoadReport& report, double seconds) {
  const auto records = static_cast<double>(report.load.records());
  absl::PrintF("%d records, %d persons, %d possible links, %d tasks, model %s\n",
               report.load.records(), report.load.persons(), report.load.possible_links(),
               report.tasks, report.model_name);
  for (const auto& [phase, took] : report.phases) {
    absl::PrintF("  %-8s %8.1f s\n", phase, absl::ToDoubleSeconds(took));
  }
  absl::PrintF("  whole    %8.1f s, %.0f records/s, peak %.0f MiB\n", seconds, records / seconds,
               PeakMegabytes());
  struct Sum {
    uint64_t rows = 0;
    uint64_t bytes = 0;
  };
  std::map<std::string, Sum> tables;
  for (const v1::LoadedTableFile& file : report.files) {
    for (const char* name : {file.table().c_str(), "(all)"}) {
      tables[name].rows += file.rows();
      tables[name].bytes += file.bytes();
    }
  }
  for (const auto& [table, sum] : tables) {
    absl::PrintF("  %-16s %12d rows %12d bytes %8.1f bytes/record\n", table, sum.rows, sum.bytes,
                 static_cast<double>(sum.bytes) / records);
  }
}

int Run(const Arguments& arguments) {
  PosixFileSystem files;
  const SystemClock clock;
  std::filesystem::create_directories(arguments.dir);
  GeneratedFiles input(files, arguments.dir + "/input");
  input.Make(arguments);
  absl::PrintF("seed %d, %d threads\n", arguments.seed, arguments.threads);
  std::fflush(stdout);
  RocksDbKvStore::Options open;
  open.path = arguments.dir + "/db";
  open.tables = MpiRole::Tables();
  open.tunings = MpiRole::Tunings();
  const auto store = ValueOrFail(RocksDbKvStore::Open(open));
  FirstLoadOptions options;
  options.store = store.get();
  options.table_files = store.get();
  options.files = &files;
  options.mark_path = arguments.dir + "/mark";
  options.work_directory = arguments.dir + "/work";
  options.input_sha256 = input.Sha256();
  options.actor.set_member("bench");
  options.clock = &clock;
  options.threads = arguments.threads;
  std::string last;
  options.progress = [&](absl::string_view what, uint64_t, uint64_t) {
    if (what == last) return;
    last = std::string(what);
    std::fprintf(stderr, "%s %s\n",
                 absl::FormatTime("%H:%M:%S", clock.Now(), absl::UTCTimeZone()).c_str(),
                 last.c_str());
  };
  const absl::Time begin = clock.Now();
  const FirstLoadReport report = ValueOrFail(RunFirstLoad(options, input));
  Print(report, absl::ToDoubleSeconds(clock.Now() - begin));
  std::filesystem::remove_all(arguments.dir + "/input");
  std::filesystem::remove_all(options.work_directory);
  return 0;
}

}  // namespace
}  // namespace hie::mpi

int main(int argc, char** argv) {
  hie::mpi::Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    const std::string value = i + 1 < argc ? argv[i + 1] : "";
    if (name == "--keep") {
      arguments.keep = true;
      continue;
    }
    if (name == "--dir") arguments.dir = value;
    if (name == "--records") arguments.records = std::strtoull(value.c_str(), nullptr, 10);
    if (name == "--seed") arguments.seed = std::strtoull(value.c_str(), nullptr, 10);
    if (name == "--threads") arguments.threads = std::strtoull(value.c_str(), nullptr, 10);
    ++i;
  }
  if (arguments.dir.empty() || arguments.records == 0) {
    std::fprintf(stderr, "mpi_load_bench --dir D --records N [--seed S] [--threads T] [--keep]\n");
    return 64;
  }
  const int code = hie::mpi::Run(arguments);
  if (!arguments.keep) std::filesystem::remove_all(arguments.dir);
  return code;
}
