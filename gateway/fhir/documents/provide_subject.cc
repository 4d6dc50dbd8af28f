#include "gateway/fhir/documents/provide_subject.h"

#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gateway/fhir/documents/provide_rules.h"
#include "gateway/fhir/search_query.h"
#include "gateway/members/fhir_patient.h"

namespace hie::fhir {
namespace {

using MaybeFailure = std::optional<Failure>;

const json::Value* Contained(const json::Value& resource, absl::string_view id) {
  for (const json::Value& contained : resource.Each("contained")) {
    if (contained.Text("resourceType") == "Patient" && contained.Text("id") == id) {
      return &contained;
    }
  }
  return nullptr;
}

class SubjectReader {
 public:
  SubjectReader(const ProvideBundle& bundle, absl::string_view base_url,
                const members::MemberDirectory& directory, const MemberId& member)
      : bundle_(bundle), base_url_(base_url), directory_(directory), member_(member) {}

  Reading<ClaimedSubjects> Run() {
    const std::string set_path = absl::StrCat(EntryPath(bundle_.submission_set_entry), ".subject");
    out_.path = set_path;
    ClaimedSubject set;
    if (MaybeFailure failure = ReadSubject(*bundle_.submission_set, set_path, set)) {
      return *std::move(failure);
    }
    if (MaybeFailure failure = Join(set, set_path)) return *std::move(failure);
    for (const ProvidedDocument& document : bundle_.documents) {
      if (MaybeFailure failure = ReadDocument(document)) return *std::move(failure);
    }
    if (out_.eid.empty() && !out_.local) return UnknownPatient(out_.path);
    return std::move(out_);
  }

 private:
  MaybeFailure ReadDocument(const ProvidedDocument& document) {
    const std::string base = EntryPath(document.entry);
    ClaimedSubject claimed;
    const std::string path = absl::StrCat(base, ".subject");
    if (MaybeFailure failure = ReadSubject(*document.resource, path, claimed)) return failure;
    if (MaybeFailure failure = ReadSource(document, base, claimed)) return failure;
    if (MaybeFailure failure = Join(claimed, path)) return failure;
    out_.documents.push_back(std::move(claimed));
    return std::nullopt;
  }

  // One person throughout; one record where only records are named.
  MaybeFailure Join(const ClaimedSubject& claimed, const std::string& path) {
    if (!claimed.eid.empty()) {
      if (!out_.eid.empty() && out_.eid != claimed.eid) return PatientDoesNotMatch(path);
      out_.eid = claimed.eid;
      out_.path = path;
    }
    if (claimed.local) {
      if (out_.local && *out_.local != *claimed.local) return PatientDoesNotMatch(path);
      out_.local = claimed.local;
    }
    return std::nullopt;
  }

  MaybeFailure ReadSubject(const json::Value& resource, const std::string& path,
                           ClaimedSubject& out) {
    const json::Value* subject = resource.Find("subject");
    if (subject == nullptr) return std::nullopt;
    const absl::string_view reference = subject->Text("reference");
    if (reference.empty()) return ReadIdentifier(subject->Find("identifier"), path, out);
    if (absl::StartsWith(reference, "#")) {
      const json::Value* contained = Contained(resource, reference.substr(1));
      if (contained == nullptr) return UnknownPatient(path);
      out.local = RecordOf(*contained);
      return out.local ? std::nullopt : MaybeFailure(UnknownPatient(path));
    }
    if (const ProvidedPatient* patient = FindPatient(reference)) {
      out.eid = patient->id;
      if (patient->resource != nullptr) out.local = RecordOf(*patient->resource);
      if (out.eid.empty() && !out.local) return UnknownPatient(path);
      return std::nullopt;
    }
    const std::optional<std::string> eid = ReadReference(reference, "Patient", base_url_);
    // "Patient" and a bare word alike are references to search parameters; an element is explicit.
    if (!eid || !absl::StrContains(reference, "Patient/")) return UnknownPatient(path);
    out.eid = *eid;
    return std::nullopt;
  }

  const ProvidedPatient* FindPatient(absl::string_view reference) const {
    for (const ProvidedPatient& patient : bundle_.patients) {
      if (!patient.full_url.empty() && patient.full_url == reference) return &patient;
    }
    return nullptr;
  }

  MaybeFailure ReadIdentifier(const json::Value* identifier, const std::string& path,
                              ClaimedSubject& out) {
    if (identifier == nullptr) return UnknownPatient(path);
    out.local = Record(identifier->Text("system"), identifier->Text("value"));
    return out.local ? std::nullopt : MaybeFailure(UnknownPatient(path));
  }

  MaybeFailure ReadSource(const ProvidedDocument& document, const std::string& base,
                          ClaimedSubject& out) {
    const json::Value* source = document.resource->At("/context/sourcePatientInfo");
    if (source == nullptr) return std::nullopt;
    const std::string path = absl::StrCat(base, ".context.sourcePatientInfo");
    const absl::string_view reference = source->Text("reference");
    const json::Value* patient = nullptr;
    if (absl::StartsWith(reference, "#")) {
      patient = Contained(*document.resource, reference.substr(1));
    } else if (const ProvidedPatient* provided = FindPatient(reference)) {
      patient = provided->resource;
      if (patient == nullptr) return std::nullopt;
    } else if (reference.empty() && source->Find("identifier") != nullptr) {
      return ReadIdentifierOfSource(*source->Find("identifier"), path, out);
    } else if (bundle_.level == MetadataLevel::kComprehensive &&
               ReadReference(reference, "Patient", base_url_)) {
      return std::nullopt;  // UnContained: our own Patient.
    }
    if (patient == nullptr) return UnresolvedReference(path);
    if (bundle_.level == MetadataLevel::kComprehensive && !HasIdentifier(*patient)) {
      return MissingMetadata(absl::StrCat(path, ".identifier"));
    }
    out.demographics = members::ReadDemographics(*patient);
    if (auto record = RecordOf(*patient)) {
      if (out.local && *out.local != *record) return PatientDoesNotMatch(path);
      out.local = std::move(record);
    }
    return std::nullopt;
  }

  MaybeFailure ReadIdentifierOfSource(const json::Value& identifier, const std::string& path,
                                      ClaimedSubject& out) {
    if (auto record = Record(identifier.Text("system"), identifier.Text("value"))) {
      if (out.local && *out.local != *record) return PatientDoesNotMatch(path);
      out.local = std::move(record);
    }
    return std::nullopt;
  }

  static bool HasIdentifier(const json::Value& patient) {
    for (const json::Value& identifier : patient.Each("identifier")) {
      if (!identifier.Text("value").empty() && !identifier.Text("system").empty()) return true;
    }
    return false;
  }

  // The first identifier in a domain of the member.
  std::optional<LocalPatient> RecordOf(const json::Value& patient) const {
    for (const json::Value& identifier : patient.Each("identifier")) {
      if (auto record = Record(identifier.Text("system"), identifier.Text("value"))) return record;
    }
    return std::nullopt;
  }

  std::optional<LocalPatient> Record(absl::string_view system, absl::string_view value) const {
    const std::optional<std::string> oid = OidOf(system);
    if (!oid || value.empty()) return std::nullopt;
    const Member* owner = directory_.FindByDomain(*oid);
    if (owner == nullptr || owner->id != member_) return std::nullopt;
    const absl::StatusOr<std::string> id = directory_.NormaliseLocalId(*oid, value);
    if (!id.ok()) return std::nullopt;
    return LocalPatient{*oid, Phi<std::string>(*id), 0};
  }

  const ProvideBundle& bundle_;
  const absl::string_view base_url_;
  const members::MemberDirectory& directory_;
  const MemberId& member_;
  ClaimedSubjects out_;
};

}  // namespace

Reading<ClaimedSubjects> ReadSubjects(const ProvideBundle& bundle, absl::string_view base_url,
                                      const members::MemberDirectory& directory,
                                      const MemberId& member) {
  return SubjectReader(bundle, base_url, directory, member).Run();
}

}  // namespace hie::fhir
