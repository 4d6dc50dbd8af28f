#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "hie/exchange/v1/exchange_service.pb.h"
#include "services/common/json/value.h"
#include "services/hiectl/session.h"
#include "tests/bench/door_region.h"
#include "tests/fault/door_ledger.h"

namespace hie::testing {

// Asks the exchange for everything that its doors acknowledged, and tells what is not there, or
// there more than once.  Not thread-safe.
class DoorCheck {
 public:
  // Both must outlive the check.
  DoorCheck(bench::DoorRegion& region, const DoorLedger& ledger)
      : region_(region), ledger_(ledger) {}

  // Returns what is lost, doubled or wrong, in words without patients; empty: nothing.  Waits for
  // what was acknowledged as on disk only.
  std::vector<std::string> FindFaults();

  size_t patients() const { return patients_; }
  size_t documents() const { return documents_; }

 private:
  void CheckPatients();
  void CheckPatient(size_t number, const DoorLedger::FedPatient& fed);
  void CheckDocuments();
  // What ITI-67 shows of one patient must be what was acknowledged of it, each once.
  void CheckDocumentsOf(const std::vector<DoorLedger::Submitted>& submitted);
  void CheckDocument(const json::Value& shown, const DoorLedger::Submitted& submitted);
  void CheckExceptions();
  void CheckAudit();
  absl::StatusOr<exchange::v1::SearchPatientsResponse> Search(const bench::DoorPatient& patient);
  // Waits until the patient is shown as `fed` has them.
  exchange::v1::SearchPatientsResponse Await(const DoorLedger::FedPatient& fed);
  ctl::Session& SignIn(const std::string& member, const std::string& role,
                       const std::string& purpose);
  absl::StatusOr<bench::HttpAnswer> Ask(const std::string& target);
  void Fault(const std::string& what) { faults_.push_back(what); }

  bench::DoorRegion& region_;
  const DoorLedger& ledger_;
  std::map<std::string, std::unique_ptr<ctl::Session>> sessions_;
  std::unique_ptr<bench::TlsClient> client_;
  std::string authorization_;
  std::set<std::string> eids_;
  std::vector<std::string> faults_;
  size_t patients_ = 0;
  size_t documents_ = 0;
};

}  // namespace hie::testing
