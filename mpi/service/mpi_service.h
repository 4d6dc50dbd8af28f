#pragma once

#include "absl/status/statusor.h"
#include "hie/mpi/v1/mpi_service.pb.h"
#include "hie/mpi/v1/mpi_state.pb.h"
#include "mpi/score/model.h"
#include "services/common/base/clock.h"
#include "services/common/base/random_source.h"
#include "services/common/journal/journal.h"

namespace hie::mpi {

// Wire to domain and back for MpiService; errors are those of the proto.  Thread-safe.
//
// Changes wait for the journal: not for RPC threads.
class MpiService {
 public:
  // All must outlive the service.
  MpiService(Journal& journal, const Clock& clock, RandomSource& random, const Model& model)
      : journal_(journal), clock_(clock), random_(random), model_(model) {}

  absl::StatusOr<v1::RegisterRecordResponse> RegisterRecord(
      const v1::RegisterRecordRequest& request);
  absl::StatusOr<v1::ResolvePersonResponse> ResolvePerson(
      const v1::ResolvePersonRequest& request) const;
  absl::StatusOr<v1::SearchPersonsResponse> SearchPersons(
      const v1::SearchPersonsRequest& request) const;
  absl::StatusOr<v1::ConfirmLinksResponse> ConfirmLinks(
      const v1::ConfirmLinksRequest& request) const;
  absl::StatusOr<v1::DecideLinkResponse> DecideLink(const v1::DecideLinkRequest& request);

 private:
  // Adds what Apply may not make: fresh EIDs.
  std::string Complete(v1::MpiCommand command);

  Journal& journal_;
  const Clock& clock_;
  RandomSource& random_;
  const Model& model_;
};

}  // namespace hie::mpi
