#include "gateway/edge/audit_handlers.h"

#include <algorithm>
#include <utility>

#include "gateway/edge/subject.h"
#include "hie/audit/v1/audit_service.methods.h"
#include "hie/consent/v1/consent_service.methods.h"
#include "hie/exchange/v1/exchange_service.methods.h"
#include "services/common/wire/wire.h"

namespace hie::edge {
namespace {

using audit::v1::AuditService;
using exchange::v1::ExchangeService;

constexpr absl::string_view kAudit = "the audit";

// Returns the member whose view is wanted.  PERMISSION_DENIED: another's, and not the operator.
absl::StatusOr<std::string> ViewedMember(const EdgeServices& services, const Actor& actor,
                                         const std::string& wanted) {
  if (wanted.empty() || wanted == actor.member.value()) return actor.member.value();
  if (services.IsOperator(actor)) return wanted;
  return absl::PermissionDeniedError("member: want your own");
}

// What a member may read of a leaf: its own acts and disclosures, and its own patients' keys.
// Leaves of others would name members that consent withholds from it.
bool Restrict(EdgeServices& services, const Actor& actor, audit::v1::AuditRecord& record) {
  const std::string& own = actor.member.value();
  if (record.leaf().member() != own && record.leaf().custodian() != own) return false;
  google::protobuf::RepeatedPtrField<common::v1::LocalPatient> patients;
  patients.Swap(record.mutable_patients());
  for (common::v1::LocalPatient& proto : patients) {
    const auto patient = wire::FromProto(proto, "patient", wire::Incarnation::kRequired);
    if (patient.ok() && MayAdminister(services, actor, *patient)) {
      *record.add_patients() = std::move(proto);
    }
  }
  return true;
}

exchange::v1::ListAuditResponse MakeAnswer(EdgeServices& services, const Actor& actor,
                                           audit::v1::ListResponse listed) {
  exchange::v1::ListAuditResponse response;
  response.set_truncated(listed.truncated());
  const bool all = services.IsOperator(actor);
  for (audit::v1::AuditRecord& record : *listed.mutable_records()) {
    if (all || Restrict(services, actor, record)) *response.add_records() = std::move(record);
  }
  return response;
}

// Reads; the reading is on record before it is answered.
void List(EdgeServices& services, std::shared_ptr<rpc::CallContext> context,
          const audit::v1::ListRequest& list, Answer<exchange::v1::ListAuditResponse> answer) {
  const Actor& actor = context->caller().actor;
  audit::v1::Event event =
      MakeEvent(services, actor, audit::v1::EVENT_TYPE_QUERY,
                list.patients().empty() ? "audit-read-by-member" : "audit-read-by-patient");
  *event.mutable_patients() = list.patients();
  Record(services, *context, {std::move(event)},
         [&services, context, list, answer = std::move(answer)](const absl::Status& recorded) {
           if (!recorded.ok()) return answer(recorded);
           CallRole<AuditService::List>(
               *services.roles().audit, kAudit, *context, list,
               [&services, context, answer](absl::StatusOr<audit::v1::ListResponse> listed) {
                 if (!listed.ok()) return answer(listed.status());
                 answer(MakeAnswer(services, context->caller().actor, *std::move(listed)));
               });
         });
}

void ListAudit(EdgeServices& services, std::shared_ptr<rpc::CallContext> context,
               const exchange::v1::ListAuditRequest& request,
               Answer<exchange::v1::ListAuditResponse> answer) {
  audit::v1::ListRequest list;
  list.set_limit(request.limit());
  list.set_before_sequence(request.before_sequence());
  if (!request.has_subject()) {
    const auto member = ViewedMember(services, context->caller().actor, request.member());
    if (!member.ok()) return answer(member.status());
    list.set_member(*member);
    return List(services, std::move(context), list, std::move(answer));
  }
  ResolveSubject(services, context, request.subject(), IdScope::kOperator,
                 [&services, context, list,
                  answer = std::move(answer)](absl::StatusOr<exchange::Person> person) mutable {
                   if (!person.ok()) return answer(person.status());
                   for (const exchange::Record& record : person->records) {
                     *list.add_patients() = wire::ToProto(record.patient);
                   }
                   List(services, context, list, std::move(answer));
                 });
}

void VerifyAudit(EdgeServices& services, const std::shared_ptr<rpc::CallContext>& context,
                 const exchange::v1::VerifyAuditRequest&,
                 Answer<exchange::v1::VerifyAuditResponse> answer) {
  CallRole<AuditService::Verify>(
      *services.roles().audit, kAudit, *context, audit::v1::VerifyRequest(),
      [answer = std::move(answer)](absl::StatusOr<audit::v1::VerifyResponse> verified) {
        if (!verified.ok()) return answer(verified.status());
        exchange::v1::VerifyAuditResponse response;
        response.set_leaves(verified->leaves());
        response.set_head_hash(verified->head_hash());
        response.set_first_bad_sequence(verified->first_bad_sequence());
        answer(std::move(response));
      });
}

void ListNotices(EdgeServices& services, const std::shared_ptr<rpc::CallContext>& context,
                 const exchange::v1::ListNoticesRequest& request,
                 Answer<exchange::v1::ListNoticesResponse> answer) {
  const auto member = ViewedMember(services, context->caller().actor, request.member());
  if (!member.ok()) return answer(member.status());
  consent::v1::ListNoticesRequest list;
  list.set_member(*member);
  CallRole<consent::v1::ConsentService::ListNotices>(
      *services.roles().consent, "consent", *context, list,
      [answer = std::move(answer)](absl::StatusOr<consent::v1::ListNoticesResponse> listed) {
        if (!listed.ok()) return answer(listed.status());
        exchange::v1::ListNoticesResponse response;
        *response.mutable_notices() = std::move(*listed->mutable_notices());
        answer(std::move(response));
      });
}

}  // namespace

void ServeAudit(EdgeServices& services, rpc::Server& server) {
  ServeCounted<ExchangeService::ListAudit>(server, services, ListAudit);
  ServeCounted<ExchangeService::VerifyAudit>(server, services, VerifyAudit);
  ServeCounted<ExchangeService::ListNotices>(server, services, ListNotices);
}

}  // namespace hie::edge
