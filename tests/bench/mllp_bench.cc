#include "tests/bench/mllp_bench.h"

#include <algorithm>
#include <atomic>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "gateway/hl7v2/testing/mllp_client.h"
#include "services/common/base/status_macros.h"
#include "tests/bench/load.h"
#include "tests/bench/plain_get.h"

namespace hie::bench {
namespace {

constexpr int kConnections = 50;
// Enhanced senders need not wait; so many are under way on each connection.
constexpr size_t kWindow = 4;
constexpr size_t kFirstPatient = 100'000;  // Beyond those of other measurements.
// Commit acknowledgements come faster than messages are applied, and the inbox is bounded.
constexpr int kEnhancedRoundsMax = 5;
// Writing all metrics costs hied a millisecond, which it shall not spend on being watched.
constexpr absl::Duration kPollTime = absl::Milliseconds(100);
constexpr absl::Duration kApplyTime = absl::Minutes(3);

enum class Mode { kOriginal, kEnhanced };

// A patient's arrival, never sent before.
std::string Arrival(Mode mode, uint64_t seed, size_t number) {
  const DoorPatient patient = MakePatient(seed, number);
  return absl::StrCat("MSH|^~\\&|NORTHADT|NORTH|HIE|HIE|20260108071000+0000||ADT^A04^ADT_A01|M",
                      number, "|P|2.5.1|||", mode == Mode::kEnhanced ? "AL|NE" : "|",
                      "\rEVN|A04|20260108071000+0000\rPID|1||", patient.id, "^^^&", kNorthDomain,
                      "&ISO^MR||", patient.family, "^", patient.given, "^^^^^L||",
                      patient.birth_date, "|", patient.sex, "|||", patient.street,
                      "^^Northfield^ST^40217^^H\rPV1|1|O|CLINIC^^^NORTH\r");
}

// The senders: a connection and what is under way on it, each used by one thread.
class Senders {
 public:
  static absl::StatusOr<std::unique_ptr<Senders>> Dial(int port, uint64_t seed,
                                                       std::shared_ptr<std::atomic<size_t>> next) {
    auto made = std::make_unique<Senders>(seed, std::move(next));
    for (int i = 0; i < kConnections; ++i) {
      made->clients_.push_back(std::make_unique<hl7v2::MllpClient>(static_cast<uint16_t>(port)));
      if (!made->clients_.back()->connected()) return absl::UnavailableError("mllp: refused");
    }
    return made;
  }
  Senders(uint64_t seed, std::shared_ptr<std::atomic<size_t>> next)
      : seed_(seed), next_(std::move(next)) {}

  // Sends one message and waits for what registered it.
  absl::Status Register(int thread) {
    const std::string answer = client(thread).Ask(Arrival(Mode::kOriginal, seed_, (*next_)++));
    return hl7v2::AckCodeOf(answer) == "AA" ? absl::OkStatus() : Refused(answer);
  }

  // Keeps kWindow messages under way until `end`, then reads what is left.
  Load Commit(int thread, absl::Time end) {
    Load load;
    std::deque<absl::Time> sent;
    while (load.failures == 0) {
      while (sent.size() < kWindow && absl::Now() < end) {
        sent.push_back(absl::Now());
        client(thread).Send(Arrival(Mode::kEnhanced, seed_, (*next_)++));
      }
      if (sent.empty()) break;
      const std::string answer = client(thread).Receive().value_or("");
      if (hl7v2::AckCodeOf(answer) == "CA") {
        load.micros.push_back(absl::ToDoubleMicroseconds(absl::Now() - sent.front()));
      } else {
        ++load.failures;
      }
      sent.pop_front();
    }
    return load;
  }

 private:
  hl7v2::MllpClient& client(int thread) { return *clients_[static_cast<size_t>(thread)]; }
  static absl::Status Refused(const std::string& answer) {
    return absl::InternalError("mllp: " + answer);
  }

  const uint64_t seed_;
  const std::shared_ptr<std::atomic<size_t>> next_;
  std::vector<std::unique_ptr<hl7v2::MllpClient>> clients_;
};

// How often messages had this end since hied started, of the text of its metrics.
size_t Settled(const std::string& metrics, const std::string& result) {
  for (absl::string_view line : absl::StrSplit(metrics, '\n')) {
    double value = 0;
    if (absl::ConsumePrefix(&line, absl::StrCat("hie_hl7v2_messages_total{result=\"", result)) &&
        absl::ConsumePrefix(&line, "\"} ") && absl::SimpleAtod(line, &value)) {
      return static_cast<size_t>(value);
    }
  }
  return 0;
}

// Waits until `messages` have been applied in all.  INTERNAL: one became an exception.
absl::Status AwaitApplied(DoorRegion& region, size_t messages) {
  for (const absl::Time end = absl::Now() + kApplyTime; absl::Now() < end;) {
    HIE_ASSIGN_OR_RETURN(const std::string metrics,
                         PlainGet(region.stack().admin_address(), "/metrics"));
    if (Settled(metrics, "exception") > 0) {
      return absl::InternalError("mllp: a message became an exception");
    }
    if (Settled(metrics, "applied") >= messages) return absl::OkStatus();
    absl::SleepFor(kPollTime);
  }
  return absl::DeadlineExceededError("mllp: messages are not applied");
}

Load LoadCommits(Senders& senders, absl::Duration time, pid_t server) {
  Load load;
  std::vector<Load> parts(kConnections);
  const absl::Duration cpu = CpuOf(server);
  const absl::Time began = absl::Now();
  LoadByThreads(kConnections, time, server, [&](int thread) {
    parts[static_cast<size_t>(thread)] = senders.Commit(thread, began + time);
    return absl::OkStatus();
  });
  load.time = absl::Now() - began;
  load.server_cpu = CpuOf(server) - cpu;
  for (const Load& part : parts) {
    load.micros.insert(load.micros.end(), part.micros.begin(), part.micros.end());
    load.failures += part.failures;
  }
  return load;
}

struct Measured {
  Rounds original;
  Rounds enhanced;
  std::vector<double> applied_per_second;  // While the inbox of a round was emptied.
};

absl::Status MeasureEnhanced(DoorRegion& region, Senders& senders, absl::Duration time,
                             const std::atomic<size_t>& next, Measured& measured) {
  const size_t before = next - kFirstPatient;
  const absl::Time began = absl::Now();
  measured.enhanced.push_back(LoadCommits(senders, time, region.stack().Hied().pid()));
  HIE_RETURN_IF_ERROR(AwaitApplied(region, next - kFirstPatient));
  const double messages = static_cast<double>(next - kFirstPatient - before);
  measured.applied_per_second.push_back(messages / absl::ToDoubleSeconds(absl::Now() - began));
  return absl::OkStatus();
}

std::vector<std::string> RowOf(const std::string& name, const Rounds& rounds,
                               const std::string& aim) {
  return {name,
          absl::StrCat(kConnections),
          Digits(MedianOf(rounds, &Load::per_second)),
          Digits(MedianOf(rounds, &Load::p50) / 1000),
          Digits(MedianOf(rounds, &Load::p99) / 1000),
          Digits(MedianOf(rounds, &Load::server_micros)),
          aim};
}

Report ToReport(const Measured& measured, size_t registered) {
  Report report;
  report.title = "HL7 v2 over MLLP, ADT^A04 of new patients";
  report.columns = {"mode",        "connections",          "messages/s", "ACK p50, ms",
                    "ACK p99, ms", "hied CPU, us/message", "aim"};
  report.rows = {RowOf("original: registered, then AA", measured.original, ">= 2,000/s"),
                 RowOf(absl::StrCat("enhanced: on disk, then CA; ", kWindow, " under way on each"),
                       measured.enhanced, ">= 20,000/s, p99 <= 10 ms")};
  report.notes = {absl::StrCat(
      "Plain MLLP, client on the same cores, all roles in one process. Enhanced messages are "
      "applied "
      "meanwhile and afterwards: ",
      Digits(Median(measured.applied_per_second)),
      " messages/s from the first commit to the last registration, whose CPU is in the first "
      "figure of CPU only as far as the round lasted. ",
      registered, " patients were registered in the end.")};
  return report;
}

}  // namespace

absl::StatusOr<Report> MeasureMllp(const BenchOptions& options, DoorRegion& region) {
  HIE_ASSIGN_OR_RETURN(const int port, region.Port("mllp"));
  const auto next = std::make_shared<std::atomic<size_t>>(kFirstPatient);
  HIE_ASSIGN_OR_RETURN(const std::unique_ptr<Senders> senders,
                       Senders::Dial(port, options.seed, next));
  // One at least, so that a refusal is told in its own words.
  HIE_RETURN_IF_ERROR(senders->Register(0));
  const pid_t hied = region.stack().Hied().pid();
  const auto register_one = [&senders](int thread) { return senders->Register(thread); };
  LoadByThreads(kConnections, options.warm_up, hied, register_one);
  Measured measured;
  for (int round = 0; round < options.rounds; ++round) {
    measured.original.push_back(LoadByThreads(kConnections, options.slice, hied, register_one));
    if (round < kEnhancedRoundsMax) {
      HIE_RETURN_IF_ERROR(MeasureEnhanced(region, *senders, options.slice, *next, measured));
    }
  }
  if (Failures(measured.original) + Failures(measured.enhanced) > 0) {
    return absl::InternalError("mllp: a message was refused");
  }
  return ToReport(measured, *next - kFirstPatient);
}

}  // namespace hie::bench
