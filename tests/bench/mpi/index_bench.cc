// What the master patient index costs online: registering, identifying, restarting, disk.  Prints
// figures, asserts none but that what should be found is found.
//
//   mpi_index_bench --dir D --records N [--keep] [--questions Q] [--registrations R] [--rounds K]
#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <semaphore>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "hie/mpi/v1/mpi_service.methods.h"
#include "mpi/service/mpi_role.h"
#include "mpi/service/search_persons.h"
#include "mpi/store/match.h"
#include "mpi/store/mpi_machine.h"
#include "mpi/store/tables.h"
#include "services/common/base/uuid.h"
#include "services/common/journal/embedded_journal.h"
#include "services/common/journal/overlay_reader.h"
#include "services/common/rpc/testing/rpc_world.h"
#include "services/common/storage/rocksdb_kv_store.h"
#include "services/common/wire/wire.h"
#include "services/hiectl/region/people.h"

namespace hie::mpi {
namespace {

constexpr uint64_t kStrangersSeed = 1'001;
constexpr uint64_t kNewcomersSeed = 2'001;

struct Arguments {
  std::string dir;
  uint64_t records = 100'000;
  uint64_t questions = 20'000;
  uint64_t registrations = 20'000;
  int rounds = 3;
};

double Now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// CPU time that the process has used.
double Cpu() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double ResidentMegabytes() {
  std::ifstream status("/proc/self/status");
  std::string word;
  while (status >> word) {
    double kilobytes = 0;
    if (word == "VmRSS:" && status >> kilobytes) return kilobytes / 1024;
  }
  return 0;
}

[[noreturn]] void Fail(const absl::Status& status) {
  std::fprintf(stderr, "mpi_index_bench: %s\n", status.ToString().c_str());
  std::exit(1);
}

template <typename T>
T ValueOrFail(absl::StatusOr<T> value) {
  if (!value.ok()) Fail(value.status());
  return *std::move(value);
}

// A registration as the service would propose it.
struct Registration {
  common::v1::LocalPatient patient;
  common::v1::Demographics demographics;
};

// The first `count` records of a generated region, in an order of their own.  Regions of other
// seeds are other people; `prefix` keeps their ids apart.
std::vector<Registration> Generate(uint64_t count, uint64_t seed, const std::string& prefix) {
  std::vector<Registration> made;
  made.reserve(count);
  region::PeopleOptions options;
  options.records = count;
  options.seed = seed;
  const auto take = [&](const region::GeneratedRecord& record) {
    const std::string authority =
        absl::StrCat("2.999.", std::hash<std::string>()(record.source) % 97);
    Registration registration;
    registration.patient = wire::ToProto(
        LocalPatient{authority, Phi<std::string>(absl::StrCat(prefix, record.mrn)), 0});
    registration.demographics = wire::ToProto(record.demographics);
    made.push_back(std::move(registration));
  };
  if (const auto done = region::GeneratePeople(options, take); !done.ok()) Fail(done.status());
  std::mt19937_64 random(seed);
  std::shuffle(made.begin(), made.end(), random);
  return made;
}

class Index {
 public:
  explicit Index(std::string dir) : dir_(std::move(dir)), random_(7) { Open(); }

  void Open() {
    std::filesystem::create_directories(dir_);
    RocksDbKvStore::Options options;
    options.path = dir_ + "/db";
    options.tables = MpiRole::Tables();
    options.tunings = MpiRole::Tunings();
    options.block_cache_bytes = MpiRole::kBlockCacheBytes;
    store_ = ValueOrFail(RocksDbKvStore::Open(options));
    OpenJournal();
  }
  void OpenJournal() {
    machine_ = std::make_unique<MpiMachine>(DefaultModel());
    EmbeddedJournal::Options journal;
    journal.store = store_.get();
    journal.machine = machine_.get();
    journal.clock = &clock_;
    journal.mark_path = dir_ + "/mark";
    journal_ = ValueOrFail(EmbeddedJournal::Open(std::move(journal)));
  }
  void CloseJournal() {
    journal_.reset();
    machine_.reset();
  }
  void Close() {
    CloseJournal();
    store_.reset();
  }

  std::string Command(const Registration& registration) {
    v1::MpiCommand command;
    v1::RegisterCommand& part = *command.mutable_register_();
    part.mutable_actor()->set_member("bench");
    *part.mutable_patient() = registration.patient;
    *part.mutable_demographics() = registration.demographics;
    for (int i = 0; i < 3; ++i) command.add_eid_candidates(MakeUuidV7(clock_.Now(), random_));
    return command.SerializeAsString();
  }

  Journal& journal() { return *journal_; }
  KvStore& store() { return *store_; }
  const MpiMachine& machine() const { return *machine_; }
  std::shared_ptr<const Model> ModelOf(const KvReader& state) const {
    return ValueOrFail(machine_->models().In(state));
  }

 private:
  const std::string dir_;
  SystemClock clock_;
  SeededRandom random_;
  std::unique_ptr<RocksDbKvStore> store_;
  std::unique_ptr<MpiMachine> machine_;
  std::unique_ptr<EmbeddedJournal> journal_;
};

// Durable registrations, `window` under way, prepared by two threads.
double RegisterAll(Index& index, const std::vector<std::string>& commands) {
  constexpr int kThreads = 2;
  constexpr int kWindow = 512;
  std::atomic<size_t> next{0};
  std::counting_semaphore<> free{kWindow};
  const double start = Now();
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (size_t i = next++; i < commands.size(); i = next++) {
        free.acquire();
        index.journal().Propose(commands[i], [&](absl::StatusOr<Applied> applied) {
          if (!applied.ok()) Fail(applied.status());
          free.release();
        });
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (int i = 0; i < kWindow; ++i) free.acquire();
  return static_cast<double>(commands.size()) / (Now() - start);
}

double PrepareAll(Index& index, const std::vector<std::string>& commands) {
  std::atomic<size_t> next{0};
  const double start = Now();
  std::vector<std::thread> threads;
  for (int t = 0; t < 2; ++t) {
    threads.emplace_back([&] {
      for (size_t i = next++; i < commands.size(); i = next++) {
        if (const auto plan = index.journal().Prepare(commands[i]); !plan.ok()) Fail(plan.status());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  return static_cast<double>(commands.size()) / (Now() - start);
}

struct Latencies {
  double p50 = 0, p99 = 0, worst = 0, per_second = 0;
};

Latencies Time(int threads, size_t count, const std::function<void(size_t)>& call) {
  std::vector<std::vector<double>> micros(static_cast<size_t>(threads));
  std::atomic<size_t> next{0};
  const double start = Now();
  std::vector<std::thread> running;
  for (size_t t = 0; t < micros.size(); ++t) {
    running.emplace_back([&, t] {
      for (size_t i = next++; i < count; i = next++) {
        const double begin = Now();
        call(i);
        micros[t].push_back((Now() - begin) * 1e6);
      }
    });
  }
  for (std::thread& thread : running) thread.join();
  Latencies result;
  result.per_second = static_cast<double>(count) / (Now() - start);
  std::vector<double> all;
  for (const auto& part : micros) all.insert(all.end(), part.begin(), part.end());
  std::sort(all.begin(), all.end());
  if (all.empty()) return result;
  result.p50 = all[all.size() / 2];
  result.p99 = all[all.size() * 99 / 100];
  result.worst = all.back();
  return result;
}

void Print(const std::string& name, const Latencies& l) {
  std::printf("%-28s p50 %8.0f us  p99 %8.0f us  worst %8.0f us  %8.0f/s\n", name.c_str(), l.p50,
              l.p99, l.worst, l.per_second);
  std::fflush(stdout);
}

void Identify(Index& index, const std::vector<Registration>& questions) {
  for (const int threads : {1, 2}) {
    std::atomic<size_t> candidates{0};
    Print(absl::StrCat("match, ", threads, " threads"),
          Time(threads, questions.size(), [&](size_t i) {
            const auto snapshot = index.journal().Snapshot();
            const Question question =
                ValueOrFail(MakeQuestion(questions[i].patient, questions[i].demographics, 0));
            const v1::MatchPlan plan =
                ValueOrFail(Match(MpiReader(*snapshot), question, *index.ModelOf(*snapshot)));
            candidates += static_cast<size_t>(plan.watched_size());
          }));
    std::printf("  persons compared per question: %.1f\n",
                static_cast<double>(candidates.load()) / static_cast<double>(questions.size()));
    Print(absl::StrCat("identify, ", threads, " threads"),
          Time(threads, questions.size(), [&](size_t i) {
            const auto snapshot = index.journal().Snapshot();
            PersonSearch search;
            search.demographics =
                ValueOrFail(wire::FromProto(questions[i].demographics, "demographics"));
            const auto answer =
                SearchPersons(MpiReader(*snapshot), search, *index.ModelOf(*snapshot));
            if (!answer.ok()) Fail(answer.status());
          }));
  }
}

// What applying costs without writing, and what it would write, by table.
void PrintApply(Index& index, const std::vector<std::string>& commands) {
  std::map<std::string, std::pair<uint64_t, uint64_t>> rows;  // Rows and bytes.
  double apply = 0;
  const auto snapshot = index.journal().Snapshot();
  uint64_t sequence = index.journal().applied_sequence();
  for (const std::string& command : commands) {
    const std::string plan = ValueOrFail(index.journal().Prepare(command));
    WriteBatch changes;
    const double start = Now();
    const auto reply =
        index.machine().Apply(command, plan, {++sequence, absl::Now()}, *snapshot, changes);
    apply += Now() - start;
    if (!reply.ok()) Fail(reply.status());
    OverlayReader overlay(*snapshot);
    overlay.Add(changes);
    const WriteBatch batch = overlay.Changes();
    for (const WriteBatch::Change& change : batch.changes()) {
      auto& [count, bytes] = rows[change.table];
      ++count;
      bytes += change.key.size() + (change.value ? change.value->size() : 0);
    }
  }
  const auto all = static_cast<double>(commands.size());
  std::printf("apply without writing: %.0f us\n", apply / all * 1e6);
  for (const auto& [table, counted] : rows) {
    std::printf("  %-18s %5.1f rows %6.0f B\n", table.c_str(),
                static_cast<double>(counted.first) / all,
                static_cast<double>(counted.second) / all);
  }
}

// Identifying over gRPC with mutual TLS, so many a second whether earlier ones have ended or not;
// the time counts from when a question was due.
void IdentifyOverGrpc(KvStore& store, const std::string& dir,
                      const std::vector<Registration>& questions) {
  constexpr int kPerSecond = 1'000;
  constexpr absl::Duration kCallTime = absl::Seconds(10);
  const rpc::RpcWorld world;
  SystemClock clock;
  SeededRandom random(9);
  const auto role = ValueOrFail(MpiRole::Open(
      {.store = &store, .mark_path = dir + "/mark", .clock = &clock, .random = &random}));
  const auto server = ValueOrFail(rpc::Server::Create(world.ServerOptions()));
  role->Serve(*server);
  if (const absl::Status started = server->Start(); !started.ok()) Fail(started);
  const auto channel = world.ChannelTo(*server, rpc::Transport::kMutualTls);
  const size_t count = std::min(questions.size(), size_t{10} * kPerSecond);
  std::vector<double> micros(count);
  std::counting_semaphore<> ended{0};
  const double start = Now();
  for (size_t i = 0; i < count; ++i) {
    const double due = start + static_cast<double>(i) / kPerSecond;
    while (Now() < due) absl::SleepFor(absl::Microseconds(50));
    v1::SearchPersonsRequest request;
    *request.mutable_demographics() = questions[i].demographics;
    rpc::CallOptions call;
    call.deadline = absl::Now() + kCallTime;
    channel->Call<v1::MpiService::SearchPersons>(
        call, request, [&, i, due](const absl::StatusOr<v1::SearchPersonsResponse>& answer) {
          if (!answer.ok() && !absl::IsInvalidArgument(answer.status())) Fail(answer.status());
          micros[i] = (Now() - due) * 1e6;
          ended.release();
        });
  }
  for (size_t i = 0; i < count; ++i) ended.acquire();
  Latencies result;
  result.per_second = static_cast<double>(count) / (Now() - start);
  std::sort(micros.begin(), micros.end());
  result.p50 = micros[count / 2];
  result.p99 = micros[count * 99 / 100];
  result.worst = micros.back();
  Print("identify over gRPC", result);
}

void PrintDisk(const std::string& dir, uint64_t records) {
  uint64_t bytes = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(dir)) {
    if (entry.is_regular_file()) bytes += entry.file_size();
  }
  std::printf("disk %.1f MB, %.0f B a record, all tables\n", static_cast<double>(bytes) / 1e6,
              static_cast<double>(bytes) / static_cast<double>(records));
}

void Run(const Arguments& arguments) {
  Index index(arguments.dir);
  const uint64_t held = ValueOrFail(MpiReader(*index.journal().Snapshot()).LastRecord());
  if (held < arguments.records) {
    const std::vector<Registration> all =
        Generate(arguments.records, region::kTuningSeed, absl::StrCat("from-", held, "-"));
    std::vector<std::string> commands;
    commands.reserve(all.size());
    for (const Registration& registration : all) commands.push_back(index.Command(registration));
    const double cpu = Cpu();
    const double rate = RegisterAll(index, commands);
    std::printf("register %zu: %.0f/s durable, %.0f us CPU each\n", commands.size(), rate,
                (Cpu() - cpu) / static_cast<double>(commands.size()) * 1e6);
  }
  index.Close();
  const double closed = Now();
  index.Open();
  std::printf("restart %.2f s, resident %.0f MB\n", Now() - closed, ResidentMegabytes());
  PrintDisk(arguments.dir, arguments.records);
  // Half of the questions are of people who are in the index, half of people who are not.
  std::vector<Registration> questions =
      Generate(arguments.questions / 2, region::kTuningSeed, "question-");
  const std::vector<Registration> strangers =
      Generate(arguments.questions / 2, kStrangersSeed, "question-");
  questions.insert(questions.end(), strangers.begin(), strangers.end());
  std::mt19937_64 random(1);
  std::shuffle(questions.begin(), questions.end(), random);
  Identify(index, questions);
  index.CloseJournal();
  IdentifyOverGrpc(index.store(), arguments.dir, questions);
  index.OpenJournal();
  for (int round = 0; round < arguments.rounds; ++round) {
    const auto number = static_cast<uint64_t>(round);
    const std::vector<Registration> fresh = Generate(
        arguments.registrations, kNewcomersSeed + number, absl::StrCat("new-", number, "-"));
    std::vector<std::string> commands;
    for (const Registration& registration : fresh) commands.push_back(index.Command(registration));
    const double prepare = PrepareAll(index, commands);
    if (round == 0) {
      PrintApply(index, {commands.begin(),
                         commands.begin() + std::min<ptrdiff_t>(20'000, std::ssize(commands))});
    }
    const double cpu = Cpu();
    const double durable = RegisterAll(index, commands);
    std::printf("round %d: prepare only %.0f/s, register durable %.0f/s (%.0f %%), %.0f us CPU\n",
                round + 1, prepare, durable, durable / prepare * 100,
                (Cpu() - cpu) / static_cast<double>(commands.size()) * 1e6);
  }
  std::printf("resident %.0f MB\n", ResidentMegabytes());
}

}  // namespace
}  // namespace hie::mpi

int main(int argc, char** argv) {
  hie::mpi::Arguments arguments;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    if (name == "--dir") arguments.dir = argv[i + 1];
    if (name == "--records") arguments.records = std::strtoull(argv[i + 1], nullptr, 10);
    if (name == "--questions") arguments.questions = std::strtoull(argv[i + 1], nullptr, 10);
    if (name == "--registrations")
      arguments.registrations = std::strtoull(argv[i + 1], nullptr, 10);
    if (name == "--rounds") arguments.rounds = std::atoi(argv[i + 1]);
  }
  if (arguments.dir.empty()) {
    std::fprintf(stderr, "mpi_index_bench: want --dir\n");
    return 2;
  }
  hie::mpi::Run(arguments);
  return 0;
}
