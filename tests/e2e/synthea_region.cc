#include "tests/e2e/synthea_region.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/common/base/status_macros.h"
#include "services/common/json/reader.h"
#include "services/common/json/writer.h"

namespace hie::testing {
namespace {

namespace fs = std::filesystem;
using json::Value;

constexpr const char* kMembers[] = {"north", "lakes", "valley"};
constexpr size_t kMemberCount = 3;
// What the exchange serves of these samples; Claim, ExplanationOfBenefit and Goal it does not.
constexpr const char* kServed[] = {"Encounter",         "Condition",        "Observation",
                                   "MedicationRequest", "DiagnosticReport", "Immunization",
                                   "Procedure",         "CarePlan"};

bool IsServed(absl::string_view type) {
  return std::find(std::begin(kServed), std::end(kServed), type) != std::end(kServed);
}

absl::StatusOr<Value> ReadBundle(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  if (!in) return absl::NotFoundError(path.string());
  return json::Read(text.str());
}

absl::string_view Reference(const Value& resource, absl::string_view name) {
  const Value* reference = resource.Find(name);
  return reference == nullptr ? "" : reference->Text("reference");
}

Value Reference(absl::string_view system, absl::string_view value) {
  Value identifier = Value::Object();
  identifier.Set("system", Value::String(system));
  identifier.Set("value", Value::String(value));
  return identifier;
}

// Which member each encounter was at: by provider, or dealt where there is one provider only.
std::map<std::string, size_t> AssignEncounters(const Value& bundle) {
  std::vector<std::pair<std::string, std::string>> encounters;  // fullUrl, provider.
  std::vector<std::string> providers;
  for (const Value& entry : bundle.Each("entry")) {
    const Value* resource = entry.Find("resource");
    if (resource == nullptr || resource->Text("resourceType") != "Encounter") continue;
    const std::string provider(Reference(*resource, "serviceProvider"));
    if (std::find(providers.begin(), providers.end(), provider) == providers.end()) {
      providers.push_back(provider);
    }
    encounters.emplace_back(entry.Text("fullUrl"), provider);
  }
  std::map<std::string, size_t> assigned;
  for (size_t i = 0; i < encounters.size(); ++i) {
    const auto provider = std::find(providers.begin(), providers.end(), encounters[i].second);
    const size_t key = providers.size() > 1 ? static_cast<size_t>(provider - providers.begin()) : i;
    assigned[encounters[i].first] = key % kMemberCount;
  }
  return assigned;
}

void AddLabel(const std::string& code, Value& resource) {
  Value coding = Value::Object();
  coding.Set("system", Value::String("http://terminology.hl7.org/CodeSystem/v3-ActCode"));
  coding.Set("code", Value::String(code));
  Value meta = resource.Find("meta") == nullptr ? Value::Object() : *resource.Find("meta");
  meta.Set("security", Value::Array({coding}));
  resource.Set("meta", meta);
}

// The Patient as this hospital registered it: the same person, written down by another hand.
Value Registration(const Value& patient, const std::string& member, const std::string& mrn) {
  Value copy = patient;
  std::vector<Value> identifiers = {Reference(absl::StrCat("urn:oid:", DomainOf(member)), mrn)};
  for (const Value& identifier : patient.Each("identifier")) {
    const bool ssn = absl::EndsWith(identifier.Text("system"), "us-ssn");
    if (ssn && member != "lakes") identifiers.push_back(identifier);
  }
  copy.Set("identifier", Value::Array(identifiers));
  if (member == "valley") {
    Value name = patient.Each("name")[0];
    std::string family(name.Text("family"));
    std::swap(family[family.size() - 1], family[family.size() - 2]);  // A typing error.
    name.Set("family", Value::String(family));
    copy.Set("name", Value::Array({name}));
  }
  if (member == "lakes" && !patient.Each("telecom").empty()) {
    copy.Set("telecom", Value::Array({}));  // Nobody asked for the number.
  }
  return copy;
}

// Builds one patient's three bundles.
class Splitter {
 public:
  Splitter(const SyntheaOptions& options, const Value& bundle, size_t number)
      : options_(options), bundle_(bundle), encounters_(AssignEncounters(bundle)) {
    for (const char* member : kMembers) {
      patient_.mrn[member] = absl::StrCat(std::string(1, static_cast<char>(member[0] - 32)), "-",
                                          500100 + number * 37);
    }
  }

  SyntheaPatient Split() {
    for (const Value& entry : bundle_.Each("entry")) Deal(entry);
    for (const char* member : kMembers) Write(member);
    return std::move(patient_);
  }

 private:
  void Deal(const Value& entry) {
    Value resource = *entry.Find("resource");
    const absl::string_view type = resource.Text("resourceType");
    if (type == "Patient") {
      TakePatient(entry, resource);
      return;
    }
    const auto at = encounters_.find(std::string(
        type == "Encounter" ? entry.Text("fullUrl") : Reference(resource, "encounter")));
    if (at == encounters_.end()) return;  // Billing, organisations: nobody's chart.
    const std::string member = kMembers[at->second];
    if (type == "Encounter") {
      Value provider = Value::Object();
      provider.Set("display", Value::String(absl::StrCat(member, "-main")));
      resource.Set("serviceProvider", provider);
    }
    const ResourceKey key{member, std::string(type), std::string(resource.Text("id"))};
    if (member == options_.label_member &&
        (type == "Condition" || (type == "Observation" && ++observations_ % 2 == 0))) {
      AddLabel(options_.label, resource);
      patient_.labelled.insert(key);
    }
    if (IsServed(type)) patient_.items[key] = resource;
    Append(member, entry, resource);
  }

  void TakePatient(const Value& entry, const Value& resource) {
    patient_.family = std::string(resource.At("/name/0/family")->text());
    patient_.given = std::string(resource.At("/name/0/given/0")->text());
    patient_.birth_date = std::string(resource.Text("birthDate"));
    for (const Value& identifier : resource.Each("identifier")) {
      if (absl::EndsWith(identifier.Text("system"), "us-ssn")) {
        patient_.ssn = std::string(identifier.Text("value"));
      }
    }
    for (const char* member : kMembers) {
      Append(member, entry, Registration(resource, member, patient_.mrn[member]));
    }
  }

  void Append(const std::string& member, const Value& entry, const Value& resource) {
    Value copy = Value::Object();
    copy.Set("fullUrl", Value::String(entry.Text("fullUrl")));
    copy.Set("resource", resource);
    entries_[member].push_back(std::move(copy));
  }

  void Write(const std::string& member) {
    Value bundle = Value::Object();
    bundle.Set("resourceType", Value::String("Bundle"));
    bundle.Set("type", Value::String("collection"));
    bundle.Set("entry", Value::Array(entries_[member]));
    std::ofstream out(absl::StrCat(options_.sources.at(member), "/", patient_.mrn[member], ".json"),
                      std::ios::binary);
    out << json::Write(bundle);
  }

  const SyntheaOptions& options_;
  const Value& bundle_;
  const std::map<std::string, size_t> encounters_;
  std::map<std::string, std::vector<Value>> entries_;
  SyntheaPatient patient_;
  int observations_ = 0;
};

}  // namespace

std::string SyntheaPatient::LeastMember() const {
  std::map<std::string, size_t> counts;
  for (const char* member : kMembers) counts[member] = 0;
  for (const auto& [key, resource] : items) ++counts[key.member];
  return std::min_element(counts.begin(), counts.end(),
                          [](const auto& a, const auto& b) { return a.second < b.second; })
      ->first;
}

std::set<ResourceKey> SyntheaPatient::HeldByOthers(const std::string& member) const {
  std::set<ResourceKey> keys;
  for (const auto& [key, resource] : items) {
    if (key.member != member) keys.insert(key);
  }
  return keys;
}

std::string DomainOf(const std::string& member) {
  for (size_t i = 0; i < kMemberCount; ++i) {
    if (kMembers[i] == member) return absl::StrCat("2.999.1.", 10 * (i + 1), ".1");
  }
  return "";
}

std::vector<Member> SyntheaMembers() {
  std::vector<Member> members;
  for (const char* id : kMembers) {
    MemberFacility facility;
    facility.id = absl::StrCat(id, "-main");
    facility.name = absl::StrCat(id, " main site");
    for (int bit = 0; bit < kSensitivityCount; ++bit) {
      facility.attestations.push_back(
          {static_cast<Sensitivity>(bit), Attestation::kLabelledAtSource});
    }
    Member member;
    member.id = MemberId(id);
    member.name = absl::StrCat("Hospital ", id);
    member.home_community = DomainOf(id).substr(0, DomainOf(id).size() - 2);
    member.state = MemberState::kLive;
    member.facilities = {facility};
    PatientIdDomain domain;
    domain.oid = DomainOf(id);
    domain.reuse = IdReuse::kNever;
    member.domains = {domain};
    member.endpoints = {{EndpointKind::kAgent, ""}};
    member.roles = {"physician", "ed_physician", "registrar", "privacy_officer"};
    members.push_back(std::move(member));
  }
  return members;
}

absl::StatusOr<std::vector<SyntheaPatient>> WriteSyntheaRegion(const SyntheaOptions& options) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(options.samples + "/synthea-r4")) {
    const std::string name = entry.path().filename().string();
    if (absl::EndsWith(name, ".json") && !absl::StrContains(name, "Information")) {
      files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  if (files.empty()) return absl::NotFoundError(options.samples + "/synthea-r4");
  std::vector<SyntheaPatient> patients;
  for (const fs::path& file : files) {
    HIE_ASSIGN_OR_RETURN(const Value bundle, ReadBundle(file));
    patients.push_back(Splitter(options, bundle, patients.size()).Split());
    patients.back().name = file.stem().string();
  }
  return patients;
}

}  // namespace hie::testing
