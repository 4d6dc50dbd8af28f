#include "gateway/edge/identity_steward.h"

#include <algorithm>
#include <iterator>
#include <tuple>

namespace hie::edge {
namespace {

// Of one event; the audit takes no more.
constexpr size_t kPatientsOfEvent = 256;

bool Less(const common::v1::LocalPatient& a, const common::v1::LocalPatient& b) {
  return std::forward_as_tuple(a.assigning_authority(), a.id(), a.incarnation()) <
         std::forward_as_tuple(b.assigning_authority(), b.id(), b.incarnation());
}

bool Same(const common::v1::LocalPatient& a, const common::v1::LocalPatient& b) {
  return !Less(a, b) && !Less(b, a);
}

// Once each, those without a key left out.
void Simplify(Patients& patients) {
  std::erase_if(patients, [](const auto& patient) { return patient.id().empty(); });
  std::sort(patients.begin(), patients.end(), Less);
  patients.erase(std::unique(patients.begin(), patients.end(), Same), patients.end());
}

}  // namespace

absl::Status CheckSteward(const EdgeServices& services, const Actor& actor) {
  if (services.IsOperator(actor)) return absl::OkStatus();
  return absl::PermissionDeniedError("identities are looked after by the operator's stewards");
}

void AddPatients(const mpi::v1::Task& task, Patients& patients) {
  patients.push_back(task.first());
  if (task.has_second()) patients.push_back(task.second());
}

void AddPatients(const mpi::v1::LinkEvent& event, Patients& patients) {
  for (const auto& moved : event.moved()) patients.push_back(moved.patient());
  for (const auto& change : event.possible()) {
    patients.push_back(change.first());
    patients.push_back(change.second());
  }
  for (const auto& change : event.decisions()) {
    patients.push_back(change.first());
    patients.push_back(change.second());
  }
  for (const auto& change : event.standings()) patients.push_back(change.patient());
}

void AddPatients(const mpi::v1::RunEvent& event, Patients& patients) {
  if (event.has_finding() && event.finding().has_patient()) {
    patients.push_back(event.finding().patient());
  }
  if (!event.has_simulate()) return;
  for (const auto* change : {&event.simulate().from_index(), &event.simulate().from_model()}) {
    for (const auto* pairs : {&change->gained(), &change->lost()}) {
      for (const mpi::v1::ChangedPair& pair : *pairs) {
        patients.push_back(pair.first());
        patients.push_back(pair.second());
      }
    }
  }
}

void AddPatients(const mpi::v1::GetRecordHistoryResponse& history, Patients& patients) {
  patients.push_back(history.patient());
  for (const auto& event : history.events()) AddPatients(event, patients);
  for (const auto& decision : history.decisions()) patients.push_back(decision.other());
  for (const auto& task : history.tasks()) AddPatients(task, patients);
}

void RecordReading(EdgeServices& services, const rpc::CallContext& context, const std::string& word,
                   Patients patients, std::function<void(absl::Status)> next) {
  Simplify(patients);
  std::vector<audit::v1::Event> events;
  size_t at = 0;
  do {
    audit::v1::Event& event = events.emplace_back(
        MakeEvent(services, context.caller().actor, audit::v1::EVENT_TYPE_QUERY, word));
    const size_t end = std::min(patients.size(), at + kPatientsOfEvent);
    for (; at < end; ++at) *event.add_patients() = std::move(patients[at]);
  } while (at < patients.size());
  Record(services, context, std::move(events), std::move(next));
}

}  // namespace hie::edge
