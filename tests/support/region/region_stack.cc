#include "tests/support/region/region_stack.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "hie/exchange/v1/exchange_service.methods.h"
#include "services/common/base/status_macros.h"
#include "services/common/member/directory_seed.h"
#include "services/hiectl/region/fhir_bundle.h"
#include "services/hiectl/region/population.h"
#include "services/hiectl/region/region_writer.h"

namespace hie::testing {
namespace {

namespace fs = std::filesystem;
using exchange::v1::ExchangeService;

constexpr size_t kHospitals = 3;
constexpr absl::Duration kAnnounceTime = absl::Seconds(120);
constexpr absl::Duration kPoll = absl::Milliseconds(20);

absl::StatusOr<std::vector<Member>> ReadMembers(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return ParseDirectorySeed(text.str());
}

}  // namespace

exchange::v1::PatientSubject RegionPatient::Subject() const {
  exchange::v1::PatientSubject subject;
  subject.mutable_patient()->set_assigning_authority(domain);
  subject.mutable_patient()->set_id(mrn);
  return subject;
}

absl::StatusOr<std::unique_ptr<RegionStack>> RegionStack::Start(const Options& options) {
  auto region = std::unique_ptr<RegionStack>(new RegionStack());
  HIE_RETURN_IF_ERROR(region->Generate(options));
  HIE_RETURN_IF_ERROR(region->Run());
  return region;
}

absl::Status RegionStack::Generate(const Options& options) {
  region::RegionOptions wanted;
  wanted.people = options.people;
  wanted.hospitals = kHospitals;
  wanted.seed = options.seed;
  wanted.directory = options.directory + "/generated";
  HIE_RETURN_IF_ERROR(region::WriteRegion(wanted, [](size_t, size_t) {}).status());
  hospitals_ = region::Hospitals(kHospitals);
  const auto people = region::MakePopulation(options.people, options.seed);
  for (const auto& registration : region::Register(people, hospitals_, options.seed)) {
    List(registration);
  }
  ExchangeStack::Options stack;
  stack.directory = options.directory;
  stack.layout = options.layout;
  HIE_ASSIGN_OR_RETURN(stack.members, ReadMembers(wanted.directory + "/members.textproto"));
  HIE_ASSIGN_OR_RETURN(exchange_, ExchangeStack::Create(std::move(stack)));
  // The hospitals' files go to their agents; nothing of the region stays elsewhere.
  for (const region::Hospital& hospital : hospitals_) {
    fs::copy(absl::StrCat(wanted.directory, "/", hospital.id), exchange_->SourceOf(hospital.id),
             fs::copy_options::recursive);
  }
  fs::remove_all(wanted.directory);
  for (const region::Chart& chart : options.more) WriteChart(chart);
  return absl::OkStatus();
}

void RegionStack::List(const region::Registration& registration) {
  const region::Hospital& hospital = hospitals_[registration.hospital];
  patients_.push_back({hospital.id, hospital.domain, registration.mrn, registration.inhabitant,
                       registration.demographics});
}

void RegionStack::WriteChart(const region::Chart& chart) {
  const region::Hospital& hospital = hospitals_[chart.registration.hospital];
  const std::string folder = exchange_->SourceOf(hospital.id);
  std::ofstream(absl::StrCat(folder, "/", chart.registration.mrn, ".json"), std::ios::binary)
      << region::ToFhirBundle(chart, hospital);
  for (const region::ChartEntry& entry : chart.entries) {
    if (entry.clinical_class != ClinicalClass::kDocument) continue;
    std::ofstream(absl::StrCat(folder, "/", region::ContentPath(entry)), std::ios::binary)
        << entry.content;
  }
  List(chart.registration);
}

absl::Status RegionStack::Run() {
  HIE_RETURN_IF_ERROR(exchange_->StartHied());
  for (const region::Hospital& hospital : hospitals_) {
    HIE_RETURN_IF_ERROR(exchange_->LaunchAgent(hospital.id));
  }
  for (const region::Hospital& hospital : hospitals_) {
    HIE_RETURN_IF_ERROR(exchange_->AwaitAgent(hospital.id, kAnnounceTime));
  }
  return absl::OkStatus();
}

std::vector<RegionPatient> RegionStack::SharedPatients() const {
  std::map<size_t, size_t> hospitals;
  for (const RegionPatient& patient : patients_) ++hospitals[patient.inhabitant];
  std::vector<RegionPatient> shared;
  for (const RegionPatient& patient : patients_) {
    if (hospitals[patient.inhabitant] > 1) shared.push_back(patient);
  }
  return shared;
}

absl::Status RegionStack::AwaitAttached(absl::Duration timeout) {
  HIE_ASSIGN_OR_RETURN(const std::unique_ptr<ctl::Session> session,
                       exchange_->SignIn("hie", "watcher", "hie_admin", "HOPERAT"));
  for (const absl::Time end = absl::Now() + timeout; absl::Now() < end; absl::SleepFor(kPoll)) {
    const auto listed = session->Call<ExchangeService::ListMembers>({});
    if (!listed.ok()) continue;
    const auto attached = std::count_if(listed->members().begin(), listed->members().end(),
                                        [](const auto& status) { return status.attached(); });
    if (static_cast<size_t>(attached) == hospitals_.size()) return absl::OkStatus();
  }
  return absl::DeadlineExceededError("not every agent is attached");
}

}  // namespace hie::testing
