#include "mpi/store/undo_event.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "mpi/store/decide_link.h"
#include "mpi/store/event_log.h"
#include "mpi/store/match.h"
#include "mpi/store/person_edit.h"
#include "mpi/store/record_edit.h"
#include "mpi/store/task_follow.h"
#include "mpi/store/task_queue.h"
#include "mpi/store/undo_event_parts.h"
#include "mpi/store/unmerge_record.h"
#include "services/common/base/status_macros.h"
#include "services/common/wire/wire.h"

namespace hie::mpi {
namespace {

// Pairs weighed at most to find the one that agrees best between two parts.
constexpr size_t kSideRecordsMax = 20;

absl::Status Refuse(absl::string_view why) {
  return absl::FailedPreconditionError(absl::StrCat("sequence: ", why));
}

bool HasStanding(const v1::EventRow& event, v1::StandingKind kind) {
  return std::any_of(event.standings().begin(), event.standings().end(),
                     [&](const v1::StandingRow& standing) { return standing.kind() == kind; });
}

bool DecidesPair(const v1::EventRow& event, const RecordPair& pair) {
  return std::any_of(event.decisions().begin(), event.decisions().end(), [&](const auto& change) {
    return change.low() == pair.first && change.high() == pair.second;
  });
}

class Undoing {
 public:
  Undoing(MpiEdit& edit, const v1::UndoCommand& command, const Model& model, WriteBatch& changes)
      : edit_(edit), command_(command), model_(model), changes_(changes) {}

  absl::StatusOr<v1::UndoReply> Run() {
    HIE_RETURN_IF_ERROR(Load());
    HIE_RETURN_IF_ERROR(CheckKind());
    HIE_RETURN_IF_ERROR(JudgeExact());
    reply_.set_since_micros(event_.micros());
    reply_.set_exact(exact_);
    HIE_RETURN_IF_ERROR(HasStanding(event_, v1::STANDING_KIND_MERGED) ? Unmerge() : TakeBack());
    HIE_RETURN_IF_ERROR(Mark());
    HIE_RETURN_IF_ERROR(Note());
    return std::move(reply_);
  }

 private:
  const MpiReader& reader() const { return edit_.reader(); }

  absl::Status Load() {
    const EventReader events(reader().rows());
    HIE_ASSIGN_OR_RETURN(std::optional<v1::EventRow> event, events.Find(command_.sequence()));
    if (!event) return absl::NotFoundError("sequence: no event");
    event_ = *std::move(event);
    return absl::OkStatus();
  }

  absl::Status CheckKind() const {
    if (event_.undone_by() != 0) {
      return Refuse(absl::StrCat("undone already by event ", event_.undone_by()));
    }
    if (HasStanding(event_, v1::STANDING_KIND_UNMERGED)) {
      return Refuse("its source merges the records again, nobody else");
    }
    if (HasStanding(event_, v1::STANDING_KIND_REMOVED))
      return Refuse("its source removed a record");
    switch (event_.kind()) {
      case v1::EVENT_KIND_HELD:
        return Refuse("a hold ends by deciding the pair");
      case v1::EVENT_KIND_MODEL_ACTIVATED:
        return Refuse("a model is rolled back, not undone");
      case v1::EVENT_KIND_LOADED:
        return Refuse("a load is not undone");
      case v1::EVENT_KIND_POSSIBLE:
        return Refuse("it changed no link; decide the pair");
      default:
        return absl::OkStatus();
    }
  }

  // Nothing came in between where no person of a record that it names has changed since.
  absl::Status JudgeExact() {
    exact_ = true;
    std::set<std::string> eids;
    for (const RecordNumber record : RecordsOf(event_)) {
      HIE_ASSIGN_OR_RETURN(const v1::RecordRow row, reader().Record(record));
      eids.insert(row.eid());
    }
    for (const std::string& eid : eids) {
      HIE_ASSIGN_OR_RETURN(const v1::PersonRow person, reader().Person(eid));
      exact_ = exact_ && person.link_version() <= command_.sequence();
    }
    return absl::OkStatus();
  }

  // The merges of a source, the last one first.
  absl::Status Unmerge() {
    std::set<RecordNumber> affected;  // Both sides: what was filed of either may be the other's.
    for (auto at = event_.standings().rbegin(); at != event_.standings().rend(); ++at) {
      if (at->kind() != v1::STANDING_KIND_MERGED) continue;
      HIE_ASSIGN_OR_RETURN(const v1::RecordRow row, reader().Record(at->record()));
      HIE_ASSIGN_OR_RETURN(const std::optional<v1::MergeRow> merge, reader().Merge(at->record()));
      if (!merge) return Refuse("its merge was taken back since");
      v1::UnmergeCommand unmerge;
      *unmerge.mutable_actor() = command_.actor();
      *unmerge.mutable_subsumed() = row.record().patient();
      HIE_RETURN_IF_ERROR(ApplyUnmerge(edit_, unmerge).status());
      affected.insert({at->record(), merge->survivor_number()});
    }
    for (const RecordNumber record : affected) reply_.add_affected(record);
    return absl::OkStatus();
  }

  absl::Status TakeBack() {
    HIE_ASSIGN_OR_RETURN(partition_, PartWithout(reader(), command_.sequence(), event_));
    HIE_RETURN_IF_ERROR(FindLeft());
    HIE_RETURN_IF_ERROR(ReleaseAgain());
    HIE_RETURN_IF_ERROR(RestoreDecisions());
    HIE_RETURN_IF_ERROR(CheckJoined());
    if (event_.automatic()) HIE_RETURN_IF_ERROR(Stick());
    HIE_RETURN_IF_ERROR(FormGroups(edit_, partition_));
    HIE_RETURN_IF_ERROR(CheckDecisions());
    HIE_RETURN_IF_ERROR(RestorePossible());
    HIE_RETURN_IF_ERROR(HoldAgain());
    HIE_RETURN_IF_ERROR(QueueLeft());
    return ListAffected();
  }

  // Who came to the persons after the event, and was not among those whom it moved.
  absl::Status FindLeft() {
    for (const auto& [record, label] : partition_.group_of) {
      if (exact_ || Moves(event_, record)) continue;
      HIE_ASSIGN_OR_RETURN(
          const uint64_t later,
          LastEventAfter(reader(), record, command_.sequence(),
                         [record = record](const v1::EventRow& e) { return Moves(e, record); }));
      if (later != 0) left_.insert(record);
    }
    return absl::OkStatus();
  }

  absl::Status DecidedSince(const RecordPair& pair) const {
    HIE_ASSIGN_OR_RETURN(const uint64_t later,
                         LastEventAfter(reader(), pair.first, 0, [&](const v1::EventRow& event) {
                           return DecidesPair(event, pair);
                         }));
    return Refuse(absl::StrCat("event ", later, " decides otherwise; undo that one first"));
  }

  absl::Status RestoreDecisions() {
    for (const v1::DecisionChangeRow& change : event_.decisions()) {
      const RecordPair pair(change.low(), change.high());
      HIE_ASSIGN_OR_RETURN(const auto now, reader().Decision(pair.first, pair.second));
      if ((now ? now->SerializeAsString() : "") != change.after()) return DecidedSince(pair);
      if (change.before().empty()) {
        edit_.DeleteDecision(pair.first, pair.second);
        continue;
      }
      v1::DecisionRow before;
      if (!before.ParseFromString(change.before())) {
        return absl::DataLossError("events: a decision cannot be read");
      }
      edit_.PutDecision(pair.first, pair.second, before);
    }
    return absl::OkStatus();
  }

  v1::PersonRow AsPerson(const UndoPart& part) const {
    v1::PersonRow person;
    for (const RecordNumber record : part.records) {
      if (buried_.count(record) == 0) person.add_record_numbers(record);
    }
    return person;
  }

  absl::StatusOr<std::set<RecordNumber>> Buried() const {
    std::set<RecordNumber> buried;
    for (const auto& [eid, records] : partition_.persons) {
      HIE_ASSIGN_OR_RETURN(const v1::PersonRow person, reader().Person(eid));
      buried.insert(person.tombstone_numbers().begin(), person.tombstone_numbers().end());
    }
    return buried;
  }

  // Who is joined again must not contradict each other: records change without their links, so that
  // exact links say nothing about it.
  absl::Status CheckJoined() {
    HIE_ASSIGN_OR_RETURN(buried_, Buried());
    for (const auto& [label, parts] : partition_.groups) {
      for (size_t i = 0; i < parts.size(); ++i) {
        for (size_t j = i + 1; j < parts.size(); ++j) {
          HIE_RETURN_IF_ERROR(CheckJoin(parts[i], parts[j]));
        }
      }
    }
    return absl::OkStatus();
  }

  absl::Status CheckJoin(const UndoPart& a, const UndoPart& b) const {
    HIE_ASSIGN_OR_RETURN(const bool holders, HoldersDecidedSame(a, b));
    if (holders) return absl::OkStatus();  // As where it was decided.
    if (std::min(a.records.size(), b.records.size()) >= kTwoPersonRecordsMin) {
      return Refuse("so many records become one only where two persons agree: by a task");
    }
    return CheckVetoesBetween(reader(), AsPerson(a), AsPerson(b), model_);
  }

  // Tells whether a decision that stands again says of two holders of one id, one in each part,
  // that they are one person.
  absl::StatusOr<bool> HoldersDecidedSame(const UndoPart& a, const UndoPart& b) const {
    const auto in = [](const UndoPart& part, RecordNumber record) {
      return std::binary_search(part.records.begin(), part.records.end(), record);
    };
    for (const v1::DecisionChangeRow& change : event_.decisions()) {
      const RecordNumber low = change.low();
      const RecordNumber high = change.high();
      if (!(in(a, low) && in(b, high)) && !(in(a, high) && in(b, low))) continue;
      HIE_ASSIGN_OR_RETURN(const auto decision, reader().Decision(low, high));
      if (!decision || !decision->same_person()) continue;
      HIE_ASSIGN_OR_RETURN(const std::vector<v1::RecordRow> rows, reader().Records({low, high}));
      if (SameHolder(rows[0].record(), rows[1].record())) return true;
    }
    return false;
  }

  // Decides what matching would do again: between parts of one person that are parted, and between
  // parts that come together.
  absl::Status Stick() {
    std::map<std::string, std::vector<const UndoPart*>> by_person;
    for (const auto& [label, parts] : partition_.groups) {
      for (const UndoPart& part : parts) by_person[part.eid].push_back(&part);
      for (size_t i = 1; i < parts.size(); ++i) {
        HIE_RETURN_IF_ERROR(DecideBest(parts[i - 1], parts[i], true));
      }
    }
    for (const auto& [eid, parts] : by_person) {
      for (size_t i = 0; i < parts.size(); ++i) {
        for (size_t j = i + 1; j < parts.size(); ++j) {
          HIE_RETURN_IF_ERROR(DecideBest(*parts[i], *parts[j], false));
        }
      }
    }
    return absl::OkStatus();
  }

  // Records that matching compares; of none of these any.
  std::vector<RecordNumber> Side(const UndoPart& part) const {
    std::vector<RecordNumber> side;
    for (const RecordNumber record : part.records) {
      if (buried_.count(record) == 0) side.push_back(record);
    }
    if (side.size() > kSideRecordsMax) side.resize(kSideRecordsMax);
    return side;
  }

  absl::Status DecideBest(const UndoPart& a, const UndoPart& b, bool same) {
    const std::vector<RecordNumber> of_a = Side(a);
    const std::vector<RecordNumber> of_b = Side(b);
    if (of_a.empty() || of_b.empty()) {
      // Nothing that matching could join; what was joined before needs nothing to stay so.
      return absl::OkStatus();
    }
    std::optional<std::pair<Millibits, RecordPair>> best;
    for (const RecordNumber x : of_a) {
      for (const RecordNumber y : of_b) {
        HIE_ASSIGN_OR_RETURN(const Millibits weight, WeightBetweenRecords(reader(), x, y, model_));
        if (!best || weight > best->first) best = {weight, std::minmax(x, y)};
      }
    }
    return PutSticky(best->second, same);
  }

  absl::Status PutSticky(const RecordPair& pair, bool same) {
    HIE_ASSIGN_OR_RETURN(const auto decided, reader().Decision(pair.first, pair.second));
    if (decided) return absl::OkStatus();  // Where it says otherwise the undo is refused.
    HIE_ASSIGN_OR_RETURN(const std::vector<v1::RecordRow> rows,
                         reader().Records({pair.first, pair.second}));
    v1::DecisionRow row;
    row.set_same_person(same);
    *row.mutable_actor() = command_.actor();
    row.set_reason(command_.reason());
    row.set_decided_micros(wire::MicrosFromTime(edit_.stamp().time));
    row.set_low_version(rows[0].record().version());
    row.set_high_version(rows[1].record().version());
    edit_.PutDecision(pair.first, pair.second, row);
    return absl::OkStatus();
  }

  // No decision that stands may speak against who is with whom now.
  absl::Status CheckDecisions() {
    std::set<RecordNumber> records;
    for (const auto& [record, label] : partition_.group_of) records.insert(record);
    for (const v1::DecisionChangeRow& change : event_.decisions()) {
      records.insert({change.low(), change.high()});
    }
    for (const RecordNumber record : records) HIE_RETURN_IF_ERROR(CheckDecisionsOf(record));
    return absl::OkStatus();
  }

  absl::Status CheckDecisionsOf(RecordNumber record) {
    HIE_ASSIGN_OR_RETURN(const auto decisions, reader().DecisionsOf(record));
    if (decisions.empty()) return absl::OkStatus();
    HIE_ASSIGN_OR_RETURN(const v1::RecordRow row, reader().Record(record));
    for (const auto& [other, decision] : decisions) {
      HIE_ASSIGN_OR_RETURN(const v1::RecordRow others, reader().Record(other));
      const bool together = row.eid() == others.eid();
      const bool sleeps =
          decision.same_person() && (IsTombstone(row.record()) || IsTombstone(others.record()));
      if (!sleeps && together != decision.same_person()) {
        return DecidedSince(std::minmax(record, other));
      }
    }
    return absl::OkStatus();
  }

  bool IsNew(RecordNumber record) const {
    return std::any_of(event_.moved().begin(), event_.moved().end(), [&](const auto& moved) {
      return moved.record() == record && moved.from_eid().empty();
    });
  }

  // As before the event, where nobody has changed it since and it is still a question.
  absl::Status RestorePossible() {
    for (const v1::PossibleChangeRow& change : event_.possible()) {
      const RecordPair pair(change.low(), change.high());
      HIE_ASSIGN_OR_RETURN(const auto links, reader().PossibleLinksOf(pair.first));
      const auto found = std::find_if(links.begin(), links.end(),
                                      [&](const auto& link) { return link.first == pair.second; });
      std::optional<Millibits> now;
      if (found != links.end()) now = found->second;
      std::optional<Millibits> before;
      if (change.has_before_millibits()) before = change.before_millibits();
      std::optional<Millibits> after;
      if (change.has_after_millibits()) after = change.after_millibits();
      const bool of_new = IsNew(pair.first) || IsNew(pair.second);
      if (now != after || (of_new && !before)) continue;
      HIE_RETURN_IF_ERROR(SetPossible(pair, before));
    }
    return EndDecidedLinks();
  }

  absl::Status SetPossible(const RecordPair& pair, std::optional<Millibits> weight) {
    HIE_ASSIGN_OR_RETURN(const std::vector<v1::RecordRow> rows,
                         reader().Records({pair.first, pair.second}));
    if (weight) {
      HIE_ASSIGN_OR_RETURN(const auto decided, reader().Decision(pair.first, pair.second));
      if (decided || rows[0].eid() == rows[1].eid()) return absl::OkStatus();
      edit_.PutPossibleLink(pair.first, pair.second, *weight);
    } else {
      edit_.DeletePossibleLink(pair.first, pair.second);
    }
    HIE_RETURN_IF_ERROR(edit_.TouchLinks(rows[0].eid()));
    return edit_.TouchLinks(rows[1].eid());
  }

  // Between persons who are decided to be different nothing is possible.
  absl::Status EndDecidedLinks() {
    for (const auto& [record, label] : partition_.group_of) {
      HIE_ASSIGN_OR_RETURN(const auto decisions, reader().DecisionsOf(record));
      for (const auto& [other, decision] : decisions) {
        if (decision.same_person() || partition_.group_of.count(other) == 0) continue;
        HIE_ASSIGN_OR_RETURN(const std::vector<v1::RecordRow> rows,
                             reader().Records({record, other}));
        HIE_RETURN_IF_ERROR(EndPossibleLinksBetween(edit_, rows[0].eid(), rows[1].eid()));
      }
    }
    return absl::OkStatus();
  }

  // An undone hold that had ended: the record is known again.
  absl::Status ReleaseAgain() {
    for (const v1::StandingRow& standing : event_.standings()) {
      if (standing.kind() != v1::STANDING_KIND_HELD) continue;
      if (!exact_) return Refuse("something has changed since; decide the pair");
      HIE_RETURN_IF_ERROR(ConfirmRecord(edit_, standing.record()));
      HIE_RETURN_IF_ERROR(TouchHolderBefore(standing.record()));
    }
    return absl::OkStatus();
  }

  // A hold that the event ended is open again.
  absl::Status HoldAgain() {
    for (const v1::StandingRow& standing : event_.standings()) {
      if (standing.kind() != v1::STANDING_KIND_RELEASED) continue;
      HIE_ASSIGN_OR_RETURN(const v1::RecordRow row, reader().Record(standing.record()));
      HIE_ASSIGN_OR_RETURN(const v1::PersonRow person, reader().Person(row.eid()));
      const bool alone = AllRecordNumbers(person).size() == 1;
      if (!exact_ || !alone) return Refuse("it ended a hold, and more came since; decide the pair");
      HIE_ASSIGN_OR_RETURN(const auto links, reader().PossibleLinksOf(standing.record()));
      for (const auto& [other, weight] : links) {
        HIE_RETURN_IF_ERROR(SetPossible(std::minmax(standing.record(), other), std::nullopt));
      }
      HIE_RETURN_IF_ERROR(ChangeStanding(edit_, standing.record(),
                                         [](v1::Record& held) { held.set_provisional(true); }));
      HIE_RETURN_IF_ERROR(TouchHolderBefore(standing.record()));
    }
    return absl::OkStatus();
  }

  // No release that was decided upon the former holder goes on.
  absl::Status TouchHolderBefore(RecordNumber record) {
    HIE_ASSIGN_OR_RETURN(const v1::RecordRow row, reader().Record(record));
    HIE_ASSIGN_OR_RETURN(const v1::HolderRow holder, reader().Holder(row.record().patient()));
    const int count = holder.record_numbers_size();
    if (count < 2 || holder.record_numbers(count - 1) != record) {
      return Refuse("the id has another holder since; decide the pair");
    }
    HIE_ASSIGN_OR_RETURN(const v1::RecordRow before,
                         reader().Record(holder.record_numbers(count - 2)));
    return edit_.TouchLinks(before.eid());
  }

  // Each with the lowest record that it stays with and that is sure to belong there.
  absl::Status QueueLeft() {
    TaskEdit tasks(reader().rows(), edit_.stamp(), changes_);
    for (const RecordNumber record : left_) {
      reply_.add_left(record);
      const std::string& label = partition_.group_of.at(record);
      for (const auto& [other, others] : partition_.group_of) {
        if (others != label || other == record || left_.count(other) != 0) continue;
        HIE_ASSIGN_OR_RETURN(const NewTask task,
                             AboutPair(reader().rows(), v1::TASK_KIND_LEFT_BY_UNDO, record, other));
        HIE_RETURN_IF_ERROR(tasks.Open(task).status());
        break;
      }
    }
    return absl::OkStatus();
  }

  absl::Status ListAffected() {
    for (const auto& [eid, records] : partition_.persons) {
      for (const RecordNumber record : records) {
        const bool joined = partition_.groups.at(partition_.group_of.at(record)).size() > 1;
        if (joined || partition_.Divides(eid)) reply_.add_affected(record);
      }
    }
    std::sort(reply_.mutable_affected()->begin(), reply_.mutable_affected()->end());
    return absl::OkStatus();
  }

  // What is undone says by whom; what an undone undo took back stands again.
  absl::Status Mark() {
    event_.set_undone_by(edit_.stamp().sequence);
    ReplaceEvent(command_.sequence(), event_, changes_);
    if (event_.undoes() == 0) return absl::OkStatus();
    const EventReader events(reader().rows());
    HIE_ASSIGN_OR_RETURN(std::optional<v1::EventRow> first, events.Find(event_.undoes()));
    if (!first) return absl::DataLossError("events: one that was undone is missing");
    first->clear_undone_by();
    ReplaceEvent(event_.undoes(), *first, changes_);
    return absl::OkStatus();
  }

  absl::Status Note() {
    HIE_ASSIGN_OR_RETURN(const std::vector<v1::RecordRow> rows,
                         reader().Records(RecordsOf(event_)));
    std::vector<common::v1::LocalPatient> patients;
    for (const v1::RecordRow& row : rows) patients.push_back(row.record().patient());
    edit_.AddEvent(command_.actor(), patients,
                   {"event-undone", exact_ ? "exact" : "since-changed"});
    return absl::OkStatus();
  }

  MpiEdit& edit_;
  const v1::UndoCommand& command_;
  const Model& model_;
  WriteBatch& changes_;
  v1::EventRow event_;
  bool exact_ = false;
  UndoPartition partition_;
  std::set<RecordNumber> buried_;  // Tombstones of these persons.
  std::set<RecordNumber> left_;
  v1::UndoReply reply_;
};

}  // namespace

absl::StatusOr<v1::UndoReply> ApplyUndo(MpiEdit& edit, const v1::UndoCommand& command,
                                        const Model& model, WriteBatch& changes) {
  return Undoing(edit, command, model, changes).Run();
}

}  // namespace hie::mpi
