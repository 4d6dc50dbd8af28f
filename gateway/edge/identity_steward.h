#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gateway/edge/edge_services.h"
#include "hie/mpi/v1/model.pb.h"
#include "hie/mpi/v1/review_service.pb.h"

// What the handlers of IdentityService share.
namespace hie::edge {

inline constexpr absl::string_view kPatientIndex = "the patient index";

// PERMISSION_DENIED: the caller is no steward of the operator.  Tasks and events name records of
// any member: another member's steward would learn where its patients are known.
absl::Status CheckSteward(const EdgeServices& services, const Actor& actor);

// Records whose keys a message shows.
using Patients = std::vector<common::v1::LocalPatient>;
void AddPatients(const mpi::v1::Task& task, Patients& patients);
void AddPatients(const mpi::v1::LinkEvent& event, Patients& patients);
void AddPatients(const mpi::v1::RunEvent& event, Patients& patients);
void AddPatients(const mpi::v1::GetRecordHistoryResponse& history, Patients& patients);

// Makes it durable that the caller reads of `patients` (each counts once; none: of nobody), then
// goes on.  UNAVAILABLE: it could not be made durable.
void RecordReading(EdgeServices& services, const rpc::CallContext& context, const std::string& word,
                   Patients patients, std::function<void(absl::Status)> next);

// Asks a role on behalf of a steward and answers with what `convert` makes of it, once the reading
// of the patients that `patients_of` names is on record under `word`.
//   convert: Response(RoleResponse)    patients_of: void(const RoleResponse&, Patients&)
template <typename Method, typename Response, typename Convert, typename PatientsOf>
void AskAndRecord(EdgeServices& services, std::shared_ptr<rpc::CallContext> context,
                  const typename Method::Request& request, std::string word, PatientsOf patients_of,
                  Convert convert, Answer<Response> answer) {
  CallRole<Method>(*services.roles().mpi, kPatientIndex, *context, request,
                   [&services, context, word = std::move(word), patients_of, convert,
                    answer = std::move(answer)](absl::StatusOr<typename Method::Response> asked) {
                     if (!asked.ok()) return answer(asked.status());
                     Patients patients;
                     patients_of(*asked, patients);
                     const auto held =
                         std::make_shared<typename Method::Response>(*std::move(asked));
                     RecordReading(services, *context, word, std::move(patients),
                                   [held, convert, answer](const absl::Status& recorded) {
                                     if (!recorded.ok()) return answer(recorded);
                                     answer(convert(std::move(*held)));
                                   });
                   });
}

// Asks a role and answers with what `convert` makes of it: for what shows no patient.
template <typename Method, typename Response, typename Convert>
void AskOnly(EdgeServices& services, const std::shared_ptr<rpc::CallContext>& context,
             const typename Method::Request& request, Convert convert, Answer<Response> answer) {
  CallRole<Method>(
      *services.roles().mpi, kPatientIndex, *context, request,
      [convert, answer = std::move(answer)](absl::StatusOr<typename Method::Response> asked) {
        if (!asked.ok()) return answer(asked.status());
        answer(convert(*std::move(asked)));
      });
}

}  // namespace hie::edge
