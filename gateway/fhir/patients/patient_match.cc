#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/fhir/bundle.h"
#include "gateway/fhir/patients/patient_resource.h"
#include "gateway/fhir/patients/patient_rows.h"
#include "gateway/fhir/search_query.h"
#include "hie/exchange/v1/exchange_service.methods.h"

namespace hie::fhir {
namespace {

using exchange::v1::ExchangeService;
using exchange::v1::FoundPerson;
using exchange::v1::PatientView;

constexpr uint32_t kCandidatesMax = 10;
constexpr absl::string_view kResourceParameter = "Parameters.parameter.where(name='resource')";

// What was asked.
struct MatchRequest {
  PatientContent patient;
  bool only_certain = false;
  std::optional<int64_t> count;
  std::string path = std::string(kResourceParameter);
};

Reading<MatchRequest> ReadCountAndFlag(const json::Value& parameter, MatchRequest request) {
  const absl::string_view name = parameter.Text("name");
  if (name == "onlyCertainMatches") {
    const json::Value* value = parameter.Find("valueBoolean");
    if (value == nullptr || !value->boolean()) {
      return Fail(400, "value", "A boolean is wanted.",
                  "Parameters.parameter.where(name='onlyCertainMatches')");
    }
    request.only_certain = *value->boolean();
  }
  if (name == "count") {
    const json::Value* value = parameter.Find("valueInteger");
    if (value == nullptr) value = parameter.Find("valuePositiveInt");
    if (value == nullptr || value->integer().value_or(0) < 1) {
      return Fail(400, "value", "A number from 1 is wanted.",
                  "Parameters.parameter.where(name='count')");
    }
    request.count = value->integer();
  }
  return request;
}

// Parameters {resource, onlyCertainMatches, count}, or the bare Patient.
Reading<MatchRequest> ReadMatch(const json::Value* body) {
  MatchRequest request;
  const json::Value* resource = nullptr;
  if (body != nullptr && body->Text("resourceType") == "Patient") {
    resource = body;
    request.path = "Patient";
  } else if (body == nullptr || body->Text("resourceType") != "Parameters") {
    return Fail(400, "structure", "Parameters with a Patient, or a Patient, are wanted.");
  }
  for (const json::Value& parameter : body->Each("parameter")) {
    if (parameter.Text("name") == "resource") {
      if (resource != nullptr) return Fail(400, "value", "One Patient is wanted.", request.path);
      resource = parameter.Find("resource");
      continue;
    }
    Reading<MatchRequest> reading = ReadCountAndFlag(parameter, std::move(request));
    if (!reading.ok()) return reading;
    request = std::move(reading.value);
  }
  if (resource == nullptr) {
    return Fail(400, "required", "The Patient to match is wanted.", request.path);
  }
  Reading<PatientContent> patient = ReadPatient(*resource, PatientUse::kMatch, "Patient");
  if (!patient.ok()) return *std::move(patient.failure);
  request.patient = std::move(patient.value);
  return request;
}

absl::string_view GradeWord(exchange::v1::MatchGrade grade) {
  switch (grade) {
    case exchange::v1::MATCH_GRADE_CERTAIN:
      return "certain";
    case exchange::v1::MATCH_GRADE_PROBABLE:
      return "probable";
    case exchange::v1::MATCH_GRADE_CERTAINLY_NOT:
      return "certainly-not";
    default:
      return "possible";
  }
}

// The score says what the grade says and no more.  A finer one would follow records that the caller
// may not know of: somebody hidden elsewhere would score unlike somebody who is not.
double ScoreOf(exchange::v1::MatchGrade grade) {
  constexpr double kCertain = 1;
  constexpr double kProbable = 0.8;
  constexpr double kPossible = 0.5;
  switch (grade) {
    case exchange::v1::MATCH_GRADE_CERTAIN:
      return kCertain;
    case exchange::v1::MATCH_GRADE_PROBABLE:
      return kProbable;
    case exchange::v1::MATCH_GRADE_CERTAINLY_NOT:
      return 0;
    default:
      return kPossible;
  }
}

Issue Warning(absl::string_view code, std::string text) {
  return {Severity::kWarning, code, "", "", std::move(text)};
}

// One candidate on its way to an entry.
struct Candidate {
  PatientView view;
  absl::string_view grade;
  double score = 0;
};

class Matching : public std::enable_shared_from_this<Matching> {
 public:
  explicit Matching(std::shared_ptr<Call> call) : call_(std::move(call)) {}

  void Run() {
    Reading<MatchRequest> request = ReadMatch(call_->body());
    if (!request.ok()) return call_->Fail(*std::move(request.failure));
    request_ = std::move(request.value);
    if (Describes()) return FindByDescription();
    if (!AddIdentifiers()) {
      return call_->Fail(fhir::Fail(
          400, "required", "Not enough to match on: give name and birth date, or an identifier.",
          request_.path));
    }
    FindByIdentifier();
  }

 private:
  bool Describes() const {
    const common::v1::Demographics& demographics = request_.patient.demographics;
    return !demographics.names().empty() && !demographics.birth_date().empty();
  }

  void FindByDescription() {
    exchange::v1::FindPatientsRequest find;
    *find.mutable_demographics() = request_.patient.demographics;
    find.set_limit(kCandidatesMax);
    call_->Ask<ExchangeService::FindPatients>(
        find,
        [self = shared_from_this()](absl::StatusOr<exchange::v1::FindPatientsResponse> found) {
          if (!found.ok()) return self->call_->Fail(found.status());
          self->TakeFound(*std::move(found));
        });
  }

  void TakeFound(exchange::v1::FindPatientsResponse found) {
    if (found.too_many()) {
      issues_.push_back(
          Warning("too-costly", "More persons fit than may be shown; give more detail."));
    }
    std::vector<Candidate> candidates;
    for (FoundPerson& person : *found.mutable_persons()) {
      Candidate candidate;
      candidate.view = std::move(*person.mutable_patient());
      // The person itself stands beside the view, in older answers alone.
      if (candidate.view.eid().empty()) {
        candidate.view.set_eid(person.eid());
        *candidate.view.mutable_demographics() = person.demographics();
        candidate.view.set_active(true);
      }
      candidate.grade = GradeWord(person.grade());
      candidate.score = ScoreOf(person.grade());
      candidates.push_back(std::move(candidate));
    }
    Answer(std::move(candidates));
  }

  bool AddIdentifiers() {
    mpi::v1::PersonCondition* condition = by_identifier_.add_conditions();
    condition->set_field(mpi::v1::PERSON_FIELD_IDENTIFIER);
    for (const common::v1::PatientIdentifier& each : request_.patient.identifiers) {
      const auto normal = call_->directory().NormaliseLocalId(each.system(), each.value());
      condition->add_values(absl::StrCat(each.system(), "|", normal.ok() ? *normal : each.value()));
    }
    return !condition->values().empty();
  }

  void FindByIdentifier() {
    call_->Ask<ExchangeService::SearchPatients>(
        by_identifier_,
        [self = shared_from_this()](absl::StatusOr<exchange::v1::SearchPatientsResponse> found) {
          if (absl::IsNotFound(found.status())) return self->Answer({});
          if (!found.ok()) return self->call_->Fail(found.status());
          self->TakeHolders(*std::move(found));
        });
  }

  // An exact identifier names its holder.  With several holders, or where what else was given
  // contradicts, it is a possibility.
  void TakeHolders(exchange::v1::SearchPatientsResponse found) {
    if (found.too_many() || found.too_costly()) {
      issues_.push_back(
          Warning("too-costly", "More persons fit than may be shown; give more detail."));
    }
    std::vector<Candidate> candidates;
    const bool alone = found.patients_size() == 1;
    for (PatientView& view : *found.mutable_patients()) {
      const bool certain = alone && Agrees(view.demographics());
      Candidate candidate;
      candidate.view = std::move(view);
      candidate.grade = certain ? "certain" : "possible";
      candidate.score = certain ? 1 : 0.5;
      candidates.push_back(std::move(candidate));
    }
    Answer(std::move(candidates));
  }

  bool Agrees(const common::v1::Demographics& held) const {
    const common::v1::Demographics& given = request_.patient.demographics;
    const bool birth = given.birth_date().empty() || given.birth_date() == held.birth_date();
    const bool sex =
        given.sex() == common::v1::ADMINISTRATIVE_SEX_UNSPECIFIED || given.sex() == held.sex();
    const bool name =
        given.names().empty() || given.names(0).family().empty() ||
        std::any_of(held.names().begin(), held.names().end(), [&given](const auto& each) {
          return StringMatches("", given.names(0).family(), each.family());
        });
    return birth && sex && name;
  }

  // "Certain only" is never answered with the best of several.
  void KeepCertain(std::vector<Candidate>& candidates) {
    const size_t before = candidates.size();
    std::erase_if(candidates, [](const Candidate& each) { return each.grade != "certain"; });
    if (candidates.size() > 1) candidates.clear();
    if (!candidates.empty() || before == 0) return;
    issues_.push_back(
        before > 1 ? Warning("multiple-matches", "More than one person qualifies; none is certain.")
                   : Warning("informational", "One person may be meant; it is not certain."));
  }

  void Answer(std::vector<Candidate> candidates) {
    std::stable_sort(candidates.begin(), candidates.end(),
                     [](const Candidate& a, const Candidate& b) { return a.score > b.score; });
    if (request_.only_certain) KeepCertain(candidates);
    if (request_.count && candidates.size() > static_cast<size_t>(*request_.count)) {
      candidates.resize(static_cast<size_t>(*request_.count));
      issues_.push_back(
          Warning("informational", "More candidates fit than were asked for; the rest is cut."));
    }
    SearchSet set;
    set.total = candidates.size();
    set.issues = std::move(issues_);
    for (const Candidate& candidate : candidates) {
      BundleEntry entry;
      entry.full_url = call_->Url(absl::StrCat("Patient/", candidate.view.eid()));
      entry.resource = PatientResource(*call_, candidate.view);
      entry.score = candidate.score;
      entry.match_grade = std::string(candidate.grade);
      set.entries.push_back(std::move(entry));
    }
    call_->Respond({.http_status = 200, .resource = SearchSetBundle(*call_, std::move(set))});
  }

  const std::shared_ptr<Call> call_;
  MatchRequest request_;
  exchange::v1::SearchPatientsRequest by_identifier_;
  std::vector<Issue> issues_;
};

}  // namespace

std::vector<Interaction> PatientMatchRows() {
  Interaction row;
  row.kind = InteractionKind::kResourceOperation;
  row.method = http::Method::kPost;
  row.path = "/Patient/$match";
  row.resource = "Patient";
  row.operation = "match";
  row.operation_definition = "https://profiles.ihe.net/ITI/PDQm/OperationDefinition/PDQmMatch";
  row.profile =
      "https://profiles.ihe.net/ITI/PDQm/CapabilityStatement/"
      "IHE.PDQm.PatientDemographicsSupplierMatch";
  row.access = Access::kPatientData;
  row.scopes = {{"Patient", 's', "ITI-119"}};
  row.run = [](std::shared_ptr<Call> call) { std::make_shared<Matching>(std::move(call))->Run(); };
  return {std::move(row)};
}

}  // namespace hie::fhir
