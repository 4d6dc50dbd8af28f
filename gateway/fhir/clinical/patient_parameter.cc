#include "gateway/fhir/clinical/patient_parameter.h"

#include <utility>

#include "gateway/exchange/outcome.h"
#include "gateway/fhir/bundle.h"
#include "gateway/fhir/federated_answer.h"

namespace hie::fhir {
namespace {

Failure BadPatient() {
  return Fail(400, "value", "One patient is wanted: Patient/id, or system|value.", "http.patient");
}

// An id of a member's domain.
NamedPatient ByIdentifier(const Call& call, const Token& token) {
  NamedPatient patient;
  const std::optional<std::string> oid = OidOf(token.system);
  const Member* owner = oid ? call.directory().FindByDomain(*oid) : nullptr;
  if (owner == nullptr) {
    patient.nobody = true;
    return patient;
  }
  patient.own = owner->id == call.caller().caller.actor.member;
  common::v1::LocalPatient* key = patient.own ? patient.subject.mutable_patient()
                                              : patient.subject.mutable_any_member_patient();
  key->set_assigning_authority(*oid);
  const auto normal = call.directory().NormaliseLocalId(*oid, token.code);
  key->set_id(normal.ok() ? *normal : token.code);
  return patient;
}

}  // namespace

NamedPatient PatientByEid(const std::string& eid) {
  NamedPatient patient;
  patient.eid = eid;
  patient.subject.set_eid(eid);
  return patient;
}

Reading<std::optional<NamedPatient>> ReadPatientParameter(const Call& call) {
  std::vector<const SearchTerm*> terms = call.query().All("patient");
  for (const SearchTerm* chained : call.query().All("patient.identifier")) {
    terms.push_back(chained);
  }
  if (terms.empty()) return std::optional<NamedPatient>();
  const SearchTerm& term = *terms.front();
  if (terms.size() > 1 || term.values.size() != 1) return BadPatient();
  if (term.name == "patient.identifier" || term.modifier == "identifier") {
    const Token token = ReadToken(term.values.front());
    if (!token.has_system || token.system.empty() || token.code.empty()) return BadPatient();
    return std::optional<NamedPatient>(ByIdentifier(call, token));
  }
  if (!term.modifier.empty() && term.modifier != "Patient") return BadPatient();
  const std::optional<std::string> eid =
      ReadReference(Unescape(term.values.front()), "Patient", call.services().base_url);
  if (!eid) return BadPatient();
  return std::optional<NamedPatient>(PatientByEid(*eid));
}

Reading<NamedPatient> RequirePatientParameter(const Call& call) {
  Reading<std::optional<NamedPatient>> reading = ReadPatientParameter(call);
  if (!reading.ok()) return *std::move(reading.failure);
  if (!reading.value) {
    return Fail(400, "required", "The parameter patient or patient.identifier is required.",
                "http.patient");
  }
  return *std::move(reading.value);
}

void AnswerUnknownPatient(Call& call, const NamedPatient& patient) {
  if (patient.own) return call.Fail(absl::NotFoundError("patient: unknown"));
  FederatedAnswer nobody;
  nobody.end.set_completeness(exchange::v1::COMPLETENESS_NO_KNOWN_SOURCE);
  nobody.end.set_notice(std::string(exchange::kNotice));
  SearchSet set;
  set.total = 0;
  set.issues = OutcomeIssues(call, nobody, Severity::kWarning);
  set.completeness = CompletenessCode(nobody.end.completeness());
  Answer answer;
  answer.headers.Set("HIE-Completeness", CompletenessHeader(nobody));
  answer.resource = SearchSetBundle(call, std::move(set));
  call.Respond(std::move(answer));
}

}  // namespace hie::fhir
