#include "gateway/edge/subject.h"

#include <algorithm>
#include <utility>

#include "gateway/edge/place_check.h"
#include "gateway/exchange/query_wire.h"
#include "hie/mpi/v1/mpi_service.methods.h"
#include "services/common/base/status_macros.h"
#include "services/common/wire/wire.h"

namespace hie::edge {
namespace {

using mpi::v1::MpiService;

constexpr absl::string_view kIndex = "the patient index";

absl::Status NoCertainMatch() {
  return absl::FailedPreconditionError(
      "subject: no certain match; give more detail, or an id of your own member");
}

void Search(EdgeServices& services, const rpc::CallContext& context,
            const Demographics& demographics, Answer<exchange::Person> answer) {
  mpi::v1::SearchPersonsRequest request;
  *request.mutable_demographics() = wire::ToProto(demographics);
  CallRole<MpiService::SearchPersons>(
      *services.roles().mpi, kIndex, context, request,
      [answer = std::move(answer)](absl::StatusOr<mpi::v1::SearchPersonsResponse> response) {
        if (!response.ok()) return answer(response.status());
        absl::StatusOr<exchange::SearchResult> result = exchange::FromProto(*response);
        if (!result.ok()) return answer(absl::InternalError("persons: bad shape"));
        std::vector<exchange::Candidate>& candidates = result->candidates;
        std::erase_if(candidates, [](const auto& candidate) { return !candidate.certain; });
        if (result->too_many || candidates.size() != 1) {
          return answer(NoCertainMatch());
        }
        answer(std::move(candidates.front().person));
      });
}

void Resolve(EdgeServices& services, const rpc::CallContext& context,
             const mpi::v1::ResolvePersonRequest& request, Answer<exchange::Person> answer) {
  CallRole<MpiService::ResolvePerson>(
      *services.roles().mpi, kIndex, context, request,
      [answer = std::move(answer)](absl::StatusOr<mpi::v1::ResolvePersonResponse> response) {
        if (absl::IsNotFound(response.status())) {
          return answer(absl::NotFoundError("subject: unknown"));
        }
        if (!response.ok()) return answer(response.status());
        absl::StatusOr<exchange::Person> person = exchange::FromProto(response->person());
        if (!person.ok()) return answer(absl::InternalError("person: bad shape"));
        answer(std::move(person));
      });
}

// Every way to an unknown answer sounds alike: an id of nobody, one that is held or split, and one
// whose place may not be named.
void ResolveAny(EdgeServices& services, std::shared_ptr<rpc::CallContext> context,
                const LocalPatient& patient, IdScope scope, Answer<exchange::Person> answer) {
  const Actor& actor = context->caller().actor;
  const auto view = services.View();
  if (!view.ok()) return answer(view.status());
  const bool open = OwnPatient(services, actor, patient, scope).ok();
  ResolveRecord(services, *context, (*view)->Normalise(patient),
                [&services, context, patient, open,
                 answer = std::move(answer)](absl::StatusOr<exchange::Person> person) {
                  if (open || absl::IsUnavailable(person.status()))
                    return answer(std::move(person));
                  if (!person.ok()) return answer(absl::NotFoundError("subject: unknown"));
                  const auto found = std::make_shared<exchange::Person>(*std::move(person));
                  CheckPlace(services, context, patient, *found,
                             [found, answer](const absl::Status& status) {
                               if (!status.ok()) return answer(status);
                               answer(std::move(*found));
                             });
                });
}

}  // namespace

void ResolveRecord(EdgeServices& services, const rpc::CallContext& context,
                   const LocalPatient& patient, Answer<exchange::Person> answer) {
  mpi::v1::ResolvePersonRequest request;
  *request.mutable_patient() = wire::ToProto(patient);
  Resolve(services, context, request, std::move(answer));
}

absl::StatusOr<Subject> ReadSubject(const exchange::v1::PatientSubject& proto) {
  switch (proto.subject_case()) {
    case exchange::v1::PatientSubject::kPatient: {
      HIE_ASSIGN_OR_RETURN(LocalPatient patient, wire::FromProto(proto.patient(), "subject.patient",
                                                                 wire::Incarnation::kMayBeCurrent));
      return Subject(std::move(patient));
    }
    case exchange::v1::PatientSubject::kDemographics: {
      HIE_ASSIGN_OR_RETURN(Demographics demographics,
                           wire::FromProto(proto.demographics(), "subject.demographics"));
      return Subject(std::move(demographics));
    }
    case exchange::v1::PatientSubject::kEid:
      if (proto.eid().empty() || proto.eid().size() > wire::kLocalIdBytesMax) {
        return absl::InvalidArgumentError("subject.eid: want an id that an answer gave");
      }
      return Subject(EnterpriseId(proto.eid()));
    case exchange::v1::PatientSubject::kAnyMemberPatient: {
      HIE_ASSIGN_OR_RETURN(LocalPatient patient,
                           wire::FromProto(proto.any_member_patient(), "subject.any_member_patient",
                                           wire::Incarnation::kMayBeCurrent));
      return Subject(exchange::AnyMemberPatient{std::move(patient)});
    }
    case exchange::v1::PatientSubject::SUBJECT_NOT_SET:
      break;
  }
  return absl::InvalidArgumentError("subject: want a patient, demographics or an eid");
}

absl::StatusOr<LocalPatient> OwnPatient(EdgeServices& services, const Actor& actor,
                                        LocalPatient patient, IdScope scope) {
  HIE_ASSIGN_OR_RETURN(const std::shared_ptr<const exchange::DirectoryView> view, services.View());
  const exchange::MemberView* owner = view->OwnerOf(patient.assigning_authority);
  const bool own = owner != nullptr && owner->id == actor.member;
  if (!own && !(scope == IdScope::kOperator && services.IsOperator(actor))) {
    return absl::PermissionDeniedError("subject.patient: want an id of your own member");
  }
  return view->Normalise(std::move(patient));
}

void ResolveSubject(EdgeServices& services, std::shared_ptr<rpc::CallContext> context,
                    const exchange::v1::PatientSubject& proto, IdScope scope,
                    Answer<exchange::Person> answer) {
  absl::StatusOr<Subject> subject = ReadSubject(proto);
  if (!subject.ok()) return answer(subject.status());
  mpi::v1::ResolvePersonRequest request;
  if (const auto* demographics = std::get_if<Demographics>(&*subject)) {
    return Search(services, *context, *demographics, std::move(answer));
  }
  if (const auto* any = std::get_if<exchange::AnyMemberPatient>(&*subject)) {
    return ResolveAny(services, std::move(context), any->patient, scope, std::move(answer));
  }
  if (const auto* eid = std::get_if<EnterpriseId>(&*subject)) {
    request.set_eid(eid->value());
  } else {
    absl::StatusOr<LocalPatient> patient =
        OwnPatient(services, context->caller().actor, std::get<LocalPatient>(*subject), scope);
    if (!patient.ok()) return answer(patient.status());
    *request.mutable_patient() = wire::ToProto(*patient);
  }
  Resolve(services, *context, request, std::move(answer));
}

absl::Status UnknownPerson(const exchange::v1::PatientSubject& subject) {
  return subject.has_demographics() ? NoCertainMatch() : absl::NotFoundError("subject: unknown");
}

bool MayAdminister(EdgeServices& services, const Actor& actor, const LocalPatient& patient) {
  return OwnPatient(services, actor, patient, IdScope::kOperator).ok();
}

}  // namespace hie::edge
