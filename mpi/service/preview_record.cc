#include "mpi/service/preview_record.h"

#include <optional>
#include <utility>

#include "mpi/score/score.h"
#include "mpi/store/match.h"
#include "mpi/store/register_record.h"
#include "services/common/base/status_macros.h"

namespace hie::mpi {
namespace {

// The record that a preview explains the comparison with.
struct Other {
  RecordNumber record = 0;
  std::string eid;
};

// The strongest record of another person, as the registration weighed it.
std::optional<Other> BestOf(const v1::MatchPlan& match, const std::string& own, Millibits weight) {
  for (const PersonScore& person : PersonScores(match)) {
    const RecordScore& best = person.best();
    if (person.eid.value() != own && best.weight == weight) {
      return Other{best.record, person.eid.value()};
    }
  }
  return std::nullopt;
}

absl::Status Explain(const MpiReader& reader, const Question& question, const Other& other,
                     const Model& model, v1::PreviewRecordResponse& response) {
  HIE_ASSIGN_OR_RETURN(const v1::RecordRow row, reader.Record(other.record));
  HIE_ASSIGN_OR_RETURN(const std::string packed, PackedOf(row.record()));
  const Agreement agreement =
      Compare(PackedView(question.packed.data()), PackedView(packed.data()));
  const PairScore score = Score(agreement, model);
  response.set_best_weight_millibits(score.weight());
  for (const Veto veto : ListVetoes(score.vetoes)) {
    response.add_vetoes(std::string(VetoName(veto)));
  }
  for (const FieldPart& part : mpi::Explain(agreement, model)) {
    v1::FieldWeight& field = *response.add_fields();
    field.set_field(std::string(part.field));
    field.set_level(std::string(part.level));
    field.set_weight_millibits(part.weight);
  }
  return absl::OkStatus();
}

// Whom the record is compared with: the holder that an overlay contradicts, else the best match.
absl::StatusOr<std::optional<Other>> FindOther(const MpiReader& reader, const Target& target,
                                               const v1::MatchPlan& match, Millibits weight) {
  std::string own;
  if (target.record != 0) {
    HIE_ASSIGN_OR_RETURN(const v1::RecordRow row, reader.Record(target.record));
    own = row.eid();
  }
  if (target.kind == TargetKind::kOverlay) {
    return std::optional<Other>(Other{target.record, own});
  }
  return BestOf(match, own, weight);
}

}  // namespace

absl::StatusOr<v1::PreviewRecordResponse> PreviewRecord(const KvReader& state,
                                                        const v1::RegisterCommand& command,
                                                        const Stamp& stamp,
                                                        std::vector<std::string> eids,
                                                        const Model& model) {
  const MpiReader reader(state);
  HIE_ASSIGN_OR_RETURN(const Target target, FindTarget(reader, command, model));
  HIE_ASSIGN_OR_RETURN(const Question question,
                       MakeQuestion(command.patient(), command.demographics(), target.record));
  v1::MatchPlan match;
  if (target.kind == TargetKind::kNew || target.kind == TargetKind::kUpdate) {
    HIE_ASSIGN_OR_RETURN(match, Match(reader, question, model));
  }
  WriteBatch dropped;
  MpiEdit edit(state, stamp, std::move(eids), dropped);
  HIE_ASSIGN_OR_RETURN(const v1::RegisterReply reply,
                       ApplyRegister(edit, command, Prepared(), model));
  v1::PreviewRecordResponse response;
  response.set_outcome(reply.outcome());
  response.set_best_weight_millibits(reply.best_weight_millibits());
  HIE_ASSIGN_OR_RETURN(const std::optional<Other> other,
                       FindOther(reader, target, match, reply.best_weight_millibits()));
  HIE_ASSIGN_OR_RETURN(const auto person, reader.FindPerson(reply.eid()));
  if (person) response.set_eid(reply.eid());
  if (!other) return response;
  if (!person) response.set_eid(other->eid);
  HIE_RETURN_IF_ERROR(Explain(reader, question, *other, model, response));
  return response;
}

}  // namespace hie::mpi
