#include "services/registry/registry_service.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "hie/registry/v1/registry_service.methods.h"
#include "hie/registry/v1/registry_state.pb.h"
#include "services/common/base/status_macros.h"
#include "services/common/crypto/hash.h"
#include "services/common/wire/wire.h"
#include "services/registry/registry_store.h"
#include "services/registry/registry_wire.h"
#include "services/registry/validate_submission.h"

namespace hie::registry {
namespace {

// What makes two requests the same submission: who submits and what, not the request id or the
// sign-in time of the attempt.
std::string BodyHash(const v1::SubmitRequest& request) {
  v1::SubmitRequest body = request;
  const std::string member = request.actor().member();
  body.clear_actor();
  body.mutable_actor()->set_member(member);
  return crypto::Sha256(body.SerializeAsString());
}

absl::StatusOr<std::vector<LocalPatient>> Patients(const v1::FindRequest& request) {
  if (request.patients().empty() ||
      static_cast<size_t>(request.patients_size()) > kFindPatientsMax) {
    return absl::InvalidArgumentError("patients: want 1 to 256");
  }
  std::vector<LocalPatient> patients;
  for (int i = 0; i < request.patients_size(); ++i) {
    HIE_ASSIGN_OR_RETURN(LocalPatient patient,
                         wire::FromProto(request.patients(i), absl::StrCat("patients[", i, "]"),
                                         wire::Incarnation::kRequired));
    patients.push_back(std::move(patient));
  }
  return patients;
}

}  // namespace

absl::StatusOr<v1::SubmitResponse> HandleSubmit(const v1::SubmitRequest& request,
                                                Journal& journal) {
  HIE_RETURN_IF_ERROR(wire::FromProto(request.actor(), "actor").status());
  HIE_ASSIGN_OR_RETURN(const Submission submission, FromProto(request));
  HIE_RETURN_IF_ERROR(ValidateSubmission(submission));
  v1::RegistryCommand command;
  *command.mutable_submit()->mutable_request() = request;
  command.mutable_submit()->set_body_sha256(BodyHash(request));
  HIE_ASSIGN_OR_RETURN(const Applied applied, ProposeAndWait(journal, command.SerializeAsString()));
  v1::SubmitResponse response;
  if (!response.ParseFromString(applied.reply)) {
    return absl::InternalError("registry: a reply is not readable");
  }
  return response;
}

absl::StatusOr<v1::FindResponse> HandleFind(const v1::FindRequest& request,
                                            const Journal& journal) {
  HIE_ASSIGN_OR_RETURN(const std::vector<LocalPatient> patients, Patients(request));
  if (request.limit() > kFindLimitMax) {
    return absl::InvalidArgumentError("limit: want at most 1000");
  }
  const size_t limit = request.limit() == 0 ? kFindLimitDefault : request.limit();
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
  response.set_truncated(found.completeness == FoundDocuments::Completeness::kTruncated);
  return response;
}

absl::StatusOr<v1::GetDocumentResponse> HandleGetDocument(const v1::GetDocumentRequest& request,
                                                          const Journal& journal) {
  if (request.id().empty()) return absl::InvalidArgumentError("id: want an entry id");
  const std::shared_ptr<const KvReader> state = journal.Snapshot();
  HIE_ASSIGN_OR_RETURN(const std::optional<DocumentEntry> document,
                       RegistryStore(*state).Document(request.id()));
  if (!document) return absl::NotFoundError("id: no such document entry");
  v1::GetDocumentResponse response;
  *response.mutable_document() = ToProto(*document);
  return response;
}

void ServeRegistry(rpc::Server& server, Journal& journal) {
  using Service = v1::RegistryService;
  server.Serve<Service::Submit>(
      [&journal](const rpc::CallContext&, const v1::SubmitRequest& request) {
        return HandleSubmit(request, journal);
      });
  server.Serve<Service::Find>([&journal](const rpc::CallContext&, const v1::FindRequest& request) {
    return HandleFind(request, journal);
  });
  server.Serve<Service::GetDocument>(
      [&journal](const rpc::CallContext&, const v1::GetDocumentRequest& request) {
        return HandleGetDocument(request, journal);
      });
}

}  // namespace hie::registry
