#include "mpi/service/explain_link.h"

#include <algorithm>
#include <optional>
#include <string>

#include "mpi/score/veto.h"
#include "services/common/base/status_macros.h"

namespace hie::mpi {

absl::StatusOr<v1::ExplainLinkResponse> ExplainLink(const MpiReader& reader,
                                                    const common::v1::LocalPatient& patient,
                                                    const ActiveModel&) {
  HIE_ASSIGN_OR_RETURN(const RecordNumber record, reader.FindRecord(patient));
  HIE_ASSIGN_OR_RETURN(const std::optional<v1::ExplanationRow> row, reader.Explanation(record));
  if (!row) return absl::NotFoundError("patient: never linked by matching");
  HIE_ASSIGN_OR_RETURN(const v1::RecordRow other, reader.Record(row->other()));
  v1::ExplainLinkResponse response;
  *response.mutable_other() = other.record().patient();
  response.set_model(row->model());
  response.set_stranger_millibits(row->stranger_millibits());
  response.set_household_millibits(row->household_millibits());
  response.set_weight_millibits(std::min(row->stranger_millibits(), row->household_millibits()));
  for (const Veto veto : ListVetoes(row->vetoes())) {
    response.add_vetoes(std::string(VetoName(veto)));
  }
  response.set_sequence(row->sequence());
  return response;
}

}  // namespace hie::mpi
