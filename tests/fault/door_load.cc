#include "tests/fault/door_load.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "services/hiectl/region/population.h"
#include "tests/bench/provide_request.h"

namespace hie::testing {
namespace {

using bench::DoorPatient;

constexpr absl::Duration kRest = absl::Milliseconds(20);   // Before something is sent again.
constexpr absl::Duration kAnswerTime = absl::Seconds(15);  // Of one acknowledgement.
constexpr size_t kUpdatesMax = 2;
constexpr size_t kFeederPatients = 100'000;  // Numbers of one feeder's patients.
constexpr int kFirstFeederPatients = 10;     // Times kFeederPatients: beyond the known ones.

std::string Message(const char* event, const std::string& control_id, AckKind kind,
                    const DoorPatient& patient) {
  return absl::StrCat(
      "MSH|^~\\&|NORTHADT|NORTH|HIE|HIE|20260108071000+0000||ADT^", event, "^ADT_A01|", control_id,
      "|P|2.5.1|||", kind == AckKind::kEnhanced ? "AL|NE" : "|", "\rEVN|", event,
      "|20260108071000+0000\rPID|1||", patient.id, "^^^&", bench::kNorthDomain, "&ISO^MR||",
      patient.family, "^", patient.given, "^^^^^L||", patient.birth_date, "|", patient.sex, "|||",
      patient.street, "^^Northfield^ST^40217^^H\rPV1|1|O|CLINIC^^^NORTH\r");
}

}  // namespace

DoorPatient Updated(DoorPatient patient, size_t updates) {
  if (updates > 0) patient.street = absl::StrCat(9000 + updates, " Moved Rd");
  return patient;
}

bool Feeder::Feed(const DoorPatient& patient, size_t updates, size_t& acknowledged) {
  for (acknowledged = 0; acknowledged <= updates; ++acknowledged) {
    const std::string control_id = absl::StrCat("K", patient.id, "-", acknowledged);
    const char* event = acknowledged == 0 ? "A04" : "A08";
    if (!SendUntilAcknowledged(Message(event, control_id, kind_, Updated(patient, acknowledged)))) {
      return false;
    }
  }
  return true;
}

bool Feeder::SendUntilAcknowledged(const std::string& message) {
  const std::string good = kind_ == AckKind::kEnhanced ? "CA" : "AA";
  for (bool again = false; !stopping_; again = true) {
    if (again) {
      ++resent_;
      client_ = nullptr;
      absl::SleepFor(kRest);
    }
    if (client_ == nullptr) {
      client_ = std::make_unique<hl7v2::MllpClient>(static_cast<uint16_t>(door_));
    }
    if (!client_->connected() || !client_->Send(message)) continue;
    const std::optional<std::string> answer = client_->Receive(kAnswerTime);
    if (!answer) continue;
    const std::string code = hl7v2::AckCodeOf(*answer);
    if (code == good) return true;
    // Not now (AE), or never (AR): both are told, and the same is sent again.
    const std::vector<std::string> lines = absl::StrSplit(*answer, '\r');
    refusal_ = absl::StrCat(code, " for ", message.substr(9, 40), ": ",
                            lines.back().empty() ? lines[lines.size() - 2] : lines.back());
  }
  return false;
}

DoorLoad::DoorLoad(bench::DoorRegion& region, DoorLedger& ledger, std::vector<DoorPatient> known,
                   const Options& options)
    : region_(region), ledger_(ledger), known_(std::move(known)), options_(options) {}

DoorLoad::~DoorLoad() { Finish(absl::ZeroDuration()); }

void DoorLoad::Start() {
  running_ = options_.feeders + options_.sources;
  for (int i = 0; i < options_.feeders; ++i)
    threads_.emplace_back(&DoorLoad::FeedPatients, this, i);
  for (int i = 0; i < options_.sources; ++i) {
    threads_.emplace_back(&DoorLoad::ProvideDocuments, this, i);
  }
}

bool DoorLoad::Finish(absl::Duration patience) {
  finishing_ = true;
  for (const absl::Time end = absl::Now() + patience; running_ > 0 && absl::Now() < end;) {
    absl::SleepFor(kRest);
  }
  const bool whole = running_ == 0;
  stopping_ = true;
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  return whole;
}

void DoorLoad::FeedPatients(int feeder) {
  const AckKind kind = feeder % 2 == 0 ? AckKind::kOriginal : AckKind::kEnhanced;
  const absl::StatusOr<int> port = region_.Port("mllp");
  region::Dice dice(options_.seed + static_cast<uint64_t>(feeder));
  Feeder engine(port.value_or(0), kind, stopping_);
  size_t number = kFeederPatients * static_cast<size_t>(kFirstFeederPatients + feeder);
  while (!finishing_) {
    const DoorPatient patient = bench::MakePatient(options_.seed, number++);
    const size_t updates = dice.Below(kUpdatesMax + 1);
    size_t acknowledged = 0;
    const bool whole = engine.Feed(patient, updates, acknowledged);
    if (acknowledged > 0) {
      ledger_.Fed({Updated(patient, acknowledged - 1), acknowledged, kind == AckKind::kEnhanced});
    }
    if (!whole) break;
  }
  if (!engine.refusal().empty()) ledger_.Refused("MLLP: " + engine.refusal());
  resent_ += engine.resent();
  --running_;
}

void DoorLoad::ProvideDocuments(int source) {
  region::Dice dice(options_.seed + 100 + static_cast<uint64_t>(source));
  std::unique_ptr<bench::TlsClient> client;
  std::string authorization;
  while (!finishing_) {
    const DoorPatient& patient = known_[dice.Below(known_.size())];
    const uint64_t number = ++next_document_;
    std::string answer = Provide(bench::ProvideBundle(patient, number), client, authorization);
    if (answer.empty() && stopping_) break;
    if (!answer.empty()) ledger_.Provided({patient, number, std::move(answer)});
  }
  --running_;
}

std::string DoorLoad::Provide(const std::string& body, std::unique_ptr<bench::TlsClient>& client,
                              std::string& authorization) {
  for (bool again = false; !stopping_; again = true) {
    if (again) {
      ++resent_;
      client = nullptr;
      absl::SleepFor(kRest);
    }
    if (authorization.empty()) {
      const MutexLock lock(token_mutex_);
      authorization = region_.Authorization(bench::kFeedClient, "ITI-65").value_or("");
      if (authorization.empty()) continue;
    }
    if (client == nullptr) {
      const absl::StatusOr<int> port = region_.Port("https");
      auto dialled = bench::TlsClient::Dial(port.value_or(0), region_.trust());
      if (!dialled.ok()) continue;
      client = *std::move(dialled);
    }
    const auto answer =
        client->Ask(bench::HttpText("POST", "/fhir",
                                    absl::StrCat("Authorization: ", authorization,
                                                 "\r\nContent-Type: application/fhir+json\r\n"),
                                    body));
    if (!answer.ok()) continue;
    if (answer->status == 200) return answer->body;
    if (answer->status == 401) authorization.clear();
    if (answer->status == 503 || answer->status == 401 || answer->status == 504) continue;
    ledger_.Refused(absl::StrCat("ITI-65: ", answer->status,
                                 again ? " again: " : " at first: ", answer->body.substr(0, 400)));
    return "";
  }
  return "";
}

}  // namespace hie::testing
