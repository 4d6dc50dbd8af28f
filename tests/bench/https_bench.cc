#include "tests/bench/https_bench.h"

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "services/common/base/mutex.h"
#include "services/common/base/status_macros.h"
#include "tests/bench/load.h"
#include "tests/bench/provide_request.h"
#include "tests/bench/tls_echo.h"

namespace hie::bench {
namespace {

constexpr int kSearchers = 16;
constexpr int kSubmitters = 64;
constexpr int kTokenClients = 16;
constexpr size_t kSearched = 64;  // Persons with kDocuments each.
constexpr size_t kDocuments = 20;
constexpr size_t kSubjects = 512;             // Persons of whom documents are submitted.
constexpr double kTokensPerSecondMax = 4000;  // Assertions that are signed ahead of a round.

// Connections that stay open, one for each thread of a load.
class Connections {
 public:
  static absl::StatusOr<Connections> Dial(int port, const std::shared_ptr<const TlsTrust>& trust,
                                          int count) {
    Connections made;
    for (int i = 0; i < count; ++i) {
      HIE_ASSIGN_OR_RETURN(made.clients_.emplace_back(), TlsClient::Dial(port, trust));
    }
    return made;
  }

  // OK: answered 200.
  absl::Status Ask(int thread, const std::string& request) {
    HIE_ASSIGN_OR_RETURN(const HttpAnswer answer,
                         clients_[static_cast<size_t>(thread)]->Ask(request));
    if (answer.status == 200) return absl::OkStatus();
    const MutexLock lock(*mutex_);
    if (refused_.empty()) refused_ = absl::StrCat(answer.status, " ", answer.body);
    return absl::InternalError("https: refused");
  }

  int count() const { return static_cast<int>(clients_.size()); }
  const std::string& refused() const { return refused_; }

 private:
  std::vector<std::unique_ptr<TlsClient>> clients_;
  std::unique_ptr<Mutex> mutex_ = std::make_unique<Mutex>();
  std::string refused_;  // The first answer that was not 200; read when nobody asks.
};

std::string Told(const HttpAnswer& answer) {
  return absl::StrCat(answer.status, " ", answer.body.substr(0, 2000));
}

// What one row of the table is about.
struct Door {
  std::string name;
  std::string aim;
  int connections = 0;
  std::function<std::string()> next;      // A request; thread-safe.
  std::function<absl::Status()> prepare;  // Before each round.
  std::function<absl::Status(const HttpAnswer&)> check = [](const HttpAnswer& answer) {
    return answer.status == 200 ? absl::OkStatus() : absl::InternalError(Told(answer));
  };

  size_t request_bytes = 0;
  size_t answer_bytes = 0;
  std::unique_ptr<Connections> to_hied;
  std::unique_ptr<Connections> to_echo;
  Rounds rounds;
  Rounds bare;
};

std::string SearchHead(const std::string& authorization) {
  return absl::StrCat("Authorization: ", authorization, "\r\nAccept: application/fhir+json\r\n");
}

absl::Status CheckSearch(const HttpAnswer& answer) {
  const std::vector<absl::string_view> parts =
      absl::StrSplit(answer.body, "\"resourceType\":\"DocumentReference\"");
  if (answer.status == 200 && parts.size() == kDocuments + 1) return absl::OkStatus();
  return absl::InternalError(Told(answer));
}

// Submits kDocuments documents of each, over one connection per submitter.
absl::Status FileDocuments(DoorRegion& region, const std::vector<DoorPatient>& patients) {
  HIE_ASSIGN_OR_RETURN(const std::string authorization,
                       region.Authorization(kFeedClient, "ITI-65"));
  HIE_ASSIGN_OR_RETURN(const int port, region.Port("https"));
  HIE_ASSIGN_OR_RETURN(Connections connections, Connections::Dial(port, region.trust(), 1));
  const std::string head =
      absl::StrCat("Authorization: ", authorization, "\r\nContent-Type: application/fhir+json\r\n");
  uint64_t number = 0;
  for (const DoorPatient& patient : patients) {
    for (size_t i = 0; i < kDocuments; ++i) {
      const absl::Status filed =
          connections.Ask(0, HttpText("POST", "/fhir", head, ProvideBundle(patient, ++number)));
      if (!filed.ok()) return absl::InternalError(absl::StrCat("ITI-65: ", connections.refused()));
    }
  }
  return absl::OkStatus();
}

struct Shared {
  std::atomic<size_t> next = 0;
  std::string head;  // Written between rounds only.
};

// Tokens live for five minutes, less than all rounds take.
std::function<absl::Status()> Renew(DoorRegion& region, const std::shared_ptr<Shared>& shared,
                                    const char* client, const char* scope, const char* more) {
  return [&region, shared, client, scope, more]() -> absl::Status {
    HIE_ASSIGN_OR_RETURN(const std::string authorization, region.Authorization(client, scope));
    shared->head = absl::StrCat(SearchHead(authorization), more);
    return absl::OkStatus();
  };
}

absl::StatusOr<Door> SearchDoor(DoorRegion& region) {
  HIE_ASSIGN_OR_RETURN(const std::vector<DoorPatient> patients, region.Register(0, kSearched));
  HIE_RETURN_IF_ERROR(FileDocuments(region, patients));
  const auto shared = std::make_shared<Shared>();
  Door door;
  door.name = absl::StrCat("ITI-67, ", kDocuments, " entries from the index");
  door.aim = ">= 0.25 x, p99 <= 10 ms";
  door.connections = kSearchers;
  door.check = CheckSearch;
  door.prepare = Renew(region, shared, kQueryClient, "ITI-67", "");
  door.next = [shared, patients] {
    const DoorPatient& patient = patients[shared->next.fetch_add(1) % patients.size()];
    return HttpText("GET",
                    absl::StrCat("/fhir/DocumentReference?patient=Patient/", patient.eid,
                                 "&status=current&_count=", kDocuments),
                    shared->head, "");
  };
  return door;
}

absl::StatusOr<Door> SubmitDoor(DoorRegion& region) {
  HIE_ASSIGN_OR_RETURN(const std::vector<DoorPatient> patients,
                       region.Register(kSearched, kSubjects));
  const auto shared = std::make_shared<Shared>();
  Door door;
  door.name = "ITI-65, one small text, durable";
  door.aim = ">= 2,000/s";
  door.connections = kSubmitters;
  door.prepare =
      Renew(region, shared, kFeedClient, "ITI-65", "Content-Type: application/fhir+json\r\n");
  door.next = [shared, patients] {
    // Numbers beyond those of FileDocuments.
    const size_t number = shared->next.fetch_add(1) + kSearched * kDocuments + 1;
    return HttpText("POST", "/fhir", shared->head,
                    ProvideBundle(patients[number % patients.size()], number));
  };
  return door;
}

Door TokenDoor(DoorRegion& region, const BenchOptions& options) {
  struct Signed {
    Mutex mutex;
    std::vector<std::string> requests HIE_GUARDED_BY(mutex);
  };
  const auto ready = std::make_shared<Signed>();
  const auto wanted = static_cast<size_t>(
      kTokensPerSecondMax * absl::ToDoubleSeconds(std::max(options.slice, options.warm_up)));
  Door door;
  door.name = "token endpoint, ES384 assertions";
  door.aim = "-";
  door.connections = kTokenClients;
  door.prepare = [&region, ready, wanted]() -> absl::Status {
    const MutexLock lock(ready->mutex);
    while (ready->requests.size() < wanted) {
      HIE_ASSIGN_OR_RETURN(ready->requests.emplace_back(),
                           region.TokenRequest(kQueryClient, "ITI-67"));
    }
    return absl::OkStatus();
  };
  door.next = [ready] {
    const MutexLock lock(ready->mutex);
    if (ready->requests.empty()) return std::string();  // Refused, so that it is seen.
    std::string request = std::move(ready->requests.back());
    ready->requests.pop_back();
    return request;
  };
  return door;
}

absl::Status Connect(DoorRegion& region, const TlsEcho& echo, Door& door) {
  HIE_ASSIGN_OR_RETURN(const int port, region.Port("https"));
  HIE_ASSIGN_OR_RETURN(Connections to_hied,
                       Connections::Dial(port, region.trust(), door.connections));
  HIE_ASSIGN_OR_RETURN(Connections to_echo,
                       Connections::Dial(echo.port(), region.trust(), door.connections));
  door.to_hied = std::make_unique<Connections>(std::move(to_hied));
  door.to_echo = std::make_unique<Connections>(std::move(to_echo));
  HIE_RETURN_IF_ERROR(door.prepare());
  HIE_ASSIGN_OR_RETURN(const std::unique_ptr<TlsClient> one, TlsClient::Dial(port, region.trust()));
  const std::string request = door.next();
  HIE_ASSIGN_OR_RETURN(const HttpAnswer answer, one->Ask(request));
  HIE_RETURN_IF_ERROR(door.check(answer));
  door.request_bytes = request.size();
  door.answer_bytes = answer.body.size();
  return absl::OkStatus();
}

Load LoadHied(Door& door, absl::Duration time, pid_t server) {
  return LoadByThreads(door.connections, time, server,
                       [&door](int thread) { return door.to_hied->Ask(thread, door.next()); });
}

Load LoadEcho(Door& door, absl::Duration time, pid_t server) {
  const std::string request = TlsEcho::Request(door.request_bytes, door.answer_bytes);
  return LoadByThreads(door.connections, time, server, [&door, &request](int thread) {
    return door.to_echo->Ask(thread, request);
  });
}

absl::Status Round(Door& door, absl::Duration time, pid_t echo, pid_t hied) {
  HIE_RETURN_IF_ERROR(door.prepare());
  door.bare.push_back(LoadEcho(door, time, echo));
  door.rounds.push_back(LoadHied(door, time, hied));
  if (door.bare.back().failures == 0 && door.rounds.back().failures == 0) return absl::OkStatus();
  return absl::InternalError(absl::StrCat(door.name, ": a call failed: ", door.to_hied->refused(),
                                          door.to_echo->refused()));
}

std::string Millis(double micros) { return Digits(micros / 1000); }

std::vector<std::string> RowOf(const std::string& name, int connections, const Rounds& rounds) {
  return {name,
          absl::StrCat(connections),
          Digits(MedianOf(rounds, &Load::per_second)),
          Millis(MedianOf(rounds, &Load::p50)),
          Millis(MedianOf(rounds, &Load::p99)),
          Digits(MedianOf(rounds, &Load::server_micros))};
}

void AddRows(const Door& door, Report& report) {
  std::vector<std::string> bare = RowOf(absl::StrCat("bare Beast echo, ", door.request_bytes,
                                                     " bytes in, ", door.answer_bytes, " out"),
                                        door.connections, door.bare);
  bare.insert(bare.end(), {"1 x", ""});
  std::vector<std::string> row = RowOf(door.name, door.connections, door.rounds);
  row.push_back(absl::StrCat(Digits(MedianRatio(door.rounds, door.bare, &Load::per_second)), " x"));
  row.push_back(door.aim);
  report.rows.push_back(std::move(bare));
  report.rows.push_back(std::move(row));
}

}  // namespace

absl::StatusOr<Report> MeasureHttps(const BenchOptions& options, DoorRegion& region) {
  HIE_ASSIGN_OR_RETURN(const std::unique_ptr<TlsEcho> echo,
                       TlsEcho::Start(options.directory, region.stack().pki()));
  std::vector<Door> doors;
  if (Wanted(options, "iti67")) {
    HIE_ASSIGN_OR_RETURN(doors.emplace_back(), SearchDoor(region));
  }
  if (Wanted(options, "iti65")) {
    HIE_ASSIGN_OR_RETURN(doors.emplace_back(), SubmitDoor(region));
  }
  if (Wanted(options, "token")) doors.push_back(TokenDoor(region, options));
  const pid_t hied = region.stack().Hied().pid();
  for (Door& door : doors) {
    HIE_RETURN_IF_ERROR(Connect(region, *echo, door));
    HIE_RETURN_IF_ERROR(Round(door, options.warm_up, echo->pid(), hied));
    door.bare.clear();
    door.rounds.clear();
  }
  for (int round = 0; round < options.rounds; ++round) {
    for (Door& door : doors) {
      HIE_RETURN_IF_ERROR(Round(door, options.slice, echo->pid(), hied));
    }
  }
  Report report;
  report.title = "HTTPS door";
  report.columns = {"call",    "connections",         "calls/s",      "p50, ms",
                    "p99, ms", "server CPU, us/call", "rate to bare", "aim"};
  for (const Door& door : doors) AddRows(door, report);
  report.notes = {absl::StrCat(
      "TLS 1.3, keep-alive, one request in flight on each connection, client on the same cores, "
      "all "
      "roles in one process. Every search is decided, audited and synced before it is answered; ",
      kSearched, " persons of a member without an endpoint in turn. Submissions are of ", kSubjects,
      " persons, each its own document, filed, sealed and synced before they are answered.")};
  return report;
}

}  // namespace hie::bench
