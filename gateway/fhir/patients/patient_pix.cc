#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "gateway/fhir/patients/element.h"
#include "gateway/fhir/patients/patient_rows.h"
#include "gateway/fhir/patients/person_lookup.h"
#include "hie/exchange/v1/exchange_service.methods.h"

namespace hie::fhir {
namespace {

using exchange::v1::ExchangeService;

// Test tools compare these texts literally.
Failure SourceIdUnknown() {
  return Fail(404, "not-found", "sourceIdentifier Patient Identifier not found");
}
Failure SourceDomainUnknown() {
  return Fail(400, "code-invalid", "sourceIdentifier Assigning Authority not found");
}
Failure TargetUnknown() { return Fail(403, "code-invalid", "targetSystem not found"); }

// What was asked: the texts of the parameters.
struct PixRequest {
  std::vector<std::string> sources;
  std::vector<std::string> targets;
};

// The text of a Parameters.parameter: a string, uri or token, or an Identifier.
std::string ParameterText(const json::Value& parameter) {
  for (const absl::string_view name : {"valueString", "valueUri", "valueUrl", "valueOid"}) {
    if (!parameter.Text(name).empty()) return std::string(parameter.Text(name));
  }
  const json::Value* identifier = parameter.Find("valueIdentifier");
  if (identifier == nullptr) return "";
  return absl::StrCat(identifier->Text("system"), "|", identifier->Text("value"));
}

PixRequest ReadPix(const Call& call) {
  PixRequest request;
  for (const SearchTerm& term : call.query().terms) {
    if (term.name == "sourceIdentifier") request.sources.push_back(term.text);
    if (term.name != "targetSystem") continue;
    for (const std::string& value : term.values) request.targets.push_back(Unescape(value));
  }
  if (call.body() == nullptr) return request;
  for (const json::Value& parameter : call.body()->Each("parameter")) {
    const absl::string_view name = parameter.Text("name");
    if (name == "sourceIdentifier") request.sources.push_back(ParameterText(parameter));
    if (name == "targetSystem") request.targets.push_back(ParameterText(parameter));
  }
  return request;
}

class CrossReferencing : public std::enable_shared_from_this<CrossReferencing> {
 public:
  explicit CrossReferencing(std::shared_ptr<Call> call) : call_(std::move(call)) {}

  void Run() {
    const PixRequest request = ReadPix(*call_);
    if (request.sources.empty() || request.sources.front().empty()) {
      return call_->Fail(
          fhir::Fail(400, "required", "One sourceIdentifier is wanted.", "http.sourceIdentifier"));
    }
    if (request.sources.size() > 1) {
      return call_->Fail(
          fhir::Fail(400, "value", "One sourceIdentifier is wanted.", "http.sourceIdentifier"));
    }
    // The source is judged before the targets, as the guide lists its errors.
    const Token source = ReadToken(request.sources.front());
    const bool ours = absl::StripSuffix(source.system, "/") == call_->services().base_url;
    const std::optional<std::string> domain = OidOf(source.system);
    if (!ours && (!domain || call_->directory().FindDomain(*domain) == nullptr)) {
      return call_->Fail(SourceDomainUnknown());
    }
    if (source.code.empty()) return call_->Fail(SourceIdUnknown());
    if (!ReadTargets(request.targets)) return call_->Fail(TargetUnknown());
    if (ours) return FromOwnId(source.code);
    FromIdentifier(*domain, source.code);
  }

 private:
  // Own ids are a target, too: the base URL stands for them.
  bool ReadTargets(const std::vector<std::string>& targets) {
    for (const std::string& target : targets) {
      if (absl::StripSuffix(target, "/") == call_->services().base_url) {
        own_id_wanted_ = true;
        continue;
      }
      const std::optional<std::string> domain = OidOf(target);
      if (!domain || call_->directory().FindDomain(*domain) == nullptr) return false;
      domains_.push_back(*domain);
    }
    // Own ids alone: no domain is wanted, which an empty list would not say.
    ids_wanted_ = !domains_.empty() || !own_id_wanted_;
    return true;
  }

  void FromIdentifier(const std::string& domain, const std::string& value) {
    exchange::v1::CrossReferenceRequest request;
    request.mutable_source()->set_assigning_authority(domain);
    const auto normal = call_->directory().NormaliseLocalId(domain, value);
    request.mutable_source()->set_id(normal.ok() ? *normal : value);
    for (const std::string& target : domains_) request.add_target_domains(target);
    call_->Ask<ExchangeService::CrossReference>(
        request,
        [self = shared_from_this()](absl::StatusOr<exchange::v1::CrossReferenceResponse> found) {
          if (absl::IsNotFound(found.status())) return self->call_->Fail(SourceIdUnknown());
          if (!found.ok()) return self->call_->Fail(found.status());
          self->Take(*found);
        });
  }

  void Take(const exchange::v1::CrossReferenceResponse& found) {
    switch (found.outcome()) {
      case exchange::v1::CROSS_REFERENCE_OUTCOME_OK:
        return Answer(found.targets(), found.eid());
      case exchange::v1::CROSS_REFERENCE_OUTCOME_SOURCE_DOMAIN_UNKNOWN:
        return call_->Fail(SourceDomainUnknown());
      case exchange::v1::CROSS_REFERENCE_OUTCOME_SOURCE_ID_UNKNOWN:
        return call_->Fail(SourceIdUnknown());
      case exchange::v1::CROSS_REFERENCE_OUTCOME_TARGET_DOMAIN_UNKNOWN:
        return call_->Fail(TargetUnknown());
      default:
        return call_->Fail(absl::InternalError("cross-reference: no outcome"));
    }
  }

  // "<base>|Patient/<id>": an id that the exchange assigned.  It is the source, so it is not told.
  void FromOwnId(absl::string_view reference) {
    if (!absl::ConsumePrefix(&reference, "Patient/")) return call_->Fail(SourceIdUnknown());
    FindCurrentPerson(call_, std::string(reference),
                      [self = shared_from_this()](absl::StatusOr<exchange::v1::PatientView> found) {
                        if (absl::IsNotFound(found.status()))
                          return self->call_->Fail(SourceIdUnknown());
                        if (!found.ok()) return self->call_->Fail(found.status());
                        google::protobuf::RepeatedPtrField<common::v1::LocalPatient> targets;
                        for (const common::v1::LocalPatient& id : found->identifiers()) {
                          const bool wanted =
                              self->domains_.empty() ||
                              std::find(self->domains_.begin(), self->domains_.end(),
                                        id.assigning_authority()) != self->domains_.end();
                          if (wanted) *targets.Add() = id;
                        }
                        self->Answer(targets, "");
                      });
  }

  json::Value TargetIdentifier(const common::v1::LocalPatient& target) const {
    json::Value identifier = IdentifierElement(OidUrn(target.assigning_authority()), target.id());
    const Member* member = call_->directory().FindByDomain(target.assigning_authority());
    json::Value assigner = json::Value::Object();
    SetText(
        assigner, "display",
        member == nullptr || member->name.empty() ? target.assigning_authority() : member->name);
    identifier.Set("assigner", std::move(assigner));
    return identifier;
  }

  // Known without a cross-reference: no parameters at all.
  void Answer(const google::protobuf::RepeatedPtrField<common::v1::LocalPatient>& targets,
              const std::string& eid) {
    json::Value parameters = json::Value::Object();
    parameters.Set("resourceType", json::Value::String("Parameters"));
    const auto add = [&parameters](absl::string_view name, absl::string_view value_name,
                                   json::Value value) {
      json::Value parameter = json::Value::Object();
      parameter.Set("name", json::Value::String(name));
      parameter.Set(value_name, std::move(value));
      AppendTo(parameters, "parameter", std::move(parameter));
    };
    if (ids_wanted_) {
      for (const common::v1::LocalPatient& target : targets) {
        add("targetIdentifier", "valueIdentifier", TargetIdentifier(target));
      }
    }
    const bool referenced = own_id_wanted_ || !targets.empty();
    if (referenced && !eid.empty()) {
      add("targetId", "valueReference",
          ReferenceElement(call_->Url(absl::StrCat("Patient/", eid))));
    }
    call_->Respond({.http_status = 200, .resource = std::move(parameters)});
  }

  const std::shared_ptr<Call> call_;
  std::vector<std::string> domains_;
  bool own_id_wanted_ = false;
  bool ids_wanted_ = true;
};

Interaction Row(http::Method method) {
  Interaction row;
  row.kind = InteractionKind::kResourceOperation;
  row.method = method;
  row.path = "/Patient/$ihe-pix";
  row.resource = "Patient";
  row.operation = "ihe-pix";
  row.operation_definition = "https://profiles.ihe.net/ITI/PIXm/OperationDefinition/IHE.PIXm.pix";
  row.profile = "https://profiles.ihe.net/ITI/PIXm/CapabilityStatement/IHE.PIXm.Manager";
  row.parameters = {{"sourceIdentifier", ParameterType::kToken},
                    {"targetSystem", ParameterType::kUri}};
  row.access = Access::kPatientData;
  row.scopes = {{"Patient", 's', "ITI-83"}};
  row.run = [](std::shared_ptr<Call> call) {
    std::make_shared<CrossReferencing>(std::move(call))->Run();
  };
  return row;
}

}  // namespace

std::vector<Interaction> PatientPixRows() {
  return {Row(http::Method::kGet), Row(http::Method::kPost)};
}

}  // namespace hie::fhir
