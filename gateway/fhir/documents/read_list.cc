#include <utility>

#include "gateway/fhir/documents/document_reference_view.h"
#include "gateway/fhir/documents/document_rows.h"
#include "gateway/fhir/patients/element.h"
#include "hie/exchange/v1/exchange_service.methods.h"

namespace hie::fhir {
namespace {

using exchange::v1::ExchangeService;

void ReadList(const std::shared_ptr<Call>& call, BreakGlassSessions& sessions) {
  Reading<std::string> session = sessions.Known(*call);
  if (!session.ok()) return call->Fail(*std::move(session.failure));
  exchange::v1::FindSubmissionSetsRequest request;
  request.set_id(call->id());
  request.set_session_id(std::move(session.value));
  call->Ask<ExchangeService::FindSubmissionSets>(
      request, [call](const absl::StatusOr<exchange::v1::FindSubmissionSetsResponse>& found) {
        if (!found.ok()) return call->Fail(found.status());
        // A set of which nothing may be seen is as one that does not exist.
        if (found->sets_size() != 1) return call->Fail(absl::NotFoundError("List: unknown"));
        Answer answer;
        answer.resource = SubmissionSetOf(found->sets(0), found->eid());
        answer.headers.Set("ETag", WeakTag(1));
        if (found->sets(0).recorded_micros() != 0) {
          answer.headers.Set("Last-Modified",
                             HttpDate(absl::FromUnixMicros(found->sets(0).recorded_micros())));
        }
        call->Respond(std::move(answer));
      });
}

}  // namespace

Interaction ReadListRow(const DocumentSessions& sessions) {
  Interaction row;
  row.kind = InteractionKind::kRead;
  row.path = "/List/{id}";
  row.resource = "List";
  row.access = Access::kPatientData;
  row.scopes = {{"List", 'r', "ITI-66"}};
  row.run = [sessions](const std::shared_ptr<Call>& call) { ReadList(call, *sessions); };
  return row;
}

}  // namespace hie::fhir
