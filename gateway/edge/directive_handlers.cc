#include "gateway/edge/directive_handlers.h"

#include <utility>

#include "gateway/edge/subject.h"
#include "hie/consent/v1/consent_service.methods.h"
#include "hie/exchange/v1/exchange_service.methods.h"
#include "services/common/wire/wire.h"

namespace hie::edge {
namespace {

using consent::v1::ConsentService;
using exchange::v1::ExchangeService;

constexpr absl::string_view kConsent = "consent";

// Finds the record that a directive is about, with its incarnation: a directive must not pass to
// the next holder of a reused id.
void FindHolder(EdgeServices& services, std::shared_ptr<rpc::CallContext> context,
                const common::v1::LocalPatient& patient, Answer<LocalPatient> answer) {
  exchange::v1::PatientSubject subject;
  *subject.mutable_patient() = patient;
  const auto asked = ReadSubject(subject);
  if (!asked.ok()) return answer(asked.status());
  absl::StatusOr<LocalPatient> key = OwnPatient(services, context->caller().actor,
                                                std::get<LocalPatient>(*asked), IdScope::kOperator);
  if (!key.ok()) return answer(key.status());
  ResolveSubject(
      services, context, subject, IdScope::kOperator,
      [key = *std::move(key), answer = std::move(answer)](absl::StatusOr<exchange::Person> person) {
        if (!person.ok()) return answer(person.status());
        for (const exchange::Record& record : person->records) {
          const bool holder = key.incarnation == 0 || key.incarnation == record.patient.incarnation;
          if (record.patient.assigning_authority == key.assigning_authority &&
              record.patient.id == key.id && holder) {
            return answer(record.patient);
          }
        }
        answer(absl::NotFoundError("subject: unknown"));
      });
}

void PutDirective(EdgeServices& services, std::shared_ptr<rpc::CallContext> context,
                  exchange::v1::PutDirectiveRequest request,
                  Answer<exchange::v1::PutDirectiveResponse> answer) {
  const common::v1::LocalPatient subject = request.directive().subject();
  FindHolder(services, context, subject,
             [&services, context, request = std::move(request),
              answer = std::move(answer)](absl::StatusOr<LocalPatient> record) mutable {
               if (!record.ok()) return answer(record.status());
               consent::v1::PutDirectiveRequest put;
               *put.mutable_actor() = wire::ToProto(context->caller().actor);
               *put.mutable_directive() = std::move(*request.mutable_directive());
               *put.mutable_directive()->mutable_subject() = wire::ToProto(*record);
               CallRole<ConsentService::PutDirective>(
                   *services.roles().consent, kConsent, *context, put,
                   [answer](absl::StatusOr<consent::v1::PutDirectiveResponse> response) {
                     if (!response.ok()) return answer(response.status());
                     exchange::v1::PutDirectiveResponse out;
                     *out.mutable_directive() = std::move(*response->mutable_directive());
                     answer(std::move(out));
                   });
             });
}

void RevokeDirective(EdgeServices& services, std::shared_ptr<rpc::CallContext> context,
                     const exchange::v1::RevokeDirectiveRequest& request,
                     Answer<exchange::v1::RevokeDirectiveResponse> answer) {
  FindHolder(services, context, request.subject(),
             [&services, context, id = request.id(),
              answer = std::move(answer)](absl::StatusOr<LocalPatient> record) {
               if (!record.ok()) return answer(record.status());
               consent::v1::RevokeDirectiveRequest revoke;
               *revoke.mutable_actor() = wire::ToProto(context->caller().actor);
               revoke.set_id(id);
               *revoke.mutable_subject() = wire::ToProto(*record);
               CallRole<ConsentService::RevokeDirective>(
                   *services.roles().consent, kConsent, *context, revoke,
                   [answer](absl::StatusOr<consent::v1::RevokeDirectiveResponse> response) {
                     if (!response.ok()) return answer(response.status());
                     exchange::v1::RevokeDirectiveResponse out;
                     *out.mutable_directive() = std::move(*response->mutable_directive());
                     answer(std::move(out));
                   });
             });
}

// Reads; the reading is on record before it is answered.
void ReadDirectives(EdgeServices& services, std::shared_ptr<rpc::CallContext> context,
                    const consent::v1::ListDirectivesRequest& list,
                    Answer<exchange::v1::ListDirectivesResponse> answer) {
  audit::v1::Event event =
      MakeEvent(services, context->caller().actor, audit::v1::EVENT_TYPE_QUERY, "directives-read");
  *event.mutable_patients() = list.patients();
  Record(services, *context, {std::move(event)},
         [&services, context, list, answer = std::move(answer)](const absl::Status& recorded) {
           if (!recorded.ok()) return answer(recorded);
           CallRole<ConsentService::ListDirectives>(
               *services.roles().consent, kConsent, *context, list,
               [answer](absl::StatusOr<consent::v1::ListDirectivesResponse> response) {
                 if (!response.ok()) return answer(response.status());
                 exchange::v1::ListDirectivesResponse out;
                 *out.mutable_directives() = std::move(*response->mutable_directives());
                 answer(std::move(out));
               });
         });
}

// A member sees the directives that were filed with it: one that names a psychiatric clinic names
// it to the clinic only.  A person of whom it has no record is unknown to it.
void ListDirectives(EdgeServices& services, std::shared_ptr<rpc::CallContext> context,
                    const exchange::v1::ListDirectivesRequest& request,
                    Answer<exchange::v1::ListDirectivesResponse> answer) {
  ResolveSubject(services, context, request.subject(), IdScope::kOperator,
                 [&services, context, unknown = UnknownPerson(request.subject()),
                  answer = std::move(answer)](absl::StatusOr<exchange::Person> person) {
                   if (!person.ok()) return answer(person.status());
                   consent::v1::ListDirectivesRequest list;
                   for (const exchange::Record& record : person->records) {
                     if (!MayAdminister(services, context->caller().actor, record.patient))
                       continue;
                     *list.add_patients() = wire::ToProto(record.patient);
                   }
                   if (list.patients().empty()) return answer(unknown);
                   ReadDirectives(services, context, list, answer);
                 });
}

}  // namespace

void ServeDirectives(EdgeServices& services, rpc::MethodRegistrar& server) {
  ServeCounted<ExchangeService::PutDirective>(server, services, PutDirective);
  ServeCounted<ExchangeService::RevokeDirective>(server, services, RevokeDirective);
  ServeCounted<ExchangeService::ListDirectives>(server, services, ListDirectives);
}

}  // namespace hie::edge
