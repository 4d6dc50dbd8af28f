#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "gateway/fhir/patients/element.h"
#include "gateway/fhir/patients/feed_failures.h"
#include "gateway/fhir/patients/patient_resource.h"
#include "gateway/fhir/patients/patient_rows.h"
#include "hie/exchange/v1/exchange_service.methods.h"

namespace hie::fhir {
namespace {

using common::v1::LocalPatient;
using exchange::v1::ExchangeService;
using exchange::v1::RegisteredPatient;

// The one identifier that a conditional request names, in a domain of the caller's member.
Reading<LocalPatient> ReadKey(const Call& call) {
  const std::vector<const SearchTerm*> terms = call.query().All("identifier");
  if (terms.empty()) {
    return Fail(400, "required", "The identifier is wanted: ?identifier=system|value.",
                "http.identifier");
  }
  const bool one =
      terms.size() == 1 && terms.front()->values.size() == 1 && call.query().terms.size() == 1;
  const Token token = ReadToken(terms.front()->values.front());
  if (!one || !token.has_system || token.system.empty() || token.code.empty()) {
    return Fail(400, "value", "One identifier with system and value is wanted, and nothing else.",
                "http.identifier");
  }
  const std::optional<std::string> oid = OidOf(token.system);
  const Member* owner = oid ? call.directory().FindByDomain(*oid) : nullptr;
  if (owner == nullptr || owner->id != call.caller().caller.actor.member) return NotYourDomain();
  LocalPatient key;
  key.set_assigning_authority(*oid);
  const auto normal = call.directory().NormaliseLocalId(*oid, token.code);
  key.set_id(normal.ok() ? *normal : token.code);
  return key;
}

bool SameIdentifier(const Call& call, const common::v1::PatientIdentifier& identifier,
                    const LocalPatient& key) {
  if (identifier.system() != key.assigning_authority()) return false;
  const auto normal = call.directory().NormaliseLocalId(identifier.system(), identifier.value());
  return (normal.ok() ? *normal : identifier.value()) == key.id();
}

// If-Match: W/"3".  "*" and absence: whatever it is.
Reading<uint64_t> ReadExpectedVersion(const Call& call) {
  absl::string_view text = absl::StripAsciiWhitespace(call.request().headers.Get("If-Match"));
  if (text.empty() || text == "*") return uint64_t{0};
  absl::ConsumePrefix(&text, "W/");
  uint64_t version = 0;
  const bool quoted = absl::ConsumePrefix(&text, "\"") && absl::ConsumeSuffix(&text, "\"");
  if (!quoted || !absl::SimpleAtoi(text, &version) || version == 0) {
    return Fail(412, "conflict", "The version in If-Match is none of this resource.");
  }
  return version;
}

// Merging and removing ask for no version of the record: a condition that nobody checks must not
// look as if it held.
bool NamesVersion(const Call& call) {
  const absl::string_view text = absl::StripAsciiWhitespace(call.request().headers.Get("If-Match"));
  return !text.empty() && text != "*";
}

Failure VersionNotChecked() {
  return Fail(412, "conflict", "This change cannot be bound to a version; send no If-Match.",
              "http.If-Match");
}

// One conditional update: a registration, a merge, or a merge taken back.
class Feeding : public std::enable_shared_from_this<Feeding> {
 public:
  explicit Feeding(std::shared_ptr<Call> call) : call_(std::move(call)) {}

  void Run() {
    Reading<LocalPatient> key = ReadKey(*call_);
    if (!key.ok()) return call_->Fail(*std::move(key.failure));
    key_ = std::move(key.value);
    if (call_->body() == nullptr) {
      return call_->Fail(fhir::Fail(400, "structure", "A Patient is wanted.", "Patient"));
    }
    Reading<PatientContent> patient = ReadPatient(*call_->body(), PatientUse::kFeed, "Patient");
    if (!patient.ok()) return call_->Fail(*std::move(patient.failure));
    patient_ = std::move(patient.value);
    if (!TakeKeyFromIdentifiers()) {
      return call_->Fail(fhir::Fail(400, "required",
                                    "The body must carry the identifier of the request.",
                                    "Patient.identifier"));
    }
    if (patient_.replaced) return Merge();
    if (patient_.active == false) return call_->Fail(InactiveWithoutLink());
    if (patient_.demographics.names().empty()) {
      return call_->Fail(fhir::Fail(400, "required", "A name is wanted.", "Patient.name"));
    }
    Register();
  }

 private:
  // The key stands in the record, the other identifiers in its demographics.
  bool TakeKeyFromIdentifiers() {
    bool found = false;
    auto* identifiers = patient_.demographics.mutable_identifiers();
    for (int i = identifiers->size() - 1; i >= 0; --i) {
      if (!SameIdentifier(*call_, identifiers->Get(i), key_)) continue;
      identifiers->DeleteSubrange(i, 1);
      found = true;
    }
    return found;
  }

  void Register() {
    const Reading<uint64_t> version = ReadExpectedVersion(*call_);
    if (!version.ok()) return call_->Fail(*version.failure);
    exchange::v1::RegisterPatientsRequest request;
    exchange::v1::RegisterPatient* patient = request.add_patients();
    *patient->mutable_patient() = key_;
    *patient->mutable_demographics() = patient_.demographics;
    patient->set_expected_version(version.value);
    call_->Ask<ExchangeService::RegisterPatients>(
        request, [self = shared_from_this()](
                     absl::StatusOr<exchange::v1::RegisterPatientsResponse> response) {
          if (!response.ok()) return self->call_->Fail(response.status());
          if (response->patients_size() != 1) {
            return self->call_->Fail(absl::InternalError("patients: want one"));
          }
          self->TakeRegistered(response->patients(0));
        });
  }

  void TakeRegistered(const RegisteredPatient& registered) {
    if (registered.problem_code() != 0 || !registered.problem().empty()) {
      return call_->Fail(RegistrationFailure(registered));
    }
    switch (registered.outcome()) {
      case mpi::v1::LINK_OUTCOME_MERGED_AWAY:
        // "active": true, said of a merged-away id, takes the merge back; an update that does not
        // say so may just be late.
        if (patient_.active == true && !unmerged_) return Unmerge();
        return call_->Fail(MergedAway());
      case mpi::v1::LINK_OUTCOME_STALE:
        return call_->Fail(StaleUpdate());
      case mpi::v1::LINK_OUTCOME_HELD:
        return AnswerHeld();
      default:
        return Answer(registered);
    }
  }

  // Taken and filed, released to nobody until a steward has looked (PRACTICE 1).
  void AnswerHeld() {
    fhir::Answer answer;
    answer.http_status = 202;
    answer.resource = OutcomeResource({HeldIssue()}, call_->request().request_id);
    call_->Respond(std::move(answer));
  }

  void Answer(const RegisteredPatient& registered) {
    fhir::Answer answer;
    answer.http_status = registered.created() ? 201 : 200;
    const std::string version = absl::StrCat(registered.version());
    const absl::Time taken = registered.recorded_micros() > 0
                                 ? absl::FromUnixMicros(registered.recorded_micros())
                                 : call_->services().clock->Now();
    answer.headers.Set("ETag", WeakTag(registered.version()));
    answer.headers.Set("Last-Modified", HttpDate(taken));
    answer.headers.Set(
        "Location", call_->Url(absl::StrCat("Patient/", registered.eid(), "/_history/", version)));
    answer.resource = Body(registered.eid(), version, taken);
    call_->Respond(std::move(answer));
  }

  // What the source said, as it was taken: nothing that others say of the person.
  std::optional<json::Value> Body(const std::string& eid, const std::string& version,
                                  absl::Time taken) const {
    if (call_->preference() == ReturnPreference::kMinimal) return std::nullopt;
    if (call_->preference() == ReturnPreference::kOperationOutcome) {
      return OutcomeResource({{Severity::kInformation, "informational", "", "", "Taken."}},
                             call_->request().request_id);
    }
    json::Value resource = json::Value::Object();
    resource.Set("resourceType", json::Value::String("Patient"));
    if (!eid.empty()) resource.Set("id", json::Value::String(eid));
    json::Value meta = json::Value::Object();
    if (!version.empty()) meta.Set("versionId", json::Value::String(version));
    meta.Set("lastUpdated", json::Value::String(InstantText(taken)));
    resource.Set("meta", std::move(meta));
    for (const json::Member& member : call_->body()->members()) {
      const bool ours =
          member.name == "resourceType" || member.name == "id" || member.name == "meta";
      if (!ours) resource.Set(member.name, member.value);
    }
    return resource;
  }

  void Merge() {
    if (NamesVersion(*call_)) return call_->Fail(VersionNotChecked());
    if (patient_.active != false) {
      return call_->Fail(fhir::Fail(
          400, "value", "A replaced patient must say that it is not active.", "Patient.active"));
    }
    const common::v1::PatientIdentifier& survivor = patient_.replaced_by;
    if (survivor.system() != key_.assigning_authority()) {
      return call_->Fail(MergeFailure(mpi::v1::MERGE_OUTCOME_DOMAINS_DIFFER));
    }
    exchange::v1::MergePatientsRequest request;
    mpi::v1::MergePair* pair = request.add_pairs();
    *pair->mutable_subsumed() = key_;
    pair->mutable_survivor()->set_assigning_authority(survivor.system());
    const auto normal = call_->directory().NormaliseLocalId(survivor.system(), survivor.value());
    pair->mutable_survivor()->set_id(normal.ok() ? *normal : survivor.value());
    // A PUT of an id that nobody knows creates it: here, merged away from its first day.
    request.set_create_tombstone(true);
    call_->Ask<ExchangeService::MergePatients>(
        request,
        [self = shared_from_this()](absl::StatusOr<exchange::v1::MergePatientsResponse> response) {
          if (!response.ok()) return self->call_->Fail(response.status());
          if (response->outcomes_size() != 1) {
            return self->call_->Fail(absl::InternalError("outcomes: want one"));
          }
          self->TakeMerged(*response);
        });
  }

  void TakeMerged(const exchange::v1::MergePatientsResponse& response) {
    const mpi::v1::MergeOutcome outcome = response.outcomes(0);
    if (outcome != mpi::v1::MERGE_OUTCOME_MERGED && outcome != mpi::v1::MERGE_OUTCOME_REPEATED) {
      return call_->Fail(MergeFailure(outcome));
    }
    fhir::Answer answer;
    // The merged-away id has no resource of its own any more: no id, no version.
    answer.resource = Body("", "", call_->services().clock->Now());
    call_->Respond(std::move(answer));
  }

  void Unmerge() {
    unmerged_ = true;
    exchange::v1::UnmergePatientRequest request;
    *request.mutable_subsumed() = key_;
    call_->Ask<ExchangeService::UnmergePatient>(
        request,
        [self = shared_from_this()](absl::StatusOr<exchange::v1::UnmergePatientResponse> response) {
          if (!response.ok()) return self->call_->Fail(response.status());
          // What the body says of the patient holds from now on.
          self->Register();
        });
  }

  const std::shared_ptr<Call> call_;
  LocalPatient key_;
  PatientContent patient_;
  bool unmerged_ = false;
};

// DELETE Patient?identifier=: done when nobody knows the id, however often it is said.
void RemoveFromFeed(std::shared_ptr<Call> call) {
  Reading<LocalPatient> key = ReadKey(*call);
  if (!key.ok()) return call->Fail(*std::move(key.failure));
  if (NamesVersion(*call)) return call->Fail(VersionNotChecked());
  exchange::v1::RemovePatientRequest request;
  *request.mutable_patient() = std::move(key.value);
  call->Ask<ExchangeService::RemovePatient>(
      request, [call](absl::StatusOr<exchange::v1::RemovePatientResponse> response) {
        if (!response.ok() && !absl::IsNotFound(response.status())) {
          return call->Fail(response.status());
        }
        call->Respond({.http_status = 204, .resource = std::nullopt});
      });
}

Interaction Row(InteractionKind kind, http::Method method, char action) {
  Interaction row;
  row.kind = kind;
  row.method = method;
  row.path = "/Patient";
  row.resource = "Patient";
  row.profile = "https://profiles.ihe.net/ITI/PIXm/CapabilityStatement/IHE.PIXm.Manager";
  row.parameters = {{"identifier", ParameterType::kToken}};
  row.access = Access::kAdministration;
  row.scopes = {{"Patient", action, "ITI-104"}};
  return row;
}

}  // namespace

std::vector<Interaction> PatientFeedRows() {
  Interaction update = Row(InteractionKind::kUpdate, http::Method::kPut, 'u');
  update.run = [](std::shared_ptr<Call> call) {
    std::make_shared<Feeding>(std::move(call))->Run();
  };
  Interaction remove = Row(InteractionKind::kDelete, http::Method::kDelete, 'd');
  remove.run = RemoveFromFeed;
  return {std::move(update), std::move(remove)};
}

}  // namespace hie::fhir
