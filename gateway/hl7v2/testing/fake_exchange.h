#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "gateway/edge/exchange_calls.h"
#include "hie/exchange/v1/exchange_service.pb.h"
#include "services/common/base/mutex.h"
#include "services/common/rpc/worker_pool.h"

// For tests: the exchange's methods over maps.
namespace hie::hl7v2 {

// A region of records and documents in memory.  Thread-safe; answers on threads of its own.
class FakeExchange final : public edge::ExchangeCalls {
 public:
  FakeExchange();
  ~FakeExchange() override;

  // Every method answers this while it is not OK.
  void SetOutage(absl::Status outage);
  // Calls take so long.
  void SetDelay(absl::Duration delay);

  // What is known of a record, by id; ids that were merged away name their survivor.
  std::map<std::string, common::v1::Demographics> records() const;
  std::map<std::string, std::string> merged() const;
  std::map<std::string, exchange::v1::SubmittedDocument> documents() const;
  std::set<std::string> withdrawn() const;
  // Methods called, by their last name, in order; each with the id it was about.
  std::vector<std::string> calls() const;
  // Registrations per id in the order in which they were applied: birth orders, which tests use as
  // marks.
  std::map<std::string, std::vector<uint32_t>> applied() const;
  void AddRecord(const std::string& id);

 protected:
  void StartUnary(const std::string& method, std::shared_ptr<rpc::CallContext> context,
                  std::string request,
                  std::function<void(absl::StatusOr<std::string>)> done) override;
  void StartStream(const std::string& method, std::shared_ptr<rpc::CallContext> context,
                   std::string request,
                   std::function<void(const std::string&, std::function<void(bool)>)> on_message,
                   std::function<void(absl::Status)> done) override;

 private:
  absl::StatusOr<std::string> Answer(const std::string& method, const std::string& request);
  exchange::v1::RegisterPatientsResponse Register(
      const exchange::v1::RegisterPatientsRequest& request) HIE_REQUIRES(mutex_);
  exchange::v1::PreviewPatientsResponse Preview(const exchange::v1::PreviewPatientsRequest& request)
      HIE_REQUIRES(mutex_);
  exchange::v1::MergePatientsResponse Merge(const exchange::v1::MergePatientsRequest& request)
      HIE_REQUIRES(mutex_);
  mpi::v1::MergeOutcome MergeOne(const mpi::v1::MergePair& pair, bool tombstone)
      HIE_REQUIRES(mutex_);
  absl::StatusOr<exchange::v1::SubmitDocumentsResponse> Submit(
      const exchange::v1::SubmitDocumentsRequest& request) HIE_REQUIRES(mutex_);

  mutable Mutex mutex_;
  absl::Status outage_ HIE_GUARDED_BY(mutex_);
  absl::Duration delay_ HIE_GUARDED_BY(mutex_);
  std::map<std::string, common::v1::Demographics> records_ HIE_GUARDED_BY(mutex_);
  std::map<std::string, std::string> merged_ HIE_GUARDED_BY(mutex_);
  std::map<std::string, exchange::v1::SubmittedDocument> documents_ HIE_GUARDED_BY(mutex_);
  std::map<std::string, std::string> staged_ HIE_GUARDED_BY(mutex_);
  std::set<std::string> withdrawn_ HIE_GUARDED_BY(mutex_);
  std::vector<std::string> calls_ HIE_GUARDED_BY(mutex_);
  std::map<std::string, std::vector<uint32_t>> applied_ HIE_GUARDED_BY(mutex_);
  rpc::WorkerPool pool_;
};

}  // namespace hie::hl7v2
