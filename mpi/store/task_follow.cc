#include "mpi/store/task_follow.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mpi/link/person_review.h"
#include "mpi/store/mpi_reader.h"
#include "services/common/base/status_macros.h"

namespace hie::mpi {
namespace {

// The same EID on both sides, as the state has it.
absl::StatusOr<bool> OnePerson(const MpiReader& reader, RecordNumber a, RecordNumber b) {
  HIE_ASSIGN_OR_RETURN(const std::vector<v1::RecordRow> rows, reader.Records({a, b}));
  return rows[0].eid() == rows[1].eid();
}

class Following {
 public:
  Following(TaskEdit& edit, const LinkChanges& changes)
      : edit_(edit), changes_(changes), reader_(edit.state()) {}

  absl::Status Run() {
    for (const auto& [pair, change] : changes_.possible) {
      HIE_RETURN_IF_ERROR(FollowPossible(pair, change));
    }
    for (const auto& [pair, change] : changes_.decisions) HIE_RETURN_IF_ERROR(EndDecided(pair));
    for (const auto& [record, change] : changes_.records) {
      HIE_RETURN_IF_ERROR(FollowHold(record, change));
      HIE_RETURN_IF_ERROR(FollowMove(record, change));
    }
    if (changes_.contradicted) HIE_RETURN_IF_ERROR(AskAboutContradiction());
    if (changes_.automatic || !changes_.merged.empty()) HIE_RETURN_IF_ERROR(AskAboutPersons());
    if (changes_.doubtful) HIE_RETURN_IF_ERROR(AskAboutDoubt());
    return absl::OkStatus();
  }

 private:
  absl::Status Open(v1::TaskKind kind, RecordNumber first, RecordNumber second, Millibits weight) {
    HIE_ASSIGN_OR_RETURN(NewTask task, AboutPair(edit_.state(), kind, first, second));
    task.weight = weight;
    return edit_.Open(task).status();
  }

  absl::Status FollowPossible(const RecordPair& pair, const RowChange<Millibits>& change) {
    const auto [low, high] = pair;
    if (!change.after) return edit_.CloseAbout(v1::TASK_KIND_POSSIBLE_LINK, low, high);
    if (change.before) return Weigh(pair, *change.after);
    HIE_ASSIGN_OR_RETURN(const uint64_t asked,
                         edit_.tasks().NumberOf(v1::TASK_KIND_ASKED, low, high));
    if (asked == 0) return Open(v1::TASK_KIND_POSSIBLE_LINK, low, high, *change.after);
    return Reweigh(asked, *change.after);
  }

  absl::Status Weigh(const RecordPair& pair, Millibits weight) {
    HIE_ASSIGN_OR_RETURN(const uint64_t number, edit_.tasks().NumberOf(v1::TASK_KIND_POSSIBLE_LINK,
                                                                       pair.first, pair.second));
    return number == 0 ? absl::OkStatus() : Reweigh(number, weight);
  }

  // The task goes on with what matching says now; one that somebody asked for becomes matching's.
  absl::Status Reweigh(uint64_t number, Millibits weight) {
    HIE_ASSIGN_OR_RETURN(const auto task, edit_.tasks().Find(number));
    if (!task) return absl::OkStatus();
    v1::TaskRow after = *task;
    after.set_kind(v1::TASK_KIND_POSSIBLE_LINK);
    after.set_weight_millibits(weight);
    edit_.Replace(number, *task, after);
    return absl::OkStatus();
  }

  absl::Status EndDecided(const RecordPair& pair) {
    for (const v1::TaskKind kind :
         {v1::TASK_KIND_DECISION_CONTRADICTED, v1::TASK_KIND_LEFT_BY_UNDO, v1::TASK_KIND_ASKED}) {
      HIE_RETURN_IF_ERROR(edit_.CloseAbout(kind, pair.first, pair.second));
    }
    return absl::OkStatus();
  }

  // The record that held the id before; 0: none did.
  absl::StatusOr<RecordNumber> HolderBefore(const v1::Record& record) const {
    HIE_ASSIGN_OR_RETURN(const v1::HolderRow holder, reader_.Holder(record.patient()));
    const int before = static_cast<int>(record.patient().incarnation()) - 2;
    if (before < 0 || before >= holder.record_numbers_size()) return RecordNumber{0};
    return holder.record_numbers(before);
  }

  absl::Status FollowHold(RecordNumber record, const RowChange<v1::RecordRow>& change) {
    const bool held = change.after && change.after->record().provisional();
    const bool was_held = change.before && change.before->record().provisional();
    if (held == was_held) return absl::OkStatus();
    HIE_ASSIGN_OR_RETURN(const RecordNumber before, HolderBefore(change.after->record()));
    if (!held) return edit_.CloseAbout(v1::TASK_KIND_OVERLAY, record, before);
    return Open(v1::TASK_KIND_OVERLAY, record, before, 0);
  }

  // What was asked about a record that changed its person may be answered by that.
  absl::Status FollowMove(RecordNumber record, const RowChange<v1::RecordRow>& change) {
    const bool moved = change.before && change.after && change.before->eid() != change.after->eid();
    if (!moved) return absl::OkStatus();
    HIE_ASSIGN_OR_RETURN(const std::vector<TaskAbout> about, edit_.tasks().AboutRecord(record));
    for (const TaskAbout& task : about) {
      if (task.other == 0) continue;
      HIE_ASSIGN_OR_RETURN(const bool one, OnePerson(reader_, record, task.other));
      const bool asks_of_one = task.kind == v1::TASK_KIND_DECISION_CONTRADICTED ||
                               task.kind == v1::TASK_KIND_PERSON_REVIEW ||
                               task.kind == v1::TASK_KIND_LEFT_BY_UNDO;
      const bool gone = (asks_of_one && !one) || (task.kind == v1::TASK_KIND_ASKED && one);
      if (gone) HIE_RETURN_IF_ERROR(edit_.CloseAbout(task.kind, record, task.other));
    }
    return absl::OkStatus();
  }

  // The record that was updated, against the lowest with which it was decided to be one person.
  absl::Status AskAboutContradiction() {
    for (const auto& [record, change] : changes_.records) {
      const bool updated = change.before && change.after &&
                           change.before->record().version() != change.after->record().version();
      if (!updated) continue;
      HIE_ASSIGN_OR_RETURN(const auto decisions, reader_.DecisionsOf(record));
      for (const auto& [other, decision] : decisions) {
        if (!decision.same_person()) continue;
        HIE_ASSIGN_OR_RETURN(const bool one, OnePerson(reader_, record, other));
        if (one) return Open(v1::TASK_KIND_DECISION_CONTRADICTED, record, other, 0);
      }
    }
    return absl::OkStatus();
  }

  // Persons that gained records.
  absl::Status AskAboutPersons() {
    for (const auto& [eid, change] : changes_.persons) {
      if (change.after->state() != v1::PERSON_STATE_ACTIVE) continue;
      const std::vector<RecordNumber> now = RecordNumbers(*change.after);
      std::vector<RecordNumber> before;
      if (change.before) before = RecordNumbers(*change.before);
      std::vector<RecordNumber> gained;
      std::set_difference(now.begin(), now.end(), before.begin(), before.end(),
                          std::back_inserter(gained));
      if (gained.empty() || now.size() < 2) continue;
      HIE_RETURN_IF_ERROR(AskAboutPerson(now, before.size(), gained));
    }
    return absl::OkStatus();
  }

  // The record that was updated and no longer fits its person: against the first that it
  // contradicts, else the first of the others.
  absl::Status AskAboutDoubt() {
    for (const auto& [record, change] : changes_.records) {
      const bool updated = change.before && change.after &&
                           change.before->record().version() != change.after->record().version();
      if (!updated) continue;
      HIE_ASSIGN_OR_RETURN(const v1::PersonRow person, reader_.Person(change.after->eid()));
      const std::vector<RecordNumber> now = RecordNumbers(person);
      HIE_RETURN_IF_ERROR(AskAboutPerson(now, now.size(), {record}));
      HIE_ASSIGN_OR_RETURN(const std::vector<TaskAbout> about, edit_.tasks().AboutRecord(record));
      const bool asked = std::any_of(about.begin(), about.end(), [](const TaskAbout& task) {
        return task.kind == v1::TASK_KIND_PERSON_REVIEW;
      });
      const auto other = std::find_if(now.begin(), now.end(),
                                      [&](RecordNumber number) { return number != record; });
      if (asked || other == now.end()) continue;
      HIE_RETURN_IF_ERROR(Open(v1::TASK_KIND_PERSON_REVIEW, record, *other, 0));
    }
    return absl::OkStatus();
  }

  // A person who has become too many is asked about once; else each record that came, with the
  // first that it contradicts.
  absl::Status AskAboutPerson(const std::vector<RecordNumber>& now, size_t before,
                              const std::vector<RecordNumber>& gained) {
    std::vector<std::pair<RecordNumber, std::string>> packed;
    HIE_RETURN_IF_ERROR(reader_.ReadFeatures(
        now, [&](RecordNumber record, absl::string_view, const PackedView& view) {
          packed.emplace_back(record, std::string(view.bytes()));
          return absl::OkStatus();
        }));
    std::vector<PackedView> views;
    for (const auto& [record, bytes] : packed) views.emplace_back(bytes.data());
    const std::optional<PersonDoubt> doubt = PersonNeedsReview(views);
    if (!doubt) return absl::OkStatus();
    if (*doubt == PersonDoubt::kManyRecords) {
      if (before > kPersonRecordsMax) return absl::OkStatus();
      return Open(v1::TASK_KIND_PERSON_REVIEW, gained.front(), 0, 0);
    }
    for (size_t i = 0; i < packed.size(); ++i) {
      if (!std::binary_search(gained.begin(), gained.end(), packed[i].first)) continue;
      HIE_RETURN_IF_ERROR(AskAboutRecord(packed, views, i));
    }
    return absl::OkStatus();
  }

  absl::Status AskAboutRecord(const std::vector<std::pair<RecordNumber, std::string>>& packed,
                              const std::vector<PackedView>& views, size_t i) {
    for (size_t j = 0; j < views.size(); ++j) {
      if (j == i || !PersonNeedsReview({views[i], views[j]})) continue;
      return Open(v1::TASK_KIND_PERSON_REVIEW, packed[i].first, packed[j].first, 0);
    }
    return absl::OkStatus();
  }

  TaskEdit& edit_;
  const LinkChanges& changes_;
  const MpiReader reader_;
};

}  // namespace

absl::Status FollowChanges(TaskEdit& edit, const LinkChanges& changes) {
  return Following(edit, changes).Run();
}

absl::StatusOr<NewTask> AboutPair(const KvReader& state, v1::TaskKind kind, RecordNumber first,
                                  RecordNumber second) {
  const MpiReader reader(state);
  NewTask task;
  task.kind = kind;
  task.first = first;
  task.second = second;
  HIE_ASSIGN_OR_RETURN(const v1::RecordRow row, reader.Record(first));
  HIE_ASSIGN_OR_RETURN(const v1::PersonRow person, reader.Person(row.eid()));
  task.first_version = row.record().version();
  task.records_exposed = static_cast<uint32_t>(AllRecordNumbers(person).size());
  if (second == 0) return task;
  HIE_ASSIGN_OR_RETURN(const v1::RecordRow other, reader.Record(second));
  task.second_version = other.record().version();
  if (other.eid() == row.eid()) return task;
  HIE_ASSIGN_OR_RETURN(const v1::PersonRow others, reader.Person(other.eid()));
  task.records_exposed += static_cast<uint32_t>(AllRecordNumbers(others).size());
  return task;
}

}  // namespace hie::mpi
