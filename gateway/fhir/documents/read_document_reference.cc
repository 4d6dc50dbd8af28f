#include <utility>

#include "gateway/fhir/documents/document_codes.h"
#include "gateway/fhir/documents/document_reference_view.h"
#include "gateway/fhir/documents/document_rows.h"
#include "gateway/fhir/patients/element.h"
#include "hie/exchange/v1/exchange_service.methods.h"

namespace hie::fhir {
namespace {

using exchange::v1::ExchangeService;

void Found(const Call& call, const exchange::v1::GetDocumentResponse& found, Answer& answer) {
  DocumentView view;
  view.eid = found.eid();
  view.member_name = found.member_name();
  const registry::v1::DocumentEntry& entry = found.document();
  view.index_only =
      found.holder() != exchange::v1::DOCUMENT_HOLDER_EXCHANGE && entry.content_id().empty();
  answer.resource = DocumentReferenceOf(call, entry, view);
  answer.headers.Set("ETag", WeakTag(std::max(entry.version(), 1u)));
  if (entry.recorded_micros() != 0) {
    answer.headers.Set("Last-Modified", HttpDate(absl::FromUnixMicros(entry.recorded_micros())));
  }
}

void ReadDocumentReference(const std::shared_ptr<Call>& call, BreakGlassSessions& sessions) {
  Reading<std::string> session = sessions.Known(*call);
  if (!session.ok()) return call->Fail(*std::move(session.failure));
  exchange::v1::GetDocumentRequest request;
  request.set_document_id(call->id());
  request.set_session_id(std::move(session.value));
  call->Ask<ExchangeService::GetDocument>(
      request, [call](const absl::StatusOr<exchange::v1::GetDocumentResponse>& found) {
        if (!found.ok()) return call->Fail(found.status());
        if (found->document().status() == registry::v1::DOCUMENT_STATUS_ENTERED_IN_ERROR) {
          return call->Fail(fhir::Fail(410, "deleted", "The document was withdrawn."));
        }
        Answer answer;
        Found(*call, *found, answer);
        call->Respond(std::move(answer));
      });
}

}  // namespace

Interaction ReadDocumentReferenceRow(const DocumentSessions& sessions) {
  Interaction row;
  row.kind = InteractionKind::kRead;
  row.path = "/DocumentReference/{id}";
  row.resource = "DocumentReference";
  row.access = Access::kPatientData;
  row.scopes = {{"DocumentReference", 'r', "ITI-67"}};
  row.run = [sessions](const std::shared_ptr<Call>& call) {
    ReadDocumentReference(call, *sessions);
  };
  return row;
}

}  // namespace hie::fhir
