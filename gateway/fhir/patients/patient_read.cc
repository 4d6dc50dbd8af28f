#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gateway/fhir/patients/element.h"
#include "gateway/fhir/patients/patient_resource.h"
#include "gateway/fhir/patients/patient_rows.h"
#include "gateway/fhir/patients/person_lookup.h"

namespace hie::fhir {
namespace {

using exchange::v1::PatientView;

// If-None-Match: "*", or any of the listed tags (RFC 9110 section 13.1.2: compared weakly).
bool HasTag(absl::string_view header, const std::string& tag) {
  for (absl::string_view each : absl::StrSplit(header, ',')) {
    each = absl::StripAsciiWhitespace(each);
    if (each == "*" || each == tag || absl::StrCat("W/", each) == tag) return true;
  }
  return false;
}

void AnswerPatient(Call& call, const PatientView& view) {
  Answer answer;
  const std::string tag = WeakTag(view.version());
  answer.headers.Set("ETag", tag);
  if (view.changed_micros() > 0) {
    answer.headers.Set("Last-Modified", HttpDate(absl::FromUnixMicros(view.changed_micros())));
  }
  if (HasTag(call.request().headers.Get("If-None-Match"), tag)) {
    answer.http_status = 304;
  } else {
    answer.resource = PatientResource(call, view);
  }
  call.Respond(std::move(answer));
}

void ReadPatientById(std::shared_ptr<Call> call) {
  FindPerson(call, call->id(), [call](absl::StatusOr<PatientView> found) {
    if (!found.ok()) return call->Fail(found.status());
    AnswerPatient(*call, *found);
  });
}

}  // namespace

std::vector<Interaction> PatientReadRows() {
  Interaction row;
  row.kind = InteractionKind::kRead;
  row.method = http::Method::kGet;
  row.path = "/Patient/{id}";
  row.resource = "Patient";
  row.access = Access::kPatientData;
  row.scopes = {{"Patient", 'r', "ITI-78"}};
  row.run = ReadPatientById;
  return {std::move(row)};
}

}  // namespace hie::fhir
