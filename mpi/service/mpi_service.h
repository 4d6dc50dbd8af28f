#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "hie/mpi/v1/mpi_service.pb.h"
#include "hie/mpi/v1/mpi_state.pb.h"
#include "mpi/store/active_model.h"
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
  MpiService(Journal& journal, const Clock& clock, RandomSource& random,
             const ActiveModel& models)
      : journal_(journal), clock_(clock), random_(random), models_(models) {}

  absl::StatusOr<v1::RegisterRecordResponse> RegisterRecord(
      const v1::RegisterRecordRequest& request);
  absl::StatusOr<v1::ResolvePersonResponse> ResolvePerson(
      const v1::ResolvePersonRequest& request) const;
  absl::StatusOr<v1::SearchPersonsResponse> SearchPersons(
      const v1::SearchPersonsRequest& request) const;
  absl::StatusOr<v1::ConfirmLinksResponse> ConfirmLinks(
      const v1::ConfirmLinksRequest& request) const;
  absl::StatusOr<v1::QueryPersonsResponse> QueryPersons(
      const v1::QueryPersonsRequest& request) const;
  absl::StatusOr<v1::PreviewRecordResponse> PreviewRecord(
      const v1::PreviewRecordRequest& request) const;
  absl::StatusOr<v1::MergeRecordsResponse> MergeRecords(const v1::MergeRecordsRequest& request);
  absl::StatusOr<v1::UnmergeRecordResponse> UnmergeRecord(const v1::UnmergeRecordRequest& request);
  absl::StatusOr<v1::RemoveRecordResponse> RemoveRecord(const v1::RemoveRecordRequest& request);
  absl::StatusOr<v1::GetGoldenViewResponse> GetGoldenView(
      const v1::GetGoldenViewRequest& request) const;
  absl::StatusOr<v1::ExplainLinkResponse> ExplainLink(const v1::ExplainLinkRequest& request) const;
  absl::StatusOr<v1::DecideLinkResponse> DecideLink(const v1::DecideLinkRequest& request);

 private:
  // What Apply may not make.
  std::vector<std::string> FreshEids(int count) const;
  // Proposes the command with fresh EIDs and waits.
  template <typename Reply>
  absl::StatusOr<Reply> Propose(v1::MpiCommand command);

  Journal& journal_;
  const Clock& clock_;
  RandomSource& random_;
  const ActiveModel& models_;
};

}  // namespace hie::mpi
