#include "mpi/service/search_persons.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "mpi/normalize/features.h"
#include "mpi/score/score.h"
#include "mpi/store/match.h"
#include "mpi/store/person_pairs.h"
#include "mpi/store/person_view.h"
#include "mpi/store/tables.h"
#include "services/common/base/status_macros.h"

namespace hie::mpi {
namespace {

// Persons who are named by an exact identifier are listed however little the rest agrees.
constexpr Millibits kNamedWeightMin = -100'000;
// Fields apart that contradict: the person is not meant, whatever the identifier says.
constexpr int kContradictions = 2;

// A person who fits, before they are shown.
struct Found {
  PersonScore score;
  Agreement agreement;  // Of the best record.
  bool by_identifier = false;
};

bool IdentifierAgrees(const Agreement& agreement) {
  return PersonalIdentifierAgrees(agreement) ||
         agreement.identifier == IdentifierLevel::kSharedExact;
}

// Whether anybody is filed under an identifier of the question: only these can be named by it.
absl::StatusOr<bool> AnybodyNamed(const MpiReader& reader, const PackedView& question) {
  std::vector<RecordNumber> one;
  for (const BlockKey& key : FiledKeys(question)) {
    if (key.type != KeyType::kSsn && key.type != KeyType::kIdentifier) continue;
    HIE_RETURN_IF_ERROR(reader.Filed(BaseKey(KeyBase(key)), 1, one).status());
    if (!one.empty()) return true;
  }
  return false;
}

// Compares the question with the records of all persons in one read of what is packed.
absl::StatusOr<std::vector<Found>> CompareAll(const MpiReader& reader, const Question& question,
                                              std::vector<PersonScore> persons) {
  std::vector<Found> found;
  std::map<RecordNumber, size_t> person_of;
  for (PersonScore& person : persons) {
    for (const RecordScore& record : person.records) person_of[record.record] = found.size();
    found.push_back({std::move(person), {}});
  }
  std::vector<RecordNumber> records;
  for (const auto& [record, at] : person_of) records.push_back(record);
  const PackedView packed(question.packed.data());
  HIE_RETURN_IF_ERROR(reader.ReadFeatures(
      records, [&](RecordNumber record, absl::string_view, const PackedView& other) {
        Found& person = found[person_of.at(record)];
        const Agreement agreement = Compare(packed, other);
        person.by_identifier = person.by_identifier || IdentifierAgrees(agreement);
        if (record == person.score.best().record) person.agreement = agreement;
        return absl::OkStatus();
      }));
  return found;
}

Millibits WeightOf(const Found& found) { return found.score.best().weight; }

void SortByWeight(std::vector<Found>& found) {
  std::sort(found.begin(), found.end(), [](const Found& a, const Found& b) {
    return WeightOf(a) != WeightOf(b) ? WeightOf(a) > WeightOf(b) : a.score.eid < b.score.eid;
  });
}

// Whom the question fits: by weight, and whoever an exact identifier names.
struct Fitting {
  std::vector<Found> found;  // Best first.
  std::string degraded;
};

absl::StatusOr<Fitting> FindFitting(const MpiReader& reader, const Question& question,
                                    const Model& model) {
  HIE_ASSIGN_OR_RETURN(const v1::MatchPlan match, Match(reader, question, model, kSearchWeightMin));
  Fitting fitting;
  fitting.degraded = match.degraded();
  HIE_ASSIGN_OR_RETURN(fitting.found, CompareAll(reader, question, PersonScores(match)));
  const bool named = std::any_of(fitting.found.begin(), fitting.found.end(),
                                 [](const Found& found) { return found.by_identifier; });
  bool wanted = false;
  if (!named) {
    HIE_ASSIGN_OR_RETURN(wanted, AnybodyNamed(reader, PackedView(question.packed.data())));
  }
  if (wanted) {
    // Whoever is named may agree in nothing else: rare, so that it is looked for apart.
    HIE_ASSIGN_OR_RETURN(const v1::MatchPlan wide, Match(reader, question, model, kNamedWeightMin));
    HIE_ASSIGN_OR_RETURN(fitting.found, CompareAll(reader, question, PersonScores(wide)));
    std::erase_if(fitting.found, [](const Found& found) {
      return !found.by_identifier && WeightOf(found) < kSearchWeightMin;
    });
  }
  SortByWeight(fitting.found);
  return fitting;
}

bool IsProtected(const v1::Person& person) {
  return std::any_of(person.records().begin(), person.records().end(), [](const auto& record) {
    return !IsTombstone(record) && record.demographics().protected_record();
  });
}

v1::MatchGrade GradeOf(const Found& found, const LinkPlan& plan, const Model& model,
                       PersonPairs& pairs) {
  if (plan.link.size() == 1 && plan.link[0] == found.score.eid) return v1::MATCH_GRADE_CERTAIN;
  const bool contradicted = WeightOf(found) < kSearchWeightMin &&
                            IndependentContradictions(found.agreement) >= kContradictions;
  // Alone they would be linked: only others are too near.
  if (!PlanLinks({found.score}, std::nullopt, model, pairs).link.empty())
    return v1::MATCH_GRADE_PROBABLE;
  const bool forbidden = found.score.vetoes() != 0 || contradicted;
  return forbidden ? v1::MATCH_GRADE_CERTAINLY_NOT : v1::MATCH_GRADE_POSSIBLE;
}

// How far `found[at]` is ahead of the next; nobody else counts as kSearchWeightMin.
Millibits MarginOf(const std::vector<Found>& found, size_t at) {
  if (at != 0) return 0;
  Millibits next = kSearchWeightMin;
  if (found.size() > 1) next = std::max(next, WeightOf(found[1]));
  return std::max(Millibits{0}, WeightOf(found[0]) - next);
}

void FillCandidate(const Found& found, v1::MatchGrade grade, const Model& model,
                   v1::PersonCandidate& candidate) {
  candidate.set_weight_millibits(WeightOf(found));
  candidate.set_grade(grade);
  candidate.set_certain(grade == v1::MATCH_GRADE_CERTAIN);
  for (const Veto veto : ListVetoes(found.score.vetoes())) {
    candidate.add_vetoes(std::string(VetoName(veto)));
  }
  for (const FieldPart& part : Explain(found.agreement, model)) {
    v1::FieldWeight& field = *candidate.add_fields();
    field.set_field(part.field);
    field.set_level(std::string(part.level));
    field.set_weight_millibits(part.weight);
    field.set_value_chance(part.value_chance);
  }
}

}  // namespace

absl::StatusOr<v1::SearchPersonsResponse> SearchPersons(const MpiReader& reader,
                                                        const PersonSearch& search,
                                                        const Model& model) {
  const Question question{Pack(Normalize(search.demographics)), 0, 0};
  HIE_ASSIGN_OR_RETURN(const Fitting fitting, FindFitting(reader, question, model));
  std::vector<PersonScore> scores;
  for (const Found& one : fitting.found) scores.push_back(one.score);
  // As a registration would plan it: what the state says of the persons counts.
  StoredPersonPairs pairs(reader, question.self, model);
  const LinkPlan plan = PlanLinks(scores, std::nullopt, model, pairs);
  HIE_RETURN_IF_ERROR(pairs.status());
  v1::SearchPersonsResponse response;
  response.set_degraded(fitting.degraded);
  for (size_t at = 0; at < fitting.found.size(); ++at) {
    const Found& found = fitting.found[at];
    HIE_ASSIGN_OR_RETURN(v1::Person person, ViewPerson(reader, found.score.eid.value()));
    const bool shown = found.by_identifier ||
                       search.protected_records == ProtectedRecords::kIncluded ||
                       !IsProtected(person);
    if (!shown) continue;
    if (static_cast<size_t>(response.candidates_size()) == kSearchPersonsMax) {
      response.clear_candidates();
      response.set_too_many(true);
      return response;
    }
    v1::PersonCandidate& candidate = *response.add_candidates();
    *candidate.mutable_person() = std::move(person);
    candidate.set_margin_millibits(MarginOf(fitting.found, at));
    FillCandidate(found, GradeOf(found, plan, model, pairs), model, candidate);
  }
  const auto limit = static_cast<int>(search.limit);
  if (response.candidates_size() > limit) {
    response.mutable_candidates()->DeleteSubrange(limit, response.candidates_size() - limit);
  }
  return response;
}

}  // namespace hie::mpi
