#include "gateway/fhir/patients/person_lookup.h"

#include <utility>

#include "gateway/fhir/patients/element.h"
#include "hie/exchange/v1/exchange_service.methods.h"

namespace hie::fhir {

using exchange::v1::ExchangeService;
using exchange::v1::PatientView;

void FindPersons(const std::shared_ptr<Call>& call, const std::vector<std::string>& eids,
                 const std::vector<std::string>& domains,
                 std::function<void(absl::StatusOr<std::vector<PatientView>>)> done) {
  exchange::v1::SearchPatientsRequest request;
  mpi::v1::PersonCondition* condition = request.add_conditions();
  condition->set_field(mpi::v1::PERSON_FIELD_EID);
  for (const std::string& eid : eids) {
    // What cannot be an id is nobody's.
    if (IsLogicalId(eid)) condition->add_values(eid);
  }
  if (condition->values().empty()) return done(std::vector<PatientView>{});
  for (const std::string& domain : domains) request.add_domains(domain);
  request.set_include_replaced(true);
  call->Ask<ExchangeService::SearchPatients>(
      request,
      [done = std::move(done)](absl::StatusOr<exchange::v1::SearchPatientsResponse> response) {
        if (absl::IsNotFound(response.status())) return done(std::vector<PatientView>{});
        if (!response.ok()) return done(response.status());
        done(
            std::vector<PatientView>(std::make_move_iterator(response->mutable_patients()->begin()),
                                     std::make_move_iterator(response->mutable_patients()->end())));
      });
}

void FindPerson(const std::shared_ptr<Call>& call, const std::string& eid,
                std::function<void(absl::StatusOr<PatientView>)> done) {
  FindPersons(call, {eid}, {},
              [eid, done = std::move(done)](absl::StatusOr<std::vector<PatientView>> found) {
                if (!found.ok()) return done(found.status());
                for (PatientView& view : *found) {
                  if (view.eid() == eid) return done(std::move(view));
                }
                done(absl::NotFoundError("patient: unknown"));
              });
}

void FindCurrentPerson(const std::shared_ptr<Call>& call, const std::string& eid,
                       std::function<void(absl::StatusOr<PatientView>)> done) {
  FindPerson(call, eid, [call, eid, done = std::move(done)](absl::StatusOr<PatientView> found) {
    const bool replaced =
        found.ok() && !found->replaced_by_eid().empty() && found->replaced_by_eid() != eid;
    if (!replaced) return done(std::move(found));
    FindPerson(call, found->replaced_by_eid(), done);
  });
}

}  // namespace hie::fhir
