#include "mpi/service/search_persons.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "mpi/score/score.h"
#include "mpi/store/match.h"
#include "mpi/store/person_view.h"
#include "services/common/base/status_macros.h"

namespace hie::mpi {
namespace {

// A person who fits, before they are shown.
struct Found {
  PersonScore score;
  Agreement agreement;  // Of the best record.
};

bool IdentifierAgrees(const Agreement& agreement) {
  return PersonalIdentifierAgrees(agreement) ||
         agreement.identifier == IdentifierLevel::kSharedExact;
}

// Judges one person; nothing where they do not fit or may not be shown.
absl::StatusOr<std::optional<Found>> Judge(const MpiReader& reader, const PersonScore& score,
                                           const Features& question,
                                           ProtectedRecords protected_records) {
  Found found{score, {}};
  bool by_identifier = false;
  bool is_protected = false;
  for (const RecordScore& record : score.records) {
    HIE_ASSIGN_OR_RETURN(const v1::RecordRow row, reader.Record(record.record));
    HIE_ASSIGN_OR_RETURN(const Features features, FeaturesOf(row.record()));
    const Agreement agreement = Compare(question, features);
    by_identifier = by_identifier || IdentifierAgrees(agreement);
    is_protected = is_protected || row.record().demographics().protected_record();
    if (record.record == score.best().record) found.agreement = agreement;
  }
  const bool fits = by_identifier || score.best().weight >= kSearchWeightMin;
  const bool shown =
      !is_protected || by_identifier || protected_records == ProtectedRecords::kIncluded;
  if (!fits || !shown) return std::optional<Found>();
  return std::optional<Found>(std::move(found));
}

void SortByWeight(std::vector<Found>& found) {
  std::sort(found.begin(), found.end(), [](const Found& a, const Found& b) {
    const Millibits weight_a = a.score.best().weight;
    const Millibits weight_b = b.score.best().weight;
    return weight_a != weight_b ? weight_a > weight_b : a.score.eid < b.score.eid;
  });
}

absl::Status AddCandidate(const MpiReader& reader, const Found& found, const LinkPlan& plan,
                          const Model& model, v1::SearchPersonsResponse& response) {
  v1::PersonCandidate& candidate = *response.add_candidates();
  HIE_ASSIGN_OR_RETURN(*candidate.mutable_person(), ViewPerson(reader, found.score.eid.value()));
  candidate.set_weight_millibits(found.score.best().weight);
  candidate.set_certain(plan.link.size() == 1 && plan.link[0] == found.score.eid);
  for (const Veto veto : ListVetoes(found.score.vetoes())) {
    candidate.add_vetoes(std::string(VetoName(veto)));
  }
  for (const FieldPart& part : Explain(found.agreement, model)) {
    v1::FieldWeight& field = *candidate.add_fields();
    field.set_field(std::string(part.field));
    field.set_level(std::string(part.level));
    field.set_weight_millibits(part.weight);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<v1::SearchPersonsResponse> SearchPersons(const MpiReader& reader,
                                                        const PersonSearch& search,
                                                        const Model& model) {
  const Question question{Normalize(search.demographics), 0, 0};
  HIE_ASSIGN_OR_RETURN(const v1::MatchPlan match, Match(reader, question, model));
  const std::vector<PersonScore> persons = PersonScores(match);
  std::vector<Found> found;
  for (const PersonScore& person : persons) {
    HIE_ASSIGN_OR_RETURN(std::optional<Found> judged,
                         Judge(reader, person, question.features, search.protected_records));
    if (judged) found.push_back(*std::move(judged));
  }
  v1::SearchPersonsResponse response;
  response.set_degraded(match.degraded());
  if (found.size() > kSearchPersonsMax) {
    response.set_too_many(true);
    return response;
  }
  SortByWeight(found);
  if (found.size() > search.limit) found.resize(search.limit);
  const LinkPlan plan = PlanLinks(persons, model.thresholds,
                                  [](const EnterpriseId&, const EnterpriseId&) { return false; });
  for (const Found& one : found) {
    HIE_RETURN_IF_ERROR(AddCandidate(reader, one, plan, model, response));
  }
  return response;
}

}  // namespace hie::mpi
