#include "mpi/store/match.h"

#include <algorithm>
#include <map>
#include <set>

#include "mpi/block/block_key.h"
#include "mpi/score/score.h"
#include "services/common/base/status_macros.h"
#include "services/common/wire/wire.h"

namespace hie::mpi {
namespace {

// Walks the keys of a question, rarest first, and notes the version of each key row.
class KeyWalk {
 public:
  KeyWalk(const MpiReader& reader, v1::MatchPlan& plan) : reader_(reader), plan_(plan) {}

  absl::StatusOr<std::set<RecordNumber>> Run(const Features& features) {
    std::vector<std::pair<uint64_t, BlockKey>> by_count;
    for (const BlockKey& key : MakeBlockKeys(features)) {
      HIE_ASSIGN_OR_RETURN(const uint64_t count, NoteKey(key.base));
      if (count > 0) by_count.emplace_back(count, key);
    }
    std::sort(by_count.begin(), by_count.end());
    for (const auto& [count, key] : by_count) HIE_RETURN_IF_ERROR(Walk(count, key));
    return std::move(records_);
  }

 private:
  absl::StatusOr<uint64_t> NoteKey(uint64_t key) {
    HIE_ASSIGN_OR_RETURN(const v1::KeyCountRow row, reader_.KeyCount(key));
    v1::PlannedKey& noted = *plan_.add_keys();
    noted.set_key(key);
    noted.set_version(row.version());
    return row.count();
  }

  absl::Status Walk(uint64_t count, const BlockKey& key) {
    uint64_t walked = key.base;
    if (count > kKeyRecordsMax) {
      // A broad key's narrow form is all that it is worth in a large index.
      if (BreadthOf(key.type) == KeyBreadth::kFine) Degrade(key);
      if (key.refined != 0) {
        walked = key.refined;
        HIE_RETURN_IF_ERROR(NoteKey(walked).status());
      }
    }
    if (records_.size() >= kCandidatesMax) {
      Degrade(key);
      return absl::OkStatus();
    }
    HIE_ASSIGN_OR_RETURN(const std::vector<RecordNumber> filed,
                         reader_.Filed(walked, kKeyRecordsMax));
    records_.insert(filed.begin(), filed.end());
    return absl::OkStatus();
  }

  // Keys come rarest first: the last name that stays is the commonest.
  void Degrade(const BlockKey& key) {
    const absl::string_view name = KeyTypeName(key.type);
    plan_.set_degraded(std::string(name));
  }

  const MpiReader& reader_;
  v1::MatchPlan& plan_;
  std::set<RecordNumber> records_;
};

// The EIDs of the candidates' persons, and of the question's own.
absl::StatusOr<std::set<std::string>> PersonsOf(const MpiReader& reader,
                                                std::set<RecordNumber> records, RecordNumber self) {
  if (self != 0) records.insert(self);
  HIE_ASSIGN_OR_RETURN(const std::vector<v1::RecordRow> rows,
                       reader.Records(std::vector<RecordNumber>(records.begin(), records.end())));
  std::set<std::string> eids;
  for (const v1::RecordRow& row : rows) eids.insert(row.eid());
  return eids;
}

absl::Status ScorePerson(const MpiReader& reader, const std::string& eid, const Question& question,
                         const Model& model, v1::MatchPlan& plan) {
  HIE_ASSIGN_OR_RETURN(const v1::PersonRow person, reader.Person(eid));
  v1::PlannedPerson& planned = *plan.add_persons();
  planned.set_eid(eid);
  planned.set_content_version(person.content_version());
  const std::vector<RecordNumber> numbers = RecordNumbers(person);
  HIE_ASSIGN_OR_RETURN(const std::vector<v1::RecordRow> rows, reader.Records(numbers));
  for (size_t i = 0; i < numbers.size(); ++i) {
    if (numbers[i] == question.self) continue;
    HIE_ASSIGN_OR_RETURN(const Features features, FeaturesOf(rows[i].record()));
    const PairScore score = Score(Compare(question.features, features), model);
    v1::PlannedScore& scored = *planned.add_scores();
    scored.set_record_number(numbers[i]);
    scored.set_weight_millibits(score.weight());
    scored.set_vetoes(score.vetoes);
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> Unchanged(const MpiReader& reader, const v1::MatchPlan& plan) {
  for (const v1::PlannedKey& key : plan.keys()) {
    HIE_ASSIGN_OR_RETURN(const v1::KeyCountRow row, reader.KeyCount(key.key()));
    if (row.version() != key.version()) return false;
  }
  for (const v1::PlannedPerson& planned : plan.persons()) {
    HIE_ASSIGN_OR_RETURN(const std::optional<v1::PersonRow> row, reader.FindPerson(planned.eid()));
    if (!row || row->content_version() != planned.content_version()) return false;
  }
  return true;
}

absl::StatusOr<std::vector<Features>> FeaturesOfPerson(const MpiReader& reader,
                                                       const v1::PersonRow& person) {
  HIE_ASSIGN_OR_RETURN(const std::vector<v1::RecordRow> rows,
                       reader.Records(RecordNumbers(person)));
  std::vector<Features> features;
  for (const v1::RecordRow& row : rows) {
    HIE_ASSIGN_OR_RETURN(Features of_row, FeaturesOf(row.record()));
    features.push_back(std::move(of_row));
  }
  return features;
}

}  // namespace

absl::StatusOr<Question> MakeQuestion(const common::v1::LocalPatient& patient,
                                      const common::v1::Demographics& demographics,
                                      RecordNumber self) {
  HIE_ASSIGN_OR_RETURN(const LocalPatient key,
                       wire::FromProto(patient, "patient", wire::Incarnation::kMayBeCurrent));
  HIE_ASSIGN_OR_RETURN(const Demographics parsed, wire::FromProto(demographics, "demographics"));
  const uint64_t fingerprint =
      FingerprintOf(patient.SerializeAsString() + "|" + demographics.SerializeAsString());
  return Question{NormalizeRecord(key, parsed), fingerprint, self};
}

absl::StatusOr<v1::MatchPlan> Match(const MpiReader& reader, const Question& question,
                                    const Model& model) {
  v1::MatchPlan plan;
  plan.set_model(std::string(model.name));
  plan.set_record_number(question.self);
  plan.set_question(question.fingerprint);
  HIE_ASSIGN_OR_RETURN(std::set<RecordNumber> records,
                       KeyWalk(reader, plan).Run(question.features));
  HIE_ASSIGN_OR_RETURN(const std::set<std::string> eids,
                       PersonsOf(reader, std::move(records), question.self));
  for (const std::string& eid : eids) {
    HIE_RETURN_IF_ERROR(ScorePerson(reader, eid, question, model, plan));
  }
  return plan;
}

absl::StatusOr<v1::MatchPlan> MatchOrReuse(const MpiReader& reader, const Question& question,
                                           const Model& model, absl::string_view plan) {
  v1::MatchPlan parsed;
  const bool readable =
      !plan.empty() && parsed.ParseFromArray(plan.data(), static_cast<int>(plan.size()));
  if (readable && parsed.question() == question.fingerprint &&
      parsed.record_number() == question.self && parsed.model() == model.name) {
    HIE_ASSIGN_OR_RETURN(const bool unchanged, Unchanged(reader, parsed));
    if (unchanged) return parsed;
  }
  return Match(reader, question, model);
}

std::vector<PersonScore> PersonScores(const v1::MatchPlan& plan) {
  std::vector<PersonScore> persons;
  for (const v1::PlannedPerson& planned : plan.persons()) {
    if (planned.scores().empty()) continue;
    PersonScore& person = persons.emplace_back();
    person.eid = EnterpriseId(planned.eid());
    for (const v1::PlannedScore& score : planned.scores()) {
      person.records.push_back({score.record_number(), score.weight_millibits(), score.vetoes()});
    }
  }
  return persons;
}

absl::StatusOr<PersonsScore> ScorePersons(const MpiReader& reader, const v1::PersonRow& a,
                                          const v1::PersonRow& b, const Model& model) {
  HIE_ASSIGN_OR_RETURN(const std::vector<Features> of_a, FeaturesOfPerson(reader, a));
  HIE_ASSIGN_OR_RETURN(const std::vector<Features> of_b, FeaturesOfPerson(reader, b));
  PersonsScore result;
  int64_t sum = 0;
  for (const Features& x : of_a) {
    for (const Features& y : of_b) {
      const PairScore score = Score(Compare(x, y), model);
      sum += score.weight();
      result.vetoes |= score.vetoes;
    }
  }
  const auto pairs = static_cast<int64_t>(of_a.size() * of_b.size());
  result.mean = pairs == 0 ? 0 : static_cast<Millibits>(sum / pairs);
  return result;
}

absl::StatusOr<Millibits> WeightBetweenRecords(const MpiReader& reader, RecordNumber a,
                                               RecordNumber b, const Model& model) {
  HIE_ASSIGN_OR_RETURN(const std::vector<v1::RecordRow> rows, reader.Records({a, b}));
  HIE_ASSIGN_OR_RETURN(const Features of_a, FeaturesOf(rows[0].record()));
  HIE_ASSIGN_OR_RETURN(const Features of_b, FeaturesOf(rows[1].record()));
  return Score(Compare(of_a, of_b), model).weight();
}

}  // namespace hie::mpi
