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

constexpr uint32_t kRecordsDefault = 100;

// Keeps the caller's own patients.  Of others not even the tags stay: they would tell how many
// records there are that consent withholds, and which are the same.
void RestrictPatients(EdgeServices& services, const Actor& actor, audit::v1::AuditRecord& record) {
  google::protobuf::RepeatedPtrField<common::v1::LocalPatient> patients;
  patients.Swap(record.mutable_patients());
  google::protobuf::RepeatedPtrField<audit::v1::PatientLink> links;
  links.Swap(record.mutable_leaf()->mutable_patients());
  const bool paired = links.size() == patients.size();
  for (int i = 0; i < patients.size(); ++i) {
    const auto patient = wire::FromProto(patients.Get(i), "patient", wire::Incarnation::kRequired);
    if (!patient.ok() || !MayAdminister(services, actor, *patient)) continue;
    *record.add_patients() = std::move(*patients.Mutable(i));
    if (paired) *record.mutable_leaf()->add_patients() = std::move(*links.Mutable(i));
  }
}

// What a member may read of a leaf: its own acts and disclosures, and its own patients' keys.
// Leaves of others would name members that consent withholds from it.
bool Restrict(EdgeServices& services, const Actor& actor, audit::v1::AuditRecord& record) {
  const std::string& own = actor.member.value();
  if (record.leaf().member() != own && record.leaf().custodian() != own) return false;
  RestrictPatients(services, actor, record);
  return true;
}

// One reading: pages on over leaves that are not shown, until as many as were asked for are.
class Reading : public std::enable_shared_from_this<Reading> {
 public:
  // `if_empty`: what is told where nothing may be shown; OK: an empty answer.
  Reading(EdgeServices& services, std::shared_ptr<rpc::CallContext> context,
          audit::v1::ListRequest list, absl::Status if_empty,
          Answer<exchange::v1::ListAuditResponse> answer)
      : services_(services),
        context_(std::move(context)),
        list_(std::move(list)),
        limit_(list_.limit() == 0 ? kRecordsDefault : list_.limit()),
        if_empty_(std::move(if_empty)),
        answer_(std::move(answer)) {}

  // The reading is on record before it is answered.
  void Start() {
    audit::v1::Event event =
        MakeEvent(services_, context_->caller().actor, audit::v1::EVENT_TYPE_QUERY,
                  list_.patients().empty() ? "audit-read-by-member" : "audit-read-by-patient");
    *event.mutable_patients() = list_.patients();
    Record(services_, *context_, {std::move(event)},
           [self = shared_from_this()](const absl::Status& recorded) {
             if (!recorded.ok()) return self->answer_(recorded);
             self->ReadPage();
           });
  }

 private:
  void ReadPage() {
    if (context_->cancelled()) return answer_(absl::CancelledError("the caller has gone"));
    CallRole<AuditService::List>(
        *services_.roles().audit, kAudit, *context_, list_,
        [self = shared_from_this()](absl::StatusOr<audit::v1::ListResponse> listed) {
          if (!listed.ok()) return self->answer_(listed.status());
          self->Take(*std::move(listed));
        });
  }

  void Take(audit::v1::ListResponse listed) {
    const Actor& actor = context_->caller().actor;
    const bool all = services_.IsOperator(actor);
    bool more = listed.truncated();
    for (audit::v1::AuditRecord& record : *listed.mutable_records()) {
      if (static_cast<uint32_t>(response_.records_size()) == limit_) {
        more = true;
        break;
      }
      list_.set_before_sequence(record.leaf().sequence());
      if (TellsOfNobody(record)) continue;
      if (all || Restrict(services_, actor, record)) *response_.add_records() = std::move(record);
    }
    const bool full = static_cast<uint32_t>(response_.records_size()) == limit_;
    if (more && !full && !listed.records().empty()) return ReadPage();
    response_.set_truncated(more);
    if (response_.records().empty() && !if_empty_.ok()) return answer_(if_empty_);
    answer_(std::move(response_));
  }

  // That the caller asked, this reading included, is on record for whom consent hides, too, and for
  // nobody else: shown without a disclosure it would tell that the person exists.
  bool TellsOfNobody(const audit::v1::AuditRecord& record) const {
    return !if_empty_.ok() && record.leaf().type() == audit::v1::EVENT_TYPE_QUERY;
  }

  EdgeServices& services_;
  const std::shared_ptr<rpc::CallContext> context_;
  audit::v1::ListRequest list_;
  const uint32_t limit_;
  const absl::Status if_empty_;
  const Answer<exchange::v1::ListAuditResponse> answer_;
  exchange::v1::ListAuditResponse response_;
};

// Reads by patient.  A person of whom the caller has no record and nothing to read is unknown.
void ReadOf(EdgeServices& services, const std::shared_ptr<rpc::CallContext>& context,
            const exchange::Person& person, audit::v1::ListRequest list, absl::Status unknown,
            Answer<exchange::v1::ListAuditResponse> answer) {
  bool known = false;
  for (const exchange::Record& record : person.records) {
    known = known || MayAdminister(services, context->caller().actor, record.patient);
    *list.add_patients() = wire::ToProto(record.patient);
  }
  std::make_shared<Reading>(services, context, std::move(list),
                            known ? absl::OkStatus() : std::move(unknown), std::move(answer))
      ->Start();
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
    std::make_shared<Reading>(services, std::move(context), std::move(list), absl::OkStatus(),
                              std::move(answer))
        ->Start();
    return;
  }
  ResolveSubject(services, context, request.subject(), IdScope::kOperator,
                 [&services, context, list, unknown = UnknownPerson(request.subject()),
                  answer = std::move(answer)](absl::StatusOr<exchange::Person> person) {
                   if (!person.ok()) return answer(person.status());
                   ReadOf(services, context, *person, list, unknown, answer);
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

void ServeAudit(EdgeServices& services, rpc::MethodRegistrar& server) {
  ServeCounted<ExchangeService::ListAudit>(server, services, ListAudit);
  ServeCounted<ExchangeService::VerifyAudit>(server, services, VerifyAudit);
  ServeCounted<ExchangeService::ListNotices>(server, services, ListNotices);
}

}  // namespace hie::edge
