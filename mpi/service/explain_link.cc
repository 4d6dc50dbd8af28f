#include "mpi/service/explain_link.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>

#include "mpi/score/score.h"
#include "mpi/score/veto.h"
#include "mpi/store/explanation.h"
#include "services/common/base/status_macros.h"

namespace hie::mpi {
namespace {

// The model's part: weights per field, and whether they are the ones that linked.
absl::Status AddReplay(const v1::ExplanationRow& row, const Model& model,
                       v1::ExplainLinkResponse& response) {
  HIE_ASSIGN_OR_RETURN(const Agreement agreement, AgreementOf(row));
  HIE_ASSIGN_OR_RETURN(const bool replays, Replays(row, model));
  response.set_replays(replays);
  for (const FieldPart& part : Explain(agreement, model)) {
    v1::FieldWeight& field = *response.add_fields();
    field.set_field(part.field);
    field.set_level(std::string(part.level));
    field.set_weight_millibits(part.weight);
    field.set_value_chance(part.value_chance);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<v1::ExplainLinkResponse> ExplainLink(const MpiReader& reader,
                                                    const common::v1::LocalPatient& patient,
                                                    const ActiveModel& models) {
  HIE_ASSIGN_OR_RETURN(const RecordNumber record, reader.FindRecord(patient));
  HIE_ASSIGN_OR_RETURN(const std::optional<v1::ExplanationRow> row, reader.Explanation(record));
  if (!row) return absl::NotFoundError("patient: never linked by matching");
  HIE_ASSIGN_OR_RETURN(const v1::RecordRow own, reader.Record(record));
  HIE_ASSIGN_OR_RETURN(const v1::RecordRow other, reader.Record(row->other()));
  // What was parted since is told by the record's history, not as a link.
  if (own.eid() != other.eid()) {
    return absl::NotFoundError("patient: the link that matching made is no longer");
  }
  v1::ExplainLinkResponse response;
  *response.mutable_other() = other.record().patient();
  response.set_model(row->model());
  response.set_stranger_millibits(row->stranger_millibits());
  response.set_household_millibits(row->household_millibits());
  response.set_weight_millibits(std::min(row->stranger_millibits(), row->household_millibits()));
  for (const Veto veto : ListVetoes(row->vetoes())) {
    response.add_vetoes(std::string(VetoName(veto)));
  }
  for (const absl::string_view name : KeyNamesOf(*row)) response.add_keys(std::string(name));
  response.set_sequence(row->sequence());
  const auto model = models.Named(reader.rows(), row->model());
  // A model that is gone explains nothing any more; the weights as they were stand above.
  if (absl::IsNotFound(model.status())) return response;
  if (!model.ok()) return model.status();
  HIE_RETURN_IF_ERROR(AddReplay(*row, **model, response));
  return response;
}

}  // namespace hie::mpi
