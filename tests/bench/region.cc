#include "tests/bench/region.h"

#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "hie/mpi/v1/mpi_service.methods.h"
#include "services/common/base/status_macros.h"
#include "services/common/member/directory_seed.h"
#include "services/hiectl/region/region_writer.h"

namespace hie::bench {
namespace {

namespace fs = std::filesystem;
using mpi::v1::MpiService;
using testing::ExchangeStack;

constexpr absl::Duration kAnnounceTime = absl::Minutes(3);
constexpr absl::Duration kCallTime = absl::Seconds(10);

std::string ReadFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

std::string ChartsOf(const BenchOptions& options) { return options.directory + "/charts"; }

}  // namespace

absl::StatusOr<std::unique_ptr<Region>> Region::Generate(const BenchOptions& options) {
  std::unique_ptr<Region> made(new Region(options));
  region::RegionOptions region;
  region.people = options.people;
  region.hospitals = kHospitals;
  region.seed = options.seed;
  region.directory = ChartsOf(options);
  HIE_RETURN_IF_ERROR(region::WriteRegion(region, [](size_t, size_t) {}).status());
  HIE_ASSIGN_OR_RETURN(made->members_,
                       ParseDirectorySeed(ReadFile(region.directory + "/members.textproto")));
  HIE_RETURN_IF_ERROR(made->ReadPatients(ReadFile(region.directory + "/truth.tsv")));
  return made;
}

absl::Status Region::ReadPatients(const std::string& truth) {
  for (const absl::string_view line : absl::StrSplit(truth, '\n', absl::SkipEmpty())) {
    const std::vector<std::string> cells = absl::StrSplit(line, '\t');
    for (const Member& member : members_) {
      if (cells.size() != 3 || member.id.value() != cells[0]) continue;
      common::v1::LocalPatient& patient = patients_.emplace_back();
      patient.set_assigning_authority(member.domains[0].oid);
      patient.set_id(cells[1]);
    }
  }
  return patients_.empty() ? absl::InternalError("region: no patients") : absl::OkStatus();
}

absl::Status Region::Start(ExchangeStack::Layout layout) {
  stack_.reset();
  HIE_ASSIGN_OR_RETURN(
      stack_, ExchangeStack::Create({options_.directory + "/stack", members_, layout, {}}));
  HIE_RETURN_IF_ERROR(MoveCharts());
  HIE_RETURN_IF_ERROR(stack_->StartHied());
  const absl::Time began = absl::Now();
  for (const Member& member : members_) {
    HIE_RETURN_IF_ERROR(stack_->LaunchAgent(member.id.value()));
  }
  for (const Member& member : members_) {
    HIE_RETURN_IF_ERROR(stack_->AwaitAgent(member.id.value(), kAnnounceTime));
  }
  announced_in_ = absl::Now() - began;
  return absl::OkStatus();
}

bool Region::Stop() {
  const bool clean = stack_ == nullptr || stack_->StopAll();
  stack_.reset();
  return clean;
}

absl::Status Region::MoveCharts() {
  for (const Member& member : members_) {
    const std::string charts = absl::StrCat(ChartsOf(options_), "/", member.id.value());
    if (!fs::exists(charts)) continue;  // Moved by an earlier start.
    const std::string source = stack_->SourceOf(member.id.value());
    std::error_code error;
    fs::remove_all(source, error);
    fs::rename(charts, source, error);
    if (error) return absl::UnavailableError(source + ": cannot be filled");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<rpc::Channel>> Region::Dial(const std::string& role) const {
  auto keys = std::make_shared<rpc::TlsFiles>();
  keys->certificate_chain = stack_->pki() + "/roles/gateway.crt";
  keys->private_key = stack_->pki() + "/roles/gateway.key";
  keys->trust_anchors = stack_->pki() + "/ca.crt";
  return rpc::Channel::Dial(stack_->role_address(role), std::move(keys));
}

std::string Region::MemberOf(const common::v1::LocalPatient& record) const {
  for (const Member& member : members_) {
    if (member.domains[0].oid == record.assigning_authority()) return member.id.value();
  }
  return "";
}

absl::StatusOr<KnownPerson> Region::Resolve(rpc::Channel& mpi,
                                            const common::v1::LocalPatient& patient) const {
  mpi::v1::ResolvePersonRequest request;
  *request.mutable_patient() = patient;
  rpc::CallOptions call;
  call.deadline = absl::Now() + kCallTime;
  HIE_ASSIGN_OR_RETURN(const mpi::v1::ResolvePersonResponse response,
                       mpi.CallAndWait<MpiService::ResolvePerson>(call, request));
  KnownPerson person;
  person.eid = response.person().eid();
  for (const mpi::v1::Record& record : response.person().records()) {
    person.records.push_back(record.patient());
    person.members.insert(MemberOf(record.patient()));
  }
  return person;
}

absl::StatusOr<std::vector<KnownPerson>> Region::FindPersons(rpc::Channel& mpi, size_t count,
                                                             size_t members) const {
  std::vector<common::v1::LocalPatient> order = patients_;
  std::mt19937_64 engine(options_.seed);
  for (size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[engine() % i]);
  std::vector<KnownPerson> found;
  std::set<std::string> seen;
  for (const common::v1::LocalPatient& patient : order) {
    if (found.size() == count) break;
    absl::StatusOr<KnownPerson> person = Resolve(mpi, patient);
    // Held back until somebody has looked at it: no person yet.
    if (absl::IsFailedPrecondition(person.status())) continue;
    if (!person.ok()) return person.status();
    if (members != 0 && person->members.size() != members) continue;
    if (seen.insert(person->eid).second) found.push_back(*std::move(person));
  }
  if (found.empty()) return absl::InternalError("region: nobody is known as wanted");
  return found;
}

std::string Region::StrangerTo(const KnownPerson& person) const {
  for (const Member& member : members_) {
    if (person.members.count(member.id.value()) == 0) return member.id.value();
  }
  return "";
}

}  // namespace hie::bench
