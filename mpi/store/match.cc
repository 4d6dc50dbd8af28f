#include "mpi/store/match.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "mpi/block/block_key.h"
#include "mpi/score/kinship.h"
#include "mpi/score/log2.h"
#include "mpi/score/score.h"
#include "mpi/store/change_window.h"
#include "mpi/store/tables.h"
#include "services/common/base/status_macros.h"
#include "services/common/wire/wire.h"

namespace hie::mpi {
namespace {

// Walks the keys of a question, rarest first.
class KeyWalk {
 public:
  KeyWalk(const MpiReader& reader, v1::MatchPlan& plan) : reader_(reader), plan_(plan) {}

  // The records found, rising.
  absl::StatusOr<std::vector<RecordNumber>> Run(const PackedView& question) {
    const std::vector<BlockKey> keys = FiledKeys(question);
    std::vector<uint64_t> bases;
    bases.reserve(keys.size());
    for (const BlockKey& key : keys) bases.push_back(KeyBase(key));
    HIE_ASSIGN_OR_RETURN(const std::vector<std::optional<uint64_t>> counts,
                         reader_.KeyCounts(bases));
    std::vector<std::pair<uint64_t, const BlockKey*>> heavy;
    for (size_t i = 0; i < keys.size(); ++i) {
      HIE_ASSIGN_OR_RETURN(const uint64_t count, Count(keys[i], counts[i]));
      if (counts[i]) heavy.emplace_back(count, &keys[i]);
      if (count <= KeyRecordsCap(keys[i].type) || keys[i].refined == 0) NoteWhole(bases[i], count);
    }
    std::sort(heavy.begin(), heavy.end(), [](const auto& a, const auto& b) {
      return a.first != b.first ? a.first < b.first : *a.second < *b.second;
    });
    for (const auto& [count, key] : heavy) HIE_RETURN_IF_ERROR(WalkHeavy(count, *key));
    // Which keys were left out hangs on how rare each is.
    if (records_.size() >= kCandidatesMax) {
      for (const auto& [count, key] : heavy) plan_.add_watched(WatchedKey(KeyBase(*key)));
    }
    std::sort(records_.begin(), records_.end());
    records_.erase(std::unique(records_.begin(), records_.end()), records_.end());
    return std::move(records_);
  }

 private:
  // Counts a key; one without a row is walked at once.
  absl::StatusOr<uint64_t> Count(const BlockKey& key, std::optional<uint64_t> row) {
    if (row) return *row;
    return reader_.Filed(BaseKey(KeyBase(key)), kCountedByWalking + 1, records_);
  }

  void NoteWhole(uint64_t base, uint64_t count) {
    plan_.add_keys(base);
    plan_.add_key_counts(count);
    plan_.add_watched(WatchedKey(base));
  }

  absl::Status WalkHeavy(uint64_t count, const BlockKey& key) {
    const bool whole = count <= KeyRecordsCap(key.type);
    const bool fine = BreadthOf(key.type) == KeyBreadth::kFine;
    if (records_.size() >= kCandidatesMax) {
      Degrade(key);
      return absl::OkStatus();
    }
    // A broad key's narrow form is all that it is worth in a large index.
    if (!whole && fine) Degrade(key);
    if (!whole && key.refined == 0) {
      // What is common and cannot be narrowed finds strangers; it is walked where nothing else is.
      if (!fine && !records_.empty()) return absl::OkStatus();
      Degrade(key);
    }
    const bool narrow = !whole && key.refined != 0;
    if (narrow) {
      plan_.add_watched(WatchedHeavyKey(KeyBase(key)));
      plan_.add_watched(WatchedNarrowKey(KeyBase(key), KeyRefinement(key)));
    }
    return reader_
        .Filed(narrow ? RefinedKey(key) : BaseKey(KeyBase(key)), KeyRecordsCap(key.type), records_)
        .status();
  }

  // Keys come rarest first: the last name that stays is the commonest.
  void Degrade(const BlockKey& key) {
    const absl::string_view name = KeyTypeName(key.type);
    plan_.set_degraded(std::string(name));
  }

  const MpiReader& reader_;
  v1::MatchPlan& plan_;
  std::vector<RecordNumber> records_;
};

// How the question compares with the records of one person.
struct Compared {
  std::map<RecordNumber, std::pair<PairScore, Agreement>> records;
  Millibits best = 0;
};

// One match, step by step.
class Matching {
 public:
  Matching(const MpiReader& reader, const Question& question, const Model& model, Millibits floor,
           v1::MatchPlan& plan)
      : reader_(reader),
        question_(question),
        packed_(question.packed.data()),
        model_(model),
        floor_(floor),
        plan_(plan) {}

  absl::Status Run() {
    HIE_ASSIGN_OR_RETURN(std::vector<RecordNumber> found, KeyWalk(reader_, plan_).Run(packed_));
    HIE_RETURN_IF_ERROR(CompareWith(found));
    HIE_RETURN_IF_ERROR(AddOwnPerson());
    HIE_RETURN_IF_ERROR(Expand());
    for (const auto& [person_key, compared] : persons_) {
      plan_.add_watched(WatchedPerson(person_key));
      HIE_RETURN_IF_ERROR(AddToPlan(person_key, compared));
    }
    std::sort(plan_.mutable_watched()->begin(), plan_.mutable_watched()->end());
    return absl::OkStatus();
  }

 private:
  absl::Status CompareWith(const std::vector<RecordNumber>& records) {
    return reader_.ReadFeatures(records, [&](RecordNumber record, absl::string_view person_key,
                                             const PackedView& other) {
      if (record == question_.self) return absl::OkStatus();
      auto found = persons_.find(person_key);
      if (found == persons_.end()) found = persons_.emplace(person_key, Compared()).first;
      Compared& person = found->second;
      const Agreement agreement = Compare(packed_, other);
      const PairScore score = Score(agreement, model_);
      person.best = person.records.empty() ? score.weight() : std::max(person.best, score.weight());
      person.records.emplace(record, std::pair(score, agreement));
      return absl::OkStatus();
    });
  }

  absl::Status AddOwnPerson() {
    if (question_.self == 0) return absl::OkStatus();
    HIE_ASSIGN_OR_RETURN(const v1::RecordRow row, reader_.Record(question_.self));
    own_ = PersonKey(row.eid());
    persons_.emplace(own_, Compared());
    return absl::OkStatus();
  }

  // The rest of each person who is near enough, all in one read.
  absl::Status Expand() {
    std::vector<RecordNumber> missing;
    for (const auto& [person_key, compared] : persons_) {
      if (person_key != own_ && compared.best < floor_ - kExpandSlack) continue;
      HIE_ASSIGN_OR_RETURN(const std::string eid, EidOfPersonKey(person_key));
      HIE_ASSIGN_OR_RETURN(const v1::PersonRow person, reader_.Person(eid));
      for (const RecordNumber record : RecordNumbers(person)) {
        if (record != question_.self && compared.records.count(record) == 0) {
          missing.push_back(record);
        }
      }
    }
    return missing.empty() ? absl::OkStatus() : CompareWith(missing);
  }

  absl::Status AddToPlan(const std::string& person_key, const Compared& compared) {
    if (person_key != own_ && compared.best < floor_) {
      if (!plan_.has_best_below_millibits() || plan_.best_below_millibits() < compared.best) {
        plan_.set_best_below_millibits(compared.best);
      }
      return absl::OkStatus();
    }
    v1::PlannedPerson& planned = *plan_.add_persons();
    HIE_ASSIGN_OR_RETURN(*planned.mutable_eid(), EidOfPersonKey(person_key));
    Agreement together;
    for (const auto& [record, pair] : compared.records) {
      AddScore(record, pair.first, pair.second, planned);
      together = BestOf(together, pair.second);
    }
    if (compared.records.empty()) return absl::OkStatus();
    planned.set_together_millibits(Score(together, model_).weight() -
                                   Log2Millibits(compared.records.size()));
    planned.set_together_may_be_kin(MayBeKin(together));
    return absl::OkStatus();
  }

  void AddScore(RecordNumber record, const PairScore& score, const Agreement& agreement,
                v1::PlannedPerson& planned) const {
    v1::PlannedScore& scored = *planned.add_scores();
    scored.set_record_number(record);
    scored.set_weight_millibits(score.weight());
    scored.set_vetoes(score.vetoes);
    scored.set_household_millibits(score.household);
    scored.set_said_millibits(score.support.said);
    scored.set_most_millibits(score.support.most);
    scored.set_may_be_kin(MayBeKin(agreement));
    scored.set_conflict(FamiliesShow(model_) && Conflicts(agreement));
  }

  const MpiReader& reader_;
  const Question& question_;
  const PackedView packed_;
  const Model& model_;
  const Millibits floor_;
  v1::MatchPlan& plan_;
  std::map<std::string, Compared, std::less<>> persons_;
  std::string own_;
};

absl::StatusOr<std::vector<std::string>> PackedRecordsOf(const MpiReader& reader,
                                                         const v1::PersonRow& person) {
  std::vector<std::string> packed;
  HIE_RETURN_IF_ERROR(reader.ReadFeatures(
      RecordNumbers(person), [&](RecordNumber, absl::string_view, const PackedView& record) {
        packed.emplace_back(record.bytes());
        return absl::OkStatus();
      }));
  return packed;
}

}  // namespace

uint64_t KeyRecordsCap(KeyType type) {
  switch (BreadthOf(type)) {
    case KeyBreadth::kFine:
      return kKeyRecordsMax;
    case KeyBreadth::kBroad:
      return kBroadKeyRecordsMax;
    case KeyBreadth::kVeryBroad:
      break;
  }
  return kCountedByWalking;
}

uint64_t QuestionFingerprint(const common::v1::LocalPatient& patient,
                             const common::v1::Demographics& demographics) {
  return FingerprintOf(patient.SerializeAsString() + "|" + demographics.SerializeAsString());
}

absl::StatusOr<Question> MakeQuestion(const common::v1::LocalPatient& patient,
                                      const common::v1::Demographics& demographics,
                                      RecordNumber self) {
  HIE_ASSIGN_OR_RETURN(const LocalPatient key,
                       wire::FromProto(patient, "patient", wire::Incarnation::kMayBeCurrent));
  HIE_ASSIGN_OR_RETURN(const Demographics parsed, wire::FromProto(demographics, "demographics"));
  return Question{Pack(NormalizeRecord(key, parsed)), QuestionFingerprint(patient, demographics),
                  self};
}

absl::StatusOr<v1::MatchPlan> Match(const MpiReader& reader, const Question& question,
                                    const Model& model, Millibits floor) {
  v1::MatchPlan plan;
  plan.set_model(std::string(model.name));
  plan.set_record_number(question.self);
  plan.set_question(question.fingerprint);
  HIE_ASSIGN_OR_RETURN(const uint64_t sequence, reader.LastSequence());
  plan.set_sequence(sequence);
  HIE_RETURN_IF_ERROR(Matching(reader, question, model, floor, plan).Run());
  return plan;
}

absl::StatusOr<v1::MatchPlan> Match(const MpiReader& reader, const Question& question,
                                    const Model& model) {
  return Match(reader, question, model, model.thresholds.review);
}

std::optional<v1::MatchPlan> ReadPlan(absl::string_view plan, uint64_t fingerprint,
                                      RecordNumber self, const Model& model) {
  v1::MatchPlan parsed;
  const bool readable =
      !plan.empty() && parsed.ParseFromArray(plan.data(), static_cast<int>(plan.size()));
  const bool fits = readable && parsed.question() == fingerprint &&
                    parsed.record_number() == self && parsed.model() == model.name;
  return fits ? std::optional<v1::MatchPlan>(std::move(parsed)) : std::nullopt;
}

std::vector<PersonScore> PersonScores(const v1::MatchPlan& plan) {
  std::vector<PersonScore> persons;
  for (const v1::PlannedPerson& planned : plan.persons()) {
    if (planned.scores().empty()) continue;
    PersonScore& person = persons.emplace_back();
    person.eid = EnterpriseId(planned.eid());
    person.together = planned.together_millibits();
    person.together_may_be_kin = planned.together_may_be_kin();
    for (const v1::PlannedScore& score : planned.scores()) {
      person.records.push_back({score.record_number(),
                                score.weight_millibits(),
                                score.vetoes(),
                                score.household_millibits(),
                                {score.said_millibits(), score.most_millibits()},
                                score.may_be_kin(),
                                score.conflict()});
    }
  }
  return persons;
}

absl::StatusOr<PersonsScore> ScorePersons(const MpiReader& reader, const v1::PersonRow& a,
                                          const v1::PersonRow& b, const Model& model) {
  HIE_ASSIGN_OR_RETURN(const std::vector<std::string> of_a, PackedRecordsOf(reader, a));
  HIE_ASSIGN_OR_RETURN(const std::vector<std::string> of_b, PackedRecordsOf(reader, b));
  PersonsScore result;
  int64_t sum = 0;
  for (const std::string& x : of_a) {
    for (const std::string& y : of_b) {
      const PairScore score = Score(Compare(PackedView(x.data()), PackedView(y.data())), model);
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
  HIE_ASSIGN_OR_RETURN(const std::string of_a, PackedOf(rows[0].record()));
  HIE_ASSIGN_OR_RETURN(const std::string of_b, PackedOf(rows[1].record()));
  return Score(Compare(PackedView(of_a.data()), PackedView(of_b.data())), model).weight();
}

}  // namespace hie::mpi
