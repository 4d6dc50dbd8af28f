#pragma once

#include <memory>
#include <vector>

#include "gateway/edge/edge_services.h"
#include "gateway/exchange/batch.h"
#include "gateway/exchange/person.h"
#include "gateway/exchange/query_wire.h"
#include "hie/exchange/v1/exchange_service.pb.h"

namespace hie::edge {

// Finds persons by demographics.  What it shows is released like anything else: per person the
// places are decided with LOCATE, the intent is durable, the fence confirmed.
//
// A person of whom no place may be named, and of whom the caller's member has no record, is left
// out.  Demographics are the caller's own record's, else those of a place that may be named.
class PersonFinder : public std::enable_shared_from_this<PersonFinder> {
 public:
  static void Start(EdgeServices& services, std::shared_ptr<rpc::CallContext> context,
                    const exchange::v1::FindPatientsRequest& request,
                    Answer<exchange::v1::FindPatientsResponse> answer);

 private:
  // One candidate on its way.
  struct Found {
    exchange::Candidate candidate;
    std::vector<std::string> vetoes;
    size_t places = 0;
    std::optional<exchange::Batch<exchange::Decided>> decided;
    std::optional<exchange::Batch<exchange::Audited>> audited;
    std::string intent_id;
    bool fenced = false;
  };

  PersonFinder(EdgeServices& services, std::shared_ptr<rpc::CallContext> context,
               std::shared_ptr<const exchange::DirectoryView> view,
               Answer<exchange::v1::FindPatientsResponse> answer);

  void Search(const exchange::v1::FindPatientsRequest& request);
  void Take(const mpi::v1::SearchPersonsResponse& response);
  void Locate(size_t at);
  void Decide(size_t at, const exchange::Located& located);
  void RecordAll();
  void FenceAll();
  void ConfirmConsent(size_t at);
  void Respond();
  // One of the steps that run beside one another is done; the last one goes on with `next`.
  void StepDone(const absl::Status& status, void (PersonFinder::*next)());
  bool HasOwnRecord(const exchange::Person& person) const;
  exchange::v1::FoundPerson Show(const Found& found) const;

  EdgeServices& services_;
  const std::shared_ptr<rpc::CallContext> context_;
  const std::shared_ptr<const exchange::DirectoryView> view_;
  const exchange::Asker asker_;
  const Answer<exchange::v1::FindPatientsResponse> answer_;
  const std::string id_;
  // Each is touched by its own step only, until the last step of a stage is done.
  std::vector<Found> found_;
  bool too_many_ = false;
  Mutex mutex_;
  size_t pending_ HIE_GUARDED_BY(mutex_) = 0;
  absl::Status failure_ HIE_GUARDED_BY(mutex_);
};

}  // namespace hie::edge
