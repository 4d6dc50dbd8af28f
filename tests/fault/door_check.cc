#include "tests/fault/door_check.h"

#include <cstdlib>
#include <iostream>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "hie/exchange/v1/exchange_service.methods.h"
#include "hie/exchange/v1/intake_service.methods.h"
#include "services/common/base/status_macros.h"
#include "services/common/crypto/sha1.h"
#include "services/common/json/reader.h"
#include "tests/bench/provide_request.h"

namespace hie::testing {
namespace {

using bench::DoorPatient;
using exchange::v1::ExchangeService;
using exchange::v1::IntakeService;

constexpr absl::Duration kApplyTime = absl::Seconds(30);
constexpr absl::Duration kRest = absl::Milliseconds(50);
constexpr char kMasterId[] = "urn:oid:2.999.1.9.";

// The text that a bundle carries, as it was made.
std::string ContentOf(const DoorLedger::Submitted& submitted) {
  const auto bundle = json::Read(bench::ProvideBundle(submitted.patient, submitted.number));
  std::string content;
  if (!bundle.ok()) return content;
  for (const json::Value& entry : bundle->Each("entry")) {
    const json::Value* resource = entry.Find("resource");
    if (resource == nullptr || resource->Text("resourceType") != "Binary") continue;
    absl::Base64Unescape(resource->Text("data"), &content);
  }
  return content;
}

bool Has(const exchange::v1::SearchPatientsResponse& found, const DoorPatient& patient) {
  return found.patients_size() == 1 && found.patients(0).demographics().addresses_size() == 1 &&
         found.patients(0).demographics().addresses(0).line_size() == 1 &&
         found.patients(0).demographics().addresses(0).line(0) == patient.street;
}

}  // namespace

ctl::Session& DoorCheck::SignIn(const std::string& member, const std::string& role,
                                const std::string& purpose) {
  std::unique_ptr<ctl::Session>& session = sessions_[absl::StrCat(member, "/", role)];
  if (session == nullptr) {
    auto opened = region_.stack().SignIn(member, "check-" + role, role, purpose);
    if (!opened.ok()) {
      std::cerr << "sign in: " << opened.status() << "\n";
      std::abort();
    }
    session = *std::move(opened);
  }
  return *session;
}

absl::StatusOr<exchange::v1::SearchPatientsResponse> DoorCheck::Search(const DoorPatient& patient) {
  exchange::v1::SearchPatientsRequest request;
  mpi::v1::PersonCondition& condition = *request.add_conditions();
  condition.set_field(mpi::v1::PERSON_FIELD_IDENTIFIER);
  condition.set_match(mpi::v1::TEXT_MATCH_EXACT);
  condition.add_values(absl::StrCat(bench::kNorthDomain, "|", patient.id));
  request.set_include_replaced(true);
  return SignIn("north", "physician", "TREAT").Call<ExchangeService::SearchPatients>(request);
}

exchange::v1::SearchPatientsResponse DoorCheck::Await(const DoorLedger::FedPatient& fed) {
  exchange::v1::SearchPatientsResponse found;
  // What original mode acknowledged is there at once; only a gateway that just came may need time.
  const absl::Time end = absl::Now() + kApplyTime;
  while (true) {
    auto answer = Search(fed.patient);
    const bool settled = answer.ok() && (!fed.enhanced || Has(*answer, fed.patient));
    if (answer.ok()) found = *std::move(answer);
    if (settled || absl::Now() > end) return found;
    absl::SleepFor(kRest);
  }
}

std::vector<std::string> DoorCheck::FindFaults() {
  faults_ = ledger_.refusals();
  eids_.clear();
  patients_ = documents_ = 0;
  authorization_.clear();
  client_ = nullptr;
  CheckPatients();
  CheckDocuments();
  CheckExceptions();
  CheckAudit();
  return faults_;
}

void DoorCheck::CheckPatients() {
  const std::vector<DoorLedger::FedPatient> all = ledger_.patients();
  for (size_t i = 0; i < all.size(); ++i) CheckPatient(i, all[i]);
}

void DoorCheck::CheckPatient(size_t number, const DoorLedger::FedPatient& fed) {
  const exchange::v1::SearchPatientsResponse found = Await(fed);
  const std::string who =
      absl::StrCat("patient ", number, fed.enhanced ? " (enhanced)" : " (original)");
  if (found.patients_size() != 1) {
    return Fault(absl::StrCat(who, ": found ", found.patients_size(), " times"));
  }
  const exchange::v1::PatientView& view = found.patients(0);
  if (!Has(found, fed.patient)) Fault(who + ": not as the last acknowledged message has it");
  if (!view.active() || view.identifiers_size() != 1) Fault(who + ": not one active id");
  if (!eids_.insert(view.eid()).second) Fault(who + ": shares an EID");
  // An arrival that counted twice would have given the id to another person (reuse).
  if (view.identifiers_size() == 1 && view.identifiers(0).incarnation() != 1) {
    Fault(absl::StrCat(who, ": incarnation ", view.identifiers(0).incarnation()));
  }
  ++patients_;
}

absl::StatusOr<bench::HttpAnswer> DoorCheck::Ask(const std::string& target) {
  if (authorization_.empty()) {
    HIE_ASSIGN_OR_RETURN(authorization_,
                         region_.Authorization(bench::kQueryClient, "ITI-67%20ITI-68"));
  }
  if (client_ == nullptr) {
    HIE_ASSIGN_OR_RETURN(const int port, region_.Port("https"));
    HIE_ASSIGN_OR_RETURN(client_, bench::TlsClient::Dial(port, region_.trust()));
  }
  return client_->Ask(bench::HttpText("GET", "/fhir" + target,
                                      absl::StrCat("Authorization: ", authorization_, "\r\n"), ""));
}

void DoorCheck::CheckDocuments() {
  std::map<std::string, std::vector<DoorLedger::Submitted>> by_patient;
  for (const DoorLedger::Submitted& submitted : ledger_.documents()) {
    by_patient[submitted.patient.eid].push_back(submitted);
  }
  for (const auto& [eid, submitted] : by_patient) CheckDocumentsOf(submitted);
}

void DoorCheck::CheckDocumentsOf(const std::vector<DoorLedger::Submitted>& submitted) {
  const auto answer =
      Ask(absl::StrCat("/DocumentReference?patient=Patient/", submitted.front().patient.eid,
                       "&status=current&_count=500"));
  const auto bundle = answer.ok() ? json::Read(answer->body) : answer.status();
  if (!bundle.ok() || answer->status != 200) {
    return Fault(absl::StrCat(
        "ITI-67: ", answer.ok() ? absl::StrCat(answer->status) : answer.status().ToString()));
  }
  std::map<std::string, std::vector<json::Value>> shown;  // By master identifier.
  for (const json::Value& entry : bundle->Each("entry")) {
    const json::Value* resource = entry.Find("resource");
    if (resource == nullptr || resource->Text("resourceType") != "DocumentReference") continue;
    const json::Value* master = resource->Find("masterIdentifier");
    shown[master == nullptr ? "" : std::string(master->Text("value"))].push_back(*resource);
  }
  for (const DoorLedger::Submitted& one : submitted) {
    const std::vector<json::Value>& found = shown[absl::StrCat(kMasterId, one.number)];
    if (found.size() == 1) {
      CheckDocument(found.front(), one);
    } else {
      Fault(absl::StrCat("document ", one.number, ": found ", found.size(), " times"));
    }
  }
}

void DoorCheck::CheckDocument(const json::Value& shown, const DoorLedger::Submitted& submitted) {
  const std::string who = absl::StrCat("document ", submitted.number);
  // A retry must be told of the resource that the first try made.
  if (!absl::StrContains(submitted.answer, std::string(shown.Text("id")))) {
    Fault(who + ": not the resource that was acknowledged");
  }
  const std::string content = ContentOf(submitted);
  std::string url, hash;
  for (const json::Value& part : shown.Each("content")) {
    const json::Value* attachment = part.Find("attachment");
    if (attachment == nullptr) continue;
    url = std::string(attachment->Text("url"));
    hash = std::string(attachment->Text("hash"));
  }
  if (hash != absl::Base64Escape(crypto::Sha1(content))) Fault(who + ": another hash");
  const size_t path = url.find("/Binary/");
  const auto binary =
      path == std::string::npos ? absl::NotFoundError("no url") : Ask(url.substr(path));
  if (!binary.ok() || binary->status != 200 || binary->body != content) {
    Fault(absl::StrCat(who, ": its content is not what was submitted: ",
                       binary.ok() ? absl::StrCat(binary->status) : binary.status().ToString()));
  }
  ++documents_;
}

void DoorCheck::CheckExceptions() {
  exchange::v1::ListExceptionsRequest request;
  request.set_member("north");
  request.set_limit(100);
  const auto listed =
      SignIn("north", "steward", "PATADMIN").Call<IntakeService::ListExceptions>(request);
  if (!listed.ok()) return Fault("exceptions: " + listed.status().ToString());
  for (const exchange::v1::IntakeException& exception : listed->exceptions()) {
    Fault(absl::StrCat("exception of ", exception.message_type(), ": ", exception.reason(), ": ",
                       exception.explanation()));
  }
}

void DoorCheck::CheckAudit() {
  const auto verified =
      SignIn("hie", "privacy_officer", "PATADMIN").Call<ExchangeService::VerifyAudit>({});
  if (!verified.ok()) return Fault("audit: " + verified.status().ToString());
  if (verified->first_bad_sequence() != 0) Fault("audit: does not verify");
}

}  // namespace hie::testing
