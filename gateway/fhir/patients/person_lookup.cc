#include "gateway/fhir/patients/person_lookup.h"

#include <utility>

#include "gateway/fhir/patients/element.h"
#include "hie/exchange/v1/exchange_service.methods.h"

namespace hie::fhir {

using exchange::v1::ExchangeService;
using exchange::v1::PatientView;

namespace {

using exchange::v1::SearchPatientsResponse;

// Nothing: no such person, as far as the caller may know.
void Search(const std::shared_ptr<Call>& call, const std::vector<std::string>& eids,
            const std::vector<std::string>& domains,
            std::function<void(absl::StatusOr<SearchPatientsResponse>)> done) {
  exchange::v1::SearchPatientsRequest request;
  mpi::v1::PersonCondition* condition = request.add_conditions();
  condition->set_field(mpi::v1::PERSON_FIELD_EID);
  for (const std::string& eid : eids) {
    // What cannot be an id is nobody's.
    if (IsLogicalId(eid)) condition->add_values(eid);
  }
  if (condition->values().empty()) return done(SearchPatientsResponse());
  for (const std::string& domain : domains) request.add_domains(domain);
  request.set_include_replaced(true);
  call->Ask<ExchangeService::SearchPatients>(
      request, [done = std::move(done)](absl::StatusOr<SearchPatientsResponse> response) {
        if (absl::IsNotFound(response.status())) return done(SearchPatientsResponse());
        done(std::move(response));
      });
}

}  // namespace

void FindPersons(const std::shared_ptr<Call>& call, const std::vector<std::string>& eids,
                 const std::vector<std::string>& domains,
                 std::function<void(absl::StatusOr<std::vector<PatientView>>)> done) {
  Search(call, eids, domains,
         [done = std::move(done)](absl::StatusOr<SearchPatientsResponse> found) {
           if (!found.ok()) return done(found.status());
           auto* views = found->mutable_patients();
           done(std::vector<PatientView>(std::make_move_iterator(views->begin()),
                                         std::make_move_iterator(views->end())));
         });
}

void FindPerson(const std::shared_ptr<Call>& call, const std::string& eid,
                std::function<void(absl::StatusOr<PatientView>)> done) {
  Search(call, {eid}, {},
         [eid, done = std::move(done)](absl::StatusOr<SearchPatientsResponse> found) {
           if (!found.ok()) return done(found.status());
           for (PatientView& view : *found->mutable_patients()) {
             if (view.eid() == eid) return done(std::move(view));
           }
           if (!found->split_eids().empty()) {
             return done(absl::FailedPreconditionError("patient: identity-split"));
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
