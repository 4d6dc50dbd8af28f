#include "services/registry/registry_service.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "hie/registry/v1/registry_service.methods.h"
#include "hie/registry/v1/registry_state.pb.h"
#include "services/common/base/status_macros.h"
#include "services/common/wire/wire.h"
#include "services/registry/content_service.h"
#include "services/registry/propose.h"
#include "services/registry/registry_store.h"
#include "services/registry/registry_wire.h"
#include "services/registry/seal_submission.h"
#include "services/registry/set_store.h"
#include "services/registry/validate_submission.h"

namespace hie::registry {
namespace {

absl::StatusOr<std::vector<LocalPatient>> Patients(
    const google::protobuf::RepeatedPtrField<common::v1::LocalPatient>& protos) {
  if (protos.empty() || static_cast<size_t>(protos.size()) > kFindPatientsMax) {
    return absl::InvalidArgumentError("patients: want 1 to 256");
  }
  return FromProto(protos, "patients");
}

absl::StatusOr<size_t> Limit(uint32_t asked) {
  if (asked > kFindLimitMax) return absl::InvalidArgumentError("limit: want at most 1000");
  return asked == 0 ? kFindLimitDefault : asked;
}

}  // namespace

absl::StatusOr<v1::SubmitResponse> HandleSubmit(const v1::SubmitRequest& request,
                                                const ContentVault* vault, Journal& journal) {
  HIE_RETURN_IF_ERROR(wire::FromProto(request.actor(), "actor").status());
  HIE_ASSIGN_OR_RETURN(const Submission submission, FromProto(request));
  HIE_RETURN_IF_ERROR(ValidateSubmission(submission));
  HIE_RETURN_IF_ERROR(CheckContents(request));
  if (!request.contents().empty() && vault == nullptr) {
    return absl::FailedPreconditionError("contents: want none: this registry keeps no content");
  }
  v1::RegistryCommand command;
  *command.mutable_submit() = CommandOf(request);
  return ProposeAgain<v1::SubmitResponse>(journal, [&]() -> absl::StatusOr<v1::RegistryCommand> {
    if (!request.contents().empty()) {
      HIE_RETURN_IF_ERROR(
          SealContents(request, *vault, *journal.Snapshot(), *command.mutable_submit()));
    }
    return command;
  });
}

absl::StatusOr<v1::SetDocumentStatusResponse> HandleSetDocumentStatus(
    const v1::SetDocumentStatusRequest& request, Journal& journal) {
  HIE_RETURN_IF_ERROR(wire::FromProto(request.actor(), "actor").status());
  if (request.member().empty()) return absl::InvalidArgumentError("member: want the custodian");
  if (request.unique_id().empty() || request.unique_id().size() > kUniqueIdBytesMax) {
    return absl::InvalidArgumentError("unique_id: want 1 to 256 bytes");
  }
  if (!v1::DocumentStatus_IsValid(request.status()) ||
      request.status() == v1::DOCUMENT_STATUS_UNSPECIFIED) {
    return absl::InvalidArgumentError("status: want a status of this version");
  }
  v1::RegistryCommand command;
  *command.mutable_set_status()->mutable_request() = request;
  return Propose<v1::SetDocumentStatusResponse>(journal, command);
}

absl::StatusOr<v1::FindResponse> HandleFind(const v1::FindRequest& request,
                                            const Journal& journal) {
  HIE_ASSIGN_OR_RETURN(const std::vector<LocalPatient> patients, Patients(request.patients()));
  HIE_ASSIGN_OR_RETURN(const size_t limit, Limit(request.limit()));
  const Wanted wanted = request.current_only() ? Wanted::kCurrent : Wanted::kAll;
  const std::shared_ptr<const KvReader> state = journal.Snapshot();
  const RegistryStore store(*state);
  HIE_ASSIGN_OR_RETURN(const std::vector<LocatorEntry> locators, store.Locators(patients));
  HIE_ASSIGN_OR_RETURN(const FoundDocuments found, store.FindDocuments(patients, wanted, limit));
  v1::FindResponse response;
  for (const LocatorEntry& locator : locators) *response.add_locators() = ToProto(locator);
  for (const DocumentEntry& document : found.documents) {
    *response.add_documents() = ToProto(document);
  }
  response.set_truncated(found.completeness == Completeness::kTruncated);
  return response;
}

absl::StatusOr<v1::FindSubmissionSetsResponse> HandleFindSubmissionSets(
    const v1::FindSubmissionSetsRequest& request, const Journal& journal) {
  if (request.id().empty() == request.patients().empty()) {
    return absl::InvalidArgumentError("patients: want patients or an id");
  }
  const std::shared_ptr<const KvReader> state = journal.Snapshot();
  const SetStore store(*state);
  v1::FindSubmissionSetsResponse response;
  if (!request.id().empty()) {
    HIE_ASSIGN_OR_RETURN(const std::optional<SubmissionSet> set, store.WholeSet(request.id()));
    if (set) *response.add_sets() = ToProto(*set);
    return response;
  }
  HIE_ASSIGN_OR_RETURN(const std::vector<LocalPatient> patients, Patients(request.patients()));
  HIE_ASSIGN_OR_RETURN(const size_t limit, Limit(request.limit()));
  HIE_ASSIGN_OR_RETURN(const FoundSets found, store.FindSets(patients, limit));
  for (const SubmissionSet& set : found.sets) *response.add_sets() = ToProto(set);
  response.set_truncated(found.completeness == Completeness::kTruncated);
  return response;
}

absl::StatusOr<v1::GetDocumentResponse> HandleGetDocument(const v1::GetDocumentRequest& request,
                                                          const Journal& journal) {
  if (request.id().empty()) return absl::InvalidArgumentError("id: want an entry id");
  const std::shared_ptr<const KvReader> state = journal.Snapshot();
  HIE_ASSIGN_OR_RETURN(const std::optional<DocumentEntry> document,
                       RegistryStore(*state).WholeDocument(request.id()));
  if (!document) return absl::NotFoundError("id: no such document entry");
  v1::GetDocumentResponse response;
  *response.mutable_document() = ToProto(*document);
  return response;
}

void ServeRegistry(rpc::Server& server, const ContentVault* vault, Journal& journal) {
  using Service = v1::RegistryService;
  server.Serve<Service::Submit>(
      [&journal, vault](const rpc::CallContext&, const v1::SubmitRequest& request) {
        return HandleSubmit(request, vault, journal);
      });
  server.Serve<Service::SetDocumentStatus>(
      [&journal](const rpc::CallContext&, const v1::SetDocumentStatusRequest& request) {
        return HandleSetDocumentStatus(request, journal);
      });
  server.Serve<Service::Find>([&journal](const rpc::CallContext&, const v1::FindRequest& request) {
    return HandleFind(request, journal);
  });
  server.Serve<Service::FindSubmissionSets>(
      [&journal](const rpc::CallContext&, const v1::FindSubmissionSetsRequest& request) {
        return HandleFindSubmissionSets(request, journal);
      });
  server.Serve<Service::GetDocument>(
      [&journal](const rpc::CallContext&, const v1::GetDocumentRequest& request) {
        return HandleGetDocument(request, journal);
      });
  ServeContents(server, vault, journal);
}

}  // namespace hie::registry
