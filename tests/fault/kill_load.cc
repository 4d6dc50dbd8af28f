#include "tests/fault/kill_load.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "hie/exchange/v1/exchange_service.methods.h"
#include "services/common/base/status_macros.h"
#include "services/common/wire/wire.h"

namespace hie::testing {
namespace {

using exchange::v1::ExchangeService;

constexpr size_t kBatchMax = 4;                          // Patients of one feed call.
constexpr size_t kNewcomers = 500;                       // Inhabitants that newcomers are made of.
constexpr absl::Duration kRest = absl::Milliseconds(2);  // Of a client whose call failed.

// Registered by nobody else, so that its registration is this load's own.
std::string NewcomerId(uint64_t seed, uint64_t number) {
  return absl::StrFormat("NEW-%d-%06d", seed, number);
}

common::v1::Demographics DescribeNewcomer(const region::Inhabitant& person) {
  Demographics demographics;
  demographics.names.push_back({"official", person.family, {person.given}, person.suffix});
  demographics.birth_date = person.birth_date;
  demographics.sex = person.sex;
  demographics.addresses = {person.address};
  demographics.identifiers.push_back({"http://hl7.org/fhir/sid/us-ssn", person.ssn});
  return wire::ToProto(demographics);
}

consent::v1::Directive MakeDirective(const std::string& id, const RegionPatient& patient,
                                     uint64_t version) {
  consent::v1::Directive directive;
  directive.set_id(id);
  directive.set_version(version);
  *directive.mutable_subject() = patient.Subject().patient();
  directive.mutable_subject()->set_incarnation(1);
  directive.add_instruments(consent::v1::INSTRUMENT_GENERAL);
  directive.set_status(consent::v1::DIRECTIVE_STATUS_ACTIVE);
  directive.set_signed_micros(absl::ToUnixMicros(absl::Now()));
  // Withholds one class only: most items go on leaving under the load.
  consent::v1::RuleNode& rule = *directive.add_rules();
  rule.add_classes(common::v1::CLINICAL_CLASS_PROCEDURE);
  rule.set_effect(consent::v1::EFFECT_DENY);
  return directive;
}

}  // namespace

KillLoad::KillLoad(RegionStack& region, KillLedger& ledger, uint64_t seed)
    : region_(region), ledger_(ledger), seed_(seed) {}

KillLoad::~KillLoad() { Stop(); }

absl::StatusOr<KillLoad::Session> KillLoad::SignIn(const std::string& member,
                                                   const std::string& role,
                                                   const std::string& purpose) {
  HIE_ASSIGN_OR_RETURN(std::unique_ptr<ctl::Session> session,
                       region_.exchange().SignIn(member, "load-" + role, role, purpose));
  return Session(std::move(session));
}

absl::Status KillLoad::Start() {
  stopping_ = false;
  for (size_t i = 0; i < 2; ++i) {
    const region::Hospital& hospital = region_.hospitals()[i];
    HIE_ASSIGN_OR_RETURN(Session registrar, SignIn(hospital.id, "registrar", "PATADMIN"));
    clients_.emplace_back(&KillLoad::Register, this, registrar, std::cref(hospital), seed_ + i);
    HIE_ASSIGN_OR_RETURN(Session physician, SignIn(hospital.id, "ed_physician", "ETREAT"));
    clients_.emplace_back(&KillLoad::Query, this, physician, hospital.id, seed_ + 10 + i);
  }
  const std::string& last = region_.hospitals().back().id;
  HIE_ASSIGN_OR_RETURN(Session officer, SignIn(last, "privacy_officer", "PATADMIN"));
  clients_.emplace_back(&KillLoad::Direct, this, officer, last, seed_ + 20);
  return absl::OkStatus();
}

void KillLoad::Stop() {
  stopping_ = true;
  for (std::thread& client : clients_) client.join();
  clients_.clear();
}

bool KillLoad::Note(const absl::Status& status) {
  ++calls_;
  if (status.ok()) return true;
  ++failures_;
  absl::SleepFor(kRest);
  return false;
}

std::vector<RegionPatient> KillLoad::SharedAt(const std::string& member) const {
  std::vector<RegionPatient> patients;
  for (RegionPatient& patient : region_.SharedPatients()) {
    if (patient.member == member) patients.push_back(std::move(patient));
  }
  return patients;
}

void KillLoad::Register(Session session, const region::Hospital& hospital, uint64_t seed) {
  region::Dice dice(seed);
  const std::vector<region::Inhabitant> people = region::MakePopulation(kNewcomers, seed);
  while (!stopping_) {
    exchange::v1::RegisterPatientsRequest request;
    for (size_t i = 1 + dice.Below(kBatchMax); i > 0; --i) {
      exchange::v1::RegisterPatient& patient = *request.add_patients();
      const uint64_t number = ++registered_;
      patient.mutable_patient()->set_assigning_authority(hospital.domain);
      patient.mutable_patient()->set_id(NewcomerId(seed_, number));
      *patient.mutable_demographics() = DescribeNewcomer(people[number % people.size()]);
    }
    const auto response = session->Call<ExchangeService::RegisterPatients>(request);
    if (!Note(response.status())) continue;
    for (int i = 0; i < response->patients_size(); ++i) {
      if (!response->patients(i).problem().empty()) continue;
      KillLedger::Registration registration;
      *registration.subject.mutable_patient() = request.patients(i).patient();
      registration.member = hospital.id;
      registration.eid = response->patients(i).eid();
      ledger_.Registered(std::move(registration));
    }
  }
}

void KillLoad::Direct(Session session, const std::string& member, uint64_t seed) {
  region::Dice dice(seed);
  const std::vector<RegionPatient> patients = SharedAt(member);
  while (!stopping_) FileDirective(*session, patients[dice.Below(patients.size())], dice);
}

// New, perhaps amended, perhaps revoked.
void KillLoad::FileDirective(ctl::Session& session, const RegionPatient& patient,
                             region::Dice& dice) {
  const std::string id =
      absl::StrFormat("01930000-0000-7000-8000-%012x", dice.Next() & uint64_t{0xffffffffffff});
  uint64_t version = 0;
  for (size_t i = dice.Between(1, 2); i > 0; --i) {
    exchange::v1::PutDirectiveRequest request;
    *request.mutable_directive() = MakeDirective(id, patient, version);
    ledger_.DirectiveAsked(id, patient.Subject(),
                           {version + 1, consent::v1::DIRECTIVE_STATUS_ACTIVE});
    const auto response = session.Call<ExchangeService::PutDirective>(request);
    if (!Note(response.status())) return;
    version = response->directive().version();
    ledger_.DirectiveAcknowledged(id, {version, response->directive().status()});
  }
  if (dice.Chance(500)) RevokeDirective(session, patient, id, version);
}

void KillLoad::RevokeDirective(ctl::Session& session, const RegionPatient& patient,
                               const std::string& id, uint64_t version) {
  exchange::v1::RevokeDirectiveRequest request;
  request.set_id(id);
  *request.mutable_subject() = patient.Subject().patient();
  ledger_.DirectiveAsked(id, patient.Subject(),
                         {version + 1, consent::v1::DIRECTIVE_STATUS_REVOKED});
  const auto response = session.Call<ExchangeService::RevokeDirective>(request);
  if (!Note(response.status())) return;
  ledger_.DirectiveAcknowledged(id,
                                {response->directive().version(), response->directive().status()});
}

void KillLoad::Query(Session session, const std::string& member, uint64_t seed) {
  region::Dice dice(seed);
  const std::vector<RegionPatient> patients = SharedAt(member);
  while (!stopping_) Ask(*session, patients[dice.Below(patients.size())]);
}

void KillLoad::Ask(ctl::Session& session, const RegionPatient& patient) {
  exchange::v1::QueryRequest request;
  *request.mutable_subject() = patient.Subject();
  KillLedger::Received received;
  received.subject = patient.Subject();
  const absl::Status status = session.Stream<ExchangeService::Query>(
      request, [&received](const exchange::v1::QueryResponse& message) {
        if (message.has_begin()) received.query_id = message.begin().query_id();
        for (const auto& item : message.item_batch().items()) received.item_ids.insert(item.id());
        received.clinical += static_cast<size_t>(message.item_batch().items_size());
        for (const auto& document : message.index_batch().documents()) {
          received.item_ids.insert(document.id());
        }
        return true;
      });
  received.whole = Note(status);
  if (!received.item_ids.empty()) ledger_.ItemsReceived(std::move(received));
}

}  // namespace hie::testing
