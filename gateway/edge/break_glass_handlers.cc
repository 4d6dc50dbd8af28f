#include "gateway/edge/break_glass_handlers.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "gateway/edge/subject.h"
#include "hie/consent/v1/consent_service.methods.h"
#include "hie/exchange/v1/exchange_service.methods.h"
#include "services/common/wire/wire.h"

namespace hie::edge {
namespace {

using consent::v1::ConsentService;
using exchange::v1::ExchangeService;

constexpr absl::string_view kConsent = "consent";

std::string Folded(const std::string& name) {
  std::string folded;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x80 || absl::ascii_isalpha(byte)) folded.push_back(absl::ascii_tolower(byte));
  }
  return folded;
}

bool SameFamily(const Demographics& a, const Demographics& b) {
  return std::any_of(a.names.begin(), a.names.end(), [&b](const HumanName& left) {
    const std::string family = Folded(left.family);
    return !family.empty() &&
           std::any_of(b.names.begin(), b.names.end(), [&family](const HumanName& right) {
             return Folded(right.family) == family;
           });
  });
}

// Two identifiers, entered again, against one and the same record of the person.
bool AgreesWithPerson(const Demographics& reentered, const exchange::Person& person) {
  if (!reentered.birth_date || reentered.birth_date->day == 0) return false;
  return std::any_of(person.records.begin(), person.records.end(),
                     [&reentered](const exchange::Record& record) {
                       return record.demographics.birth_date == reentered.birth_date &&
                              SameFamily(reentered, record.demographics);
                     });
}

// A refusal, like an opening, is told when it is on record.
template <typename Response>
void Refuse(EdgeServices& services, std::shared_ptr<rpc::CallContext> context,
            const std::vector<LocalPatient>& patients, absl::Status status,
            Answer<Response> answer) {
  audit::v1::Event event =
      MakeEvent(services, context->caller().actor, audit::v1::EVENT_TYPE_BREAK_GLASS,
                absl::StrCat("refused:", absl::StatusCodeToString(status.code())));
  for (const LocalPatient& patient : patients) *event.add_patients() = wire::ToProto(patient);
  Record(services, *context, {std::move(event)},
         [status = std::move(status), answer = std::move(answer)](const absl::Status& recorded) {
           answer(recorded.ok() ? status : recorded);
         });
}

consent::v1::OpenBreakGlassRequest MakeRequest(const exchange::v1::OpenBreakGlassRequest& request,
                                               const Actor& actor, const exchange::Person& person) {
  consent::v1::OpenBreakGlassRequest open;
  *open.mutable_actor() = wire::ToProto(actor);
  for (const exchange::Record& record : person.records) {
    *open.add_patients() = wire::ToProto(record.patient);
  }
  open.set_reason(request.reason());
  open.set_encounter(request.encounter());
  open.set_attests_emergency(request.attests_emergency());
  open.set_attests_consent_impracticable(request.attests_consent_impracticable());
  open.set_attests_information_needed(request.attests_information_needed());
  open.set_narrative(request.narrative());
  return open;
}

// The request is durable in the audit before consent opens anything.
void Open(EdgeServices& services, std::shared_ptr<rpc::CallContext> context,
          const exchange::v1::OpenBreakGlassRequest& request, const exchange::Person& person,
          Answer<exchange::v1::OpenBreakGlassResponse> answer) {
  const Actor& actor = context->caller().actor;
  const consent::v1::OpenBreakGlassRequest open = MakeRequest(request, actor, person);
  audit::v1::Event event =
      MakeEvent(services, actor, audit::v1::EVENT_TYPE_BREAK_GLASS, "requested");
  *event.mutable_patients() = open.patients();
  Record(services, *context, {std::move(event)},
         [&services, context, open, patients = exchange::CertainPatients(person),
          answer = std::move(answer)](const absl::Status& recorded) {
           if (!recorded.ok()) return answer(recorded);
           CallRole<ConsentService::OpenBreakGlass>(
               *services.roles().consent, kConsent, *context, open,
               [&services, context, patients,
                answer](absl::StatusOr<consent::v1::OpenBreakGlassResponse> opened) {
                 if (!opened.ok()) {
                   return Refuse(services, context, patients, opened.status(), answer);
                 }
                 exchange::v1::OpenBreakGlassResponse response;
                 response.set_session_id(opened->session().id());
                 response.set_expires_micros(opened->session().expires_micros());
                 response.set_state(opened->session().state());
                 answer(std::move(response));
               });
         });
}

void OpenBreakGlass(EdgeServices& services, std::shared_ptr<rpc::CallContext> context,
                    exchange::v1::OpenBreakGlassRequest request,
                    Answer<exchange::v1::OpenBreakGlassResponse> answer) {
  absl::StatusOr<Demographics> reentered = wire::FromProto(request.reentered(), "reentered");
  if (!reentered.ok()) return Refuse(services, context, {}, reentered.status(), answer);
  const exchange::v1::PatientSubject subject = request.subject();
  ResolveSubject(
      services, context, subject, IdScope::kOwnMember,
      [&services, context, request = std::move(request), reentered = *std::move(reentered),
       answer = std::move(answer)](absl::StatusOr<exchange::Person> person) {
        if (!person.ok()) return Refuse(services, context, {}, person.status(), answer);
        if (!AgreesWithPerson(reentered, *person)) {
          return Refuse(services, context, exchange::CertainPatients(*person),
                        absl::InvalidArgumentError(
                            "reentered: want the family name and birth date of the person"),
                        answer);
        }
        Open(services, context, request, *person, answer);
      });
}

void AttestSecondTier(EdgeServices& services, std::shared_ptr<rpc::CallContext> context,
                      const exchange::v1::AttestSecondTierRequest& request,
                      Answer<exchange::v1::AttestSecondTierResponse> answer) {
  consent::v1::AttestSecondTierRequest attest;
  *attest.mutable_actor() = wire::ToProto(context->caller().actor);
  attest.set_session_id(request.session_id());
  attest.set_attests_more_needed(request.attests_more_needed());
  CallRole<ConsentService::AttestSecondTier>(
      *services.roles().consent, kConsent, *context, attest,
      [&services, context,
       answer = std::move(answer)](absl::StatusOr<consent::v1::AttestSecondTierResponse> attested) {
        if (!attested.ok()) return Refuse(services, context, {}, attested.status(), answer);
        exchange::v1::AttestSecondTierResponse response;
        response.set_state(attested->session().state());
        answer(std::move(response));
      });
}

void EndBreakGlass(EdgeServices& services, const std::shared_ptr<rpc::CallContext>& context,
                   const exchange::v1::EndBreakGlassRequest& request,
                   Answer<exchange::v1::EndBreakGlassResponse> answer) {
  consent::v1::EndBreakGlassRequest end;
  *end.mutable_actor() = wire::ToProto(context->caller().actor);
  end.set_session_id(request.session_id());
  CallRole<ConsentService::EndBreakGlass>(
      *services.roles().consent, kConsent, *context, end,
      [answer = std::move(answer)](absl::StatusOr<consent::v1::EndBreakGlassResponse> ended) {
        if (!ended.ok()) return answer(ended.status());
        exchange::v1::EndBreakGlassResponse response;
        response.set_state(ended->session().state());
        answer(std::move(response));
      });
}

}  // namespace

void ServeBreakGlass(EdgeServices& services, rpc::MethodRegistrar& server) {
  ServeCounted<ExchangeService::OpenBreakGlass>(server, services, OpenBreakGlass);
  ServeCounted<ExchangeService::AttestSecondTier>(server, services, AttestSecondTier);
  ServeCounted<ExchangeService::EndBreakGlass>(server, services, EndBreakGlass);
}

}  // namespace hie::edge
