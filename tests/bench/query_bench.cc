#include "tests/bench/query_bench.h"

#include <atomic>
#include <map>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "hie/exchange/v1/exchange_service.methods.h"
#include "services/common/base/mutex.h"
#include "services/common/base/status_macros.h"
#include "services/hiectl/session.h"
#include "tests/bench/load.h"

namespace hie::bench {
namespace {

using exchange::v1::ExchangeService;
using exchange::v1::QueryResponse;

constexpr int kInFlight[] = {1, 16};
constexpr uint32_t kAgents = 3;

// What is seen of answers besides their end.
struct Seen {
  std::vector<double> first_message;  // Microseconds.
  std::vector<double> first_content;  // First index or item batch.
  std::vector<double> items;          // Of an answer.
};

// Asks about one person after another.
class Asker {
 public:
  static absl::StatusOr<std::unique_ptr<Asker>> Open(Region& region,
                                                     const std::vector<KnownPerson>& persons) {
    std::unique_ptr<Asker> asker(new Asker());
    for (const KnownPerson& person : persons) {
      const std::string member = region.StrangerTo(person);
      if (member.empty()) continue;
      std::unique_ptr<ctl::Session>& session = asker->sessions_[member];
      if (session == nullptr) {
        HIE_ASSIGN_OR_RETURN(session,
                             region.stack().SignIn(member, "bench", "ed_physician", "ETREAT"));
      }
      exchange::v1::QueryRequest request;
      request.mutable_subject()->set_eid(person.eid);
      asker->questions_.push_back({session.get(), std::move(request)});
    }
    if (asker->questions_.empty()) return absl::InternalError("query: nobody to ask about");
    return asker;
  }

  // Asks the next question; fails where not every agent answered in full.
  absl::Status Ask() {
    const Question& question = questions_[next_.fetch_add(1) % questions_.size()];
    const absl::Time start = absl::Now();
    absl::Time first = absl::InfiniteFuture();
    absl::Time content = absl::InfiniteFuture();
    exchange::v1::End end;
    HIE_RETURN_IF_ERROR(question.session->Stream<ExchangeService::Query>(
        question.request, [&](const QueryResponse& message) {
          const absl::Time now = absl::Now();
          first = std::min(first, now);
          if (message.has_index_batch() || message.has_item_batch()) {
            content = std::min(content, now);
          }
          if (message.has_end()) end = message.end();
          return true;
        }));
    if (end.expected() != kAgents || end.answered() != kAgents) {
      return absl::InternalError(
          absl::StrCat("query: ", end.answered(), " of ", end.expected(), " members answered"));
    }
    const MutexLock lock(mutex_);
    seen_.first_message.push_back(absl::ToDoubleMicroseconds(first - start));
    seen_.first_content.push_back(absl::ToDoubleMicroseconds(content - start));
    seen_.items.push_back(static_cast<double>(end.items()));
    return absl::OkStatus();
  }

  // Returns what was seen since the last call.
  Seen TakeSeen() {
    const MutexLock lock(mutex_);
    return std::exchange(seen_, Seen());
  }

 private:
  struct Question {
    ctl::Session* session;
    exchange::v1::QueryRequest request;
  };

  Asker() = default;
  std::map<std::string, std::unique_ptr<ctl::Session>> sessions_;  // By member.
  std::vector<Question> questions_;
  std::atomic<size_t> next_ = 0;
  Mutex mutex_;
  Seen seen_ HIE_GUARDED_BY(mutex_);
};

struct Measured {
  Rounds rounds;
  Seen seen;
};

void Append(const std::vector<double>& from, std::vector<double>& to) {
  to.insert(to.end(), from.begin(), from.end());
}

double Mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return values.empty() ? 0 : sum / static_cast<double>(values.size());
}

std::string Millis(double micros) { return Digits(micros / 1000); }

std::vector<std::string> RowOf(int in_flight, const Measured& measured) {
  const std::vector<double> all = Pooled(measured.rounds);
  return {absl::StrCat(in_flight),
          Digits(MedianOf(measured.rounds, &Load::per_second)),
          Millis(Median(measured.seen.first_message)),
          Millis(Median(measured.seen.first_content)),
          Millis(Percentile(all, 0.50)),
          Millis(Percentile(all, 0.99)),
          Digits(Mean(measured.seen.items)),
          Millis(MedianOf(measured.rounds, &Load::server_micros))};
}

}  // namespace

absl::StatusOr<Report> MeasureQueries(const BenchOptions& options, Region& region,
                                      const std::vector<KnownPerson>& persons) {
  HIE_ASSIGN_OR_RETURN(const std::unique_ptr<Asker> asker, Asker::Open(region, persons));
  const pid_t server = region.stack().Hied().pid();
  // One at least, so that an error is told in its own words.
  HIE_RETURN_IF_ERROR(asker->Ask());
  const auto ask = [&asker](int) { return asker->Ask(); };
  LoadByThreads(kInFlight[1], options.warm_up, server, ask);
  asker->TakeSeen();
  std::map<int, Measured> measured;
  for (int round = 0; round < options.rounds; ++round) {
    for (const int in_flight : kInFlight) {
      Measured& of = measured[in_flight];
      of.rounds.push_back(LoadByThreads(in_flight, options.slice, server, ask));
      const Seen seen = asker->TakeSeen();
      Append(seen.first_message, of.seen.first_message);
      Append(seen.first_content, of.seen.first_content);
      Append(seen.items, of.seen.items);
    }
  }
  Report report;
  report.title = absl::StrCat("Federated query of ", kAgents, " agents through the gateway");
  report.columns = {"in flight",   "queries/s",   "first message p50, ms", "first content p50, ms",
                    "end p50, ms", "end p99, ms", "items an answer",       "hied CPU, ms/query"};
  for (const auto& [in_flight, figures] : measured) {
    if (Failures(figures.rounds) > 0 || Calls(figures.rounds) == 0) {
      return absl::InternalError("query: a query failed");
    }
    report.rows.push_back(RowOf(in_flight, figures));
  }
  report.notes = {
      "All roles in one process, each agent a process of its own, client on the same cores. Every "
      "answer is whole: each item was decided upon, its release audited and synced before it left. "
      "Content is the first index or item batch."};
  return report;
}

}  // namespace hie::bench
