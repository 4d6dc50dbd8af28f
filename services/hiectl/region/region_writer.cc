#include "services/hiectl/region/region_writer.h"

#include <google/protobuf/util/json_util.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "hie/consent/v1/consent.pb.h"
#include "services/common/base/status_macros.h"
#include "services/common/member/directory_seed.h"
#include "services/common/member/member.h"
#include "services/common/wire/wire.h"
#include "services/hiectl/region/fhir_bundle.h"

namespace hie::region {
namespace {

namespace fs = std::filesystem;

constexpr size_t kProgressEvery = 500;

absl::Status WriteFile(const fs::path& path, absl::string_view content) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out.write(content.data(), static_cast<std::streamsize>(content.size()));
  out.close();
  if (out) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat(path.string(), ": cannot be written"));
}

absl::Status CheckOptions(const RegionOptions& options) {
  if (options.people < 1 || options.people > kPeopleMax) {
    return absl::InvalidArgumentError(absl::StrCat("people: want 1 to ", kPeopleMax));
  }
  if (options.hospitals < 1 || options.hospitals > kHospitalsMax) {
    return absl::InvalidArgumentError(absl::StrCat("members: want 1 to ", kHospitalsMax));
  }
  std::error_code error;
  if (fs::exists(options.directory, error) && !fs::is_empty(options.directory, error)) {
    return absl::FailedPreconditionError(
        absl::StrCat(options.directory, ": is not empty; name another directory or delete it"));
  }
  return absl::OkStatus();
}

Member ToMember(const Hospital& hospital) {
  MemberFacility facility;
  facility.id = hospital.facility;
  facility.name = hospital.facility_name;
  facility.aliases = {hospital.facility_name};
  for (int bit = 0; bit < kSensitivityCount; ++bit) {
    facility.attestations.push_back(
        {static_cast<Sensitivity>(bit), Attestation::kLabelledAtSource});
  }
  PatientIdDomain domain;
  domain.oid = hospital.domain;
  domain.fold_case = true;
  domain.reuse = IdReuse::kNever;
  domain.time_zone = "America/Detroit";
  Member member;
  member.id = MemberId(hospital.id);
  member.name = hospital.name;
  member.home_community = hospital.home_community;
  member.state = MemberState::kLive;
  member.facilities = {facility};
  member.domains = {domain};
  member.endpoints = {{EndpointKind::kAgent, ""}};
  for (const char* role : {"physician", "ed_physician", "registrar", "privacy_officer"}) {
    member.roles.push_back(role);
  }
  return member;
}

absl::Status WriteMembers(const fs::path& directory, const std::vector<Hospital>& hospitals) {
  std::vector<Member> members;
  for (const Hospital& hospital : hospitals) members.push_back(ToMember(hospital));
  return WriteFile(directory / "members.textproto", DirectorySeedText(members));
}

absl::Status WriteChart(const fs::path& directory, const Chart& chart, const Hospital& hospital,
                        RegionCounts& counts) {
  const fs::path folder = directory / hospital.id;
  HIE_RETURN_IF_ERROR(WriteFile(folder / absl::StrCat(chart.registration.mrn, ".json"),
                                ToFhirBundle(chart, hospital)));
  for (const ChartEntry& entry : chart.entries) {
    if (entry.clinical_class != ClinicalClass::kDocument) continue;
    HIE_RETURN_IF_ERROR(WriteFile(folder / ContentPath(entry), entry.content));
    ++counts.documents;
  }
  ++counts.registrations;
  counts.resources += 1 + chart.entries.size();
  return absl::OkStatus();
}

std::string ToJson(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = true;
  options.preserve_proto_field_names = true;
  std::string text;
  // A message of ours always has a JSON form; failing here is a bug.
  if (!google::protobuf::util::MessageToJsonString(message, &text, options).ok()) std::abort();
  return text;
}

// The patient's wish: no psychiatric information to anybody, except in an emergency.
consent::v1::Directive DemonstrationDirective(const Registration& registration,
                                              const Hospital& hospital) {
  consent::v1::Directive directive;
  directive.set_id("01930000-0000-7000-8000-000000000001");
  directive.mutable_subject()->set_assigning_authority(hospital.domain);
  directive.mutable_subject()->set_id(registration.mrn);
  directive.mutable_subject()->set_incarnation(1);
  directive.add_instruments(consent::v1::INSTRUMENT_GENERAL);
  directive.set_status(consent::v1::DIRECTIVE_STATUS_ACTIVE);
  directive.set_signed_micros(1'700'000'000'000'000);
  consent::v1::RuleNode* rule = directive.add_rules();
  rule->add_sensitivities("PSY");
  rule->set_effect(consent::v1::EFFECT_DENY);
  directive.set_emergency(consent::v1::EMERGENCY_ALLOW_OVERRIDE);
  return directive;
}

// Demonstration: what the emergency department can read off the patient's card.
absl::Status WriteDemonstration(const fs::path& directory, const std::vector<Chart>& charts,
                                const std::vector<Hospital>& hospitals) {
  const fs::path folder = directory / "demo";
  std::error_code error;
  fs::create_directories(folder, error);
  const Chart* first = nullptr;
  std::string expected = "# member\tdisplay\twhen it may be seen: at-once, tier-1, tier-2, never\n";
  for (const Chart& chart : charts) {
    if (chart.registration.inhabitant != 0) continue;
    if (first == nullptr) first = &chart;
    for (const ChartEntry& entry : chart.entries) {
      const std::string label = entry.sensitivity.empty() ? "" : entry.sensitivity.front();
      const bool second_tier = entry.clinical_class == ClinicalClass::kObservation;
      absl::StrAppend(&expected, hospitals[chart.registration.hospital].id, "\t", entry.display,
                      entry.value.empty() ? "" : absl::StrCat(": ", entry.value, " ", entry.unit),
                      "\t",
                      label.empty()        ? "at-once"
                      : label == "PSYTHPN" ? "never"
                      : second_tier        ? "tier-2"
                                           : "tier-1",
                      "\n");
    }
  }
  if (first == nullptr) return absl::InternalError("the demonstration's patient has no chart");
  Demographics card = first->registration.demographics;
  card.emails.clear();
  HIE_RETURN_IF_ERROR(WriteFile(folder / "patient.json", ToJson(wire::ToProto(card))));
  HIE_RETURN_IF_ERROR(
      WriteFile(folder / "directive.json",
                ToJson(DemonstrationDirective(first->registration,
                                              hospitals[first->registration.hospital]))));
  return WriteFile(folder / "expected.tsv", expected);
}

}  // namespace

absl::StatusOr<RegionCounts> WriteRegion(
    const RegionOptions& options, const std::function<void(size_t done, size_t all)>& progress) {
  HIE_RETURN_IF_ERROR(CheckOptions(options));
  const std::vector<Hospital> hospitals = Hospitals(options.hospitals);
  const fs::path directory(options.directory);
  for (const Hospital& hospital : hospitals) {
    std::error_code error;
    fs::create_directories(directory / hospital.id / "documents", error);
    if (error) return absl::UnavailableError(absl::StrCat(options.directory, ": cannot be made"));
  }
  HIE_RETURN_IF_ERROR(WriteMembers(directory, hospitals));
  const std::vector<Chart> charts =
      WriteCharts(Register(MakePopulation(options.people, options.seed), hospitals, options.seed),
                  hospitals, options.seed);
  RegionCounts counts;
  counts.people = options.people;
  std::string truth = "hospital\tmrn\tinhabitant\n";
  for (const Chart& chart : charts) {
    const Hospital& hospital = hospitals[chart.registration.hospital];
    HIE_RETURN_IF_ERROR(WriteChart(directory, chart, hospital, counts));
    absl::StrAppend(&truth, hospital.id, "\t", chart.registration.mrn, "\t",
                    chart.registration.inhabitant, "\n");
    if (counts.registrations % kProgressEvery == 0) progress(counts.registrations, charts.size());
  }
  progress(charts.size(), charts.size());
  HIE_RETURN_IF_ERROR(WriteFile(directory / "truth.tsv", truth));
  HIE_RETURN_IF_ERROR(WriteDemonstration(directory, charts, hospitals));
  return counts;
}

}  // namespace hie::region
