#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "hie/exchange/v1/exchange_service.pb.h"
#include "services/hiectl/region/charts.h"
#include "services/hiectl/region/registrations.h"
#include "tests/support/stack/exchange_stack.h"

namespace hie::testing {

// One patient as one hospital of the region registered it.
struct RegionPatient {
  std::string member;
  std::string domain;
  std::string mrn;
  size_t inhabitant = 0;
  Demographics demographics;

  exchange::v1::PatientSubject Subject() const;
};

// The exchange, running, over a generated region of three hospitals with their agents.
// Not thread-safe.
class RegionStack {
 public:
  struct Options {
    std::string directory;  // Made; must be empty.
    size_t people = 60;
    uint64_t seed = 1;
    ExchangeStack::Layout layout = ExchangeStack::Layout::kOneProcess;
    // Charts beside the generated ones, for their hospitals' agents; the patients are listed too.
    std::vector<region::Chart> more = {};
  };

  // Generates, starts every process and waits until every agent's patients are registered.
  static absl::StatusOr<std::unique_ptr<RegionStack>> Start(const Options& options);

  ExchangeStack& exchange() { return *exchange_; }
  const std::vector<region::Hospital>& hospitals() const { return hospitals_; }
  const std::vector<RegionPatient>& patients() const { return patients_; }
  // Those whose inhabitant at least one other hospital has registered too.
  std::vector<RegionPatient> SharedPatients() const;

  // Waits until the gateway answers and every agent is attached.  DEADLINE_EXCEEDED: it does not.
  absl::Status AwaitAttached(absl::Duration timeout);

 private:
  RegionStack() = default;
  absl::Status Generate(const Options& options);
  void List(const region::Registration& registration);
  void WriteChart(const region::Chart& chart);
  absl::Status Run();

  std::vector<region::Hospital> hospitals_;
  std::vector<RegionPatient> patients_;
  std::unique_ptr<ExchangeStack> exchange_;
};

}  // namespace hie::testing
