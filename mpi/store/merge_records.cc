#include "mpi/store/merge_records.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mpi/link/merge_rules.h"
#include "mpi/store/match.h"
#include "mpi/store/person_edit.h"
#include "mpi/store/record_edit.h"
#include "mpi/store/register_record.h"
#include "services/common/base/status_macros.h"
#include "services/common/wire/wire.h"

namespace hie::mpi {
namespace {

using Numbers = std::vector<RecordNumber>;

bool Contains(const Numbers& numbers, RecordNumber number) {
  return std::binary_search(numbers.begin(), numbers.end(), number);
}

Numbers Without(const Numbers& numbers, const Numbers& taken) {
  Numbers rest;
  std::set_difference(numbers.begin(), numbers.end(), taken.begin(), taken.end(),
                      std::back_inserter(rest));
  return rest;
}

// One step of a merge.
class Merging {
 public:
  Merging(MpiEdit& edit, const v1::MergeCommand& command, const v1::MergeStep& step,
          const Model& model)
      : edit_(edit), command_(command), step_(step), model_(model) {}

  absl::StatusOr<MergeVerdict> Run() {
    HIE_ASSIGN_OR_RETURN(const MergePairState pair, Look());
    const MergeVerdict verdict = DecideMerge(pair);
    if (verdict != MergeVerdict::kMerge) return verdict;
    HIE_RETURN_IF_ERROR(MakeUnknown());
    HIE_RETURN_IF_ERROR(CheckHolds());
    HIE_RETURN_IF_ERROR(Merge());
    return verdict;
  }

 private:
  // The record of an id; nothing: unknown.
  absl::StatusOr<std::optional<RecordNumber>> Find(const common::v1::LocalPatient& patient) const {
    absl::StatusOr<RecordNumber> record = edit_.reader().FindRecord(patient);
    if (absl::IsNotFound(record.status())) return std::optional<RecordNumber>();
    if (!record.ok()) return record.status();
    return std::optional<RecordNumber>(*record);
  }

  absl::StatusOr<MergePairState> Look() {
    MergePairState pair;
    const common::v1::LocalPatient& stays = step_.survivor();
    const common::v1::LocalPatient& goes = step_.subsumed();
    pair.one_domain = stays.assigning_authority() == goes.assigning_authority();
    pair.one_id = pair.one_domain && stays.id() == goes.id();
    if (command_.create_tombstone()) pair.unknown_subsumed = UnknownSubsumed::kTombstone;
    if (step_.has_survivor_demographics()) pair.survivor_word = SurvivorWord::kDemographics;
    HIE_ASSIGN_OR_RETURN(survivor_, Find(stays));
    HIE_ASSIGN_OR_RETURN(subsumed_, Find(goes));
    HIE_ASSIGN_OR_RETURN(pair.survivor, LookAtSurvivor(pair.survivor_word));
    HIE_ASSIGN_OR_RETURN(pair.subsumed, LookAtSubsumed());
    return pair;
  }

  // A removed id is unknown, and what came with the merge does not bring it back: its next holder
  // needs a steward.
  absl::StatusOr<SurvivorState> LookAtSurvivor(SurvivorWord& word) const {
    if (!survivor_) return SurvivorState::kUnknown;
    HIE_ASSIGN_OR_RETURN(const v1::RecordRow row, edit_.reader().Record(*survivor_));
    if (row.record().has_merged_into()) return SurvivorState::kMergedAway;
    if (!row.record().removed()) return SurvivorState::kStands;
    word = SurvivorWord::kNothing;
    return SurvivorState::kUnknown;
  }

  absl::StatusOr<SubsumedState> LookAtSubsumed() const {
    if (!subsumed_) return SubsumedState::kUnknown;
    HIE_ASSIGN_OR_RETURN(const std::optional<v1::MergeRow> merge, edit_.reader().Merge(*subsumed_));
    if (!merge) return SubsumedState::kStands;
    const bool here = survivor_ && merge->survivor_number() == *survivor_;
    return here ? SubsumedState::kMergedHere : SubsumedState::kMergedElsewhere;
  }

  // Makes a survivor of what was said of it, and of an unknown id a record that says nothing.
  absl::Status MakeUnknown() {
    if (!survivor_) {
      v1::RegisterCommand survivor;
      *survivor.mutable_actor() = command_.actor();
      *survivor.mutable_patient() = step_.survivor();
      *survivor.mutable_demographics() = step_.survivor_demographics();
      survivor.set_event_micros(command_.event_micros());
      HIE_ASSIGN_OR_RETURN(survivor_, RegisterNewRecord(edit_, survivor, model_));
    }
    if (!subsumed_) {
      const common::v1::Demographics nothing;
      HIE_ASSIGN_OR_RETURN(subsumed_,
                           AddRecord(edit_, step_.subsumed(), {nothing, 0}, Standing::kConfirmed));
      HIE_RETURN_IF_ERROR(MakePerson(edit_, {*subsumed_}).status());
      details_.push_back("tombstone-made");
    }
    return absl::OkStatus();
  }

  absl::Status CheckHolds() {
    HIE_ASSIGN_OR_RETURN(rows_, edit_.reader().Records({*subsumed_, *survivor_}));
    for (const v1::RecordRow& row : rows_) {
      if (row.record().provisional()) return absl::FailedPreconditionError("identity-hold");
    }
    return absl::OkStatus();
  }

  absl::Status Merge() {
    HIE_ASSIGN_OR_RETURN(const v1::PersonRow from, edit_.reader().Person(rows_[0].eid()));
    HIE_RETURN_IF_ERROR(FindGroup(from));
    merge_.set_survivor_number(*survivor_);
    merge_.set_one_person_before(rows_[0].eid() == rows_[1].eid());
    merge_.set_event_micros(command_.event_micros());
    merge_.set_merged_micros(wire::MicrosFromTime(edit_.stamp().time));
    merge_.mutable_companions()->Assign(companions_.begin(), companions_.end());
    if (!merge_.one_person_before()) HIE_RETURN_IF_ERROR(CheckDecisions());
    HIE_RETURN_IF_ERROR(Bury());
    if (!merge_.one_person_before()) HIE_RETURN_IF_ERROR(JoinPersons());
    edit_.PutMerge(*subsumed_, merge_);
    details_.insert(details_.begin(), "record-merged");
    edit_.AddEvent(command_.actor(), {rows_[0].record().patient(), rows_[1].record().patient()},
                   details_);
    return absl::OkStatus();
  }

  // What moves with the record: the tombstones that were merged into it.
  absl::Status FindGroup(const v1::PersonRow& from) {
    group_ = {*subsumed_};
    for (const uint64_t tombstone : from.tombstone_numbers()) {
      HIE_ASSIGN_OR_RETURN(const RecordNumber root,
                           edit_.reader().MergeRoot(tombstone, *subsumed_));
      if (root == *subsumed_ && tombstone != *subsumed_) group_.push_back(tombstone);
    }
    std::sort(group_.begin(), group_.end());
    companions_ = Without(AllRecordNumbers(from), group_);
    return absl::OkStatus();
  }

  // A source's word does not override a steward's.
  absl::Status CheckDecisions() const {
    HIE_ASSIGN_OR_RETURN(const v1::PersonRow to, edit_.reader().Person(rows_[1].eid()));
    v1::PersonRow moved;
    for (const RecordNumber record : group_) moved.add_record_numbers(record);
    HIE_ASSIGN_OR_RETURN(const bool forbidden, CannotLinkBetween(edit_.reader(), moved, to));
    if (!forbidden) return absl::OkStatus();
    return absl::FailedPreconditionError(
        "pairs: records of the two persons are decided to be different; undo this first");
  }

  absl::Status Bury() {
    HIE_RETURN_IF_ERROR(ChangeStanding(edit_, *subsumed_, [&](v1::Record& record) {
      *record.mutable_merged_into() = rows_[1].record().patient();
    }));
    return RaiseLatestEvent(edit_, *subsumed_, command_.event_micros());
  }

  absl::Status JoinPersons() {
    const std::string& from_eid = rows_[0].eid();
    const std::string& to_eid = rows_[1].eid();
    HIE_ASSIGN_OR_RETURN(const v1::PersonRow from, edit_.reader().Person(from_eid));
    HIE_ASSIGN_OR_RETURN(const v1::PersonRow to, edit_.reader().Person(to_eid));
    HIE_ASSIGN_OR_RETURN(const bool join, MayJoin(from, to));
    const Numbers moved = join ? AllRecordNumbers(from) : group_;
    HIE_ASSIGN_OR_RETURN(const std::vector<LinkBetween> ended,
                         PossibleLinksBetween(edit_.reader(), moved, AllRecordNumbers(to)));
    for (const LinkBetween& link : ended) {
      v1::EndedLink& kept = *merge_.add_ended_links();
      kept.set_first(link.first);
      kept.set_second(link.second);
      kept.set_weight_millibits(link.weight);
    }
    if (join) return MergePersons(edit_, from_eid, to_eid).status();
    merge_.set_companions_left(true);
    details_.push_back("companions-left");
    HIE_RETURN_IF_ERROR(MoveRecords(edit_, from_eid, moved, to_eid));
    return OpenReviews(from);
  }

  // Tells whether the companions may come along.
  absl::StatusOr<bool> MayJoin(const v1::PersonRow& from, const v1::PersonRow& to) const {
    if (companions_.empty()) return true;
    HIE_ASSIGN_OR_RETURN(const bool forbidden, CannotLinkBetween(edit_.reader(), from, to));
    if (forbidden) return false;
    if (from.record_numbers().empty()) return true;  // Removed records: only their denials live.
    HIE_ASSIGN_OR_RETURN(const PersonsScore score, ScorePersons(edit_.reader(), from, to, model_));
    if (score.vetoes != 0) return false;
    HIE_ASSIGN_OR_RETURN(const bool decided, DecidedTogether());
    return decided || score.mean >= model_.thresholds.merge;
  }

  // A steward linked a companion with what is merged.
  absl::StatusOr<bool> DecidedTogether() const {
    for (const RecordNumber record : group_) {
      HIE_ASSIGN_OR_RETURN(const auto decisions, edit_.reader().DecisionsOf(record));
      for (const auto& [other, decision] : decisions) {
        if (decision.same_person() && Contains(companions_, other)) return true;
      }
    }
    return false;
  }

  // The companions who are compared may still belong: somebody must look.
  absl::Status OpenReviews(const v1::PersonRow& left) {
    std::vector<std::pair<Millibits, RecordNumber>> by_weight;
    for (const RecordNumber record : RecordNumbers(left)) {
      HIE_ASSIGN_OR_RETURN(const Millibits weight,
                           WeightBetweenRecords(edit_.reader(), *subsumed_, record, model_));
      by_weight.emplace_back(-weight, record);
    }
    std::sort(by_weight.begin(), by_weight.end());
    if (by_weight.size() > kPossibleLinksMax) by_weight.resize(kPossibleLinksMax);
    for (const auto& [negative, record] : by_weight) {
      edit_.PutPossibleLink(*subsumed_, record, -negative);
    }
    return absl::OkStatus();
  }

  MpiEdit& edit_;
  const v1::MergeCommand& command_;
  const v1::MergeStep& step_;
  const Model& model_;
  std::optional<RecordNumber> survivor_;
  std::optional<RecordNumber> subsumed_;
  std::vector<v1::RecordRow> rows_;  // Subsumed, survivor; as they were.
  Numbers group_;                    // What moves, rising.
  Numbers companions_;               // The others of its person, rising.
  v1::MergeRow merge_;
  std::vector<std::string> details_;
};

v1::MergeOutcome OutcomeOf(MergeVerdict verdict) {
  switch (verdict) {
    case MergeVerdict::kMerge:
      return v1::MERGE_OUTCOME_MERGED;
    case MergeVerdict::kRepeat:
      return v1::MERGE_OUTCOME_REPEATED;
    case MergeVerdict::kSameId:
      return v1::MERGE_OUTCOME_SAME_ID;
    case MergeVerdict::kSubsumedUnknown:
      return v1::MERGE_OUTCOME_SUBSUMED_UNKNOWN;
    case MergeVerdict::kSurvivorUnknown:
      return v1::MERGE_OUTCOME_SURVIVOR_UNKNOWN;
    case MergeVerdict::kMergedElsewhere:
      return v1::MERGE_OUTCOME_MERGED_ELSEWHERE;
    case MergeVerdict::kSurvivorSubsumed:
      return v1::MERGE_OUTCOME_SURVIVOR_SUBSUMED;
    case MergeVerdict::kDomainsDiffer:
      return v1::MERGE_OUTCOME_DOMAINS_DIFFER;
  }
  return v1::MERGE_OUTCOME_UNSPECIFIED;
}

}  // namespace

absl::StatusOr<v1::MergeReply> ApplyMerge(MpiEdit& edit, const v1::MergeCommand& command,
                                          const Model& model) {
  v1::MergeReply reply;
  for (const v1::MergeStep& step : command.steps()) {
    HIE_ASSIGN_OR_RETURN(const MergeVerdict verdict, Merging(edit, command, step, model).Run());
    reply.add_outcomes(OutcomeOf(verdict));
  }
  if (!MergeCommitted(reply)) return reply;
  for (const v1::MergeStep& step : command.steps()) {
    HIE_ASSIGN_OR_RETURN(const RecordNumber record, edit.reader().FindRecord(step.survivor()));
    HIE_ASSIGN_OR_RETURN(const v1::RecordRow row, edit.reader().Record(record));
    reply.add_eids(row.eid());
  }
  return reply;
}

bool MergeCommitted(const v1::MergeReply& reply) {
  return std::all_of(reply.outcomes().begin(), reply.outcomes().end(), [](int outcome) {
    return outcome == v1::MERGE_OUTCOME_MERGED || outcome == v1::MERGE_OUTCOME_REPEATED;
  });
}

}  // namespace hie::mpi
