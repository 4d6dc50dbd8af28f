#include "mpi/service/review_view.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "mpi/store/decide_link.h"
#include "mpi/store/event_log.h"
#include "mpi/store/mpi_reader.h"
#include "mpi/store/tables.h"
#include "mpi/store/task_queue.h"
#include "mpi/store/task_rank.h"
#include "services/common/base/status_macros.h"
#include "services/common/storage/key_codec.h"
#include "services/common/wire/wire.h"

namespace hie::mpi {
namespace {

constexpr size_t kHistoryEventsMax = 1'000;

v1::Decision ViewDecision(const v1::DecisionRow& row) {
  v1::Decision decision;
  decision.set_same_person(row.same_person());
  *decision.mutable_actor() = row.actor();
  decision.set_reason(row.reason());
  decision.set_decided_micros(row.decided_micros());
  decision.set_authority(row.authority());
  return decision;
}

// Keys of the records that one event names.
class EventView {
 public:
  EventView(const KvReader& state, const v1::EventRow& event) : reader_(state), event_(event) {}

  absl::StatusOr<v1::LinkEvent> Run(uint64_t sequence) {
    HIE_RETURN_IF_ERROR(LoadKeys());
    v1::LinkEvent view;
    view.set_sequence(sequence);
    view.set_micros(event_.micros());
    view.set_kind(event_.kind());
    *view.mutable_actor() = event_.actor();
    view.set_reason(event_.reason());
    view.set_model(event_.model());
    *view.mutable_persons() = event_.persons();
    view.set_undoes(event_.undoes());
    view.set_undone_by(event_.undone_by());
    AddMoved(view);
    AddPossible(view);
    HIE_RETURN_IF_ERROR(AddDecisions(view));
    for (const v1::StandingRow& row : event_.standings()) {
      v1::StandingChange& standing = *view.add_standings();
      *standing.mutable_patient() = keys_[row.record()];
      standing.set_kind(row.kind());
    }
    return view;
  }

 private:
  absl::Status LoadKeys() {
    const std::vector<RecordNumber> records = RecordsOf(event_);
    HIE_ASSIGN_OR_RETURN(std::vector<v1::RecordRow> rows, reader_.Records(records));
    for (size_t i = 0; i < records.size(); ++i) {
      keys_[records[i]] = std::move(*rows[i].mutable_record()->mutable_patient());
    }
    return absl::OkStatus();
  }

  void AddMoved(v1::LinkEvent& view) {
    for (const v1::MovedRow& row : event_.moved()) {
      v1::MovedRecord& moved = *view.add_moved();
      *moved.mutable_patient() = keys_[row.record()];
      moved.set_from_eid(row.from_eid());
      moved.set_to_eid(row.to_eid());
    }
  }

  void AddPossible(v1::LinkEvent& view) {
    for (const v1::PossibleChangeRow& row : event_.possible()) {
      v1::PossibleLinkChange& change = *view.add_possible();
      *change.mutable_first() = keys_[row.low()];
      *change.mutable_second() = keys_[row.high()];
      change.set_before(row.has_before_millibits());
      change.set_weight_before_millibits(row.before_millibits());
      change.set_after(row.has_after_millibits());
      change.set_weight_after_millibits(row.after_millibits());
    }
  }

  static absl::Status SetDecision(const std::string& bytes,
                                  v1::Decision* (v1::DecisionChange::*to)(),
                                  v1::DecisionChange& change) {
    if (bytes.empty()) return absl::OkStatus();
    v1::DecisionRow row;
    if (!row.ParseFromString(bytes)) {
      return absl::DataLossError("events: a decision cannot be read");
    }
    *(change.*to)() = ViewDecision(row);
    return absl::OkStatus();
  }

  absl::Status AddDecisions(v1::LinkEvent& view) {
    for (const v1::DecisionChangeRow& row : event_.decisions()) {
      v1::DecisionChange& change = *view.add_decisions();
      *change.mutable_first() = keys_[row.low()];
      *change.mutable_second() = keys_[row.high()];
      HIE_RETURN_IF_ERROR(SetDecision(row.before(), &v1::DecisionChange::mutable_before, change));
      HIE_RETURN_IF_ERROR(SetDecision(row.after(), &v1::DecisionChange::mutable_after, change));
    }
    return absl::OkStatus();
  }

  const MpiReader reader_;
  const v1::EventRow& event_;
  std::map<RecordNumber, common::v1::LocalPatient> keys_;
};

absl::Status AddVersions(const MpiReader& reader, RecordNumber record, const v1::RecordRow& row,
                         v1::GetRecordHistoryResponse& history) {
  uint64_t number = row.record().version();
  v1::RecordVersion& current = *history.add_versions();
  current.set_version(number);
  *current.mutable_demographics() = row.record().demographics();
  current.set_event_micros(row.record().event_micros());
  current.set_recorded_micros(row.record().recorded_micros());
  for (const common::v1::Demographics& earlier : row.record().history()) {
    v1::RecordVersion& version = *history.add_versions();
    version.set_version(--number);
    *version.mutable_demographics() = earlier;
  }
  HIE_ASSIGN_OR_RETURN(std::vector<KvEntry> older,
                       reader.rows().ScanPrefix(kRecordVersionsTable, RecordKey(record)));
  for (auto at = older.rbegin(); at != older.rend(); ++at) {
    v1::RecordVersionRow stored;
    if (!stored.ParseFromString(at->value)) {
      return absl::DataLossError("record_versions: a row cannot be read");
    }
    v1::RecordVersion& version = *history.add_versions();
    version.set_version(--number);
    *version.mutable_demographics() = stored.demographics();
  }
  return absl::OkStatus();
}

absl::Status AddLateVersions(const MpiReader& reader, RecordNumber record,
                             v1::GetRecordHistoryResponse& history) {
  HIE_ASSIGN_OR_RETURN(const std::vector<KvEntry> late,
                       reader.rows().ScanPrefix(kLateVersionsTable, RecordKey(record)));
  for (const KvEntry& entry : late) {
    v1::LateVersionRow stored;
    if (!stored.ParseFromString(entry.value)) {
      return absl::DataLossError("late_versions: a row cannot be read");
    }
    v1::RecordVersion& version = *history.add_versions();
    *version.mutable_demographics() = stored.demographics();
    version.set_event_micros(stored.event_micros());
    version.set_recorded_micros(stored.recorded_micros());
  }
  return absl::OkStatus();
}

absl::Status AddEvents(const KvReader& state, RecordNumber record,
                       v1::GetRecordHistoryResponse& history) {
  const EventReader events(state);
  HIE_ASSIGN_OR_RETURN(std::vector<uint64_t> sequences, events.OfRecord(record, 0, 0));
  std::reverse(sequences.begin(), sequences.end());
  if (sequences.size() > kHistoryEventsMax) sequences.resize(kHistoryEventsMax);
  for (const uint64_t sequence : sequences) {
    HIE_ASSIGN_OR_RETURN(const std::optional<v1::EventRow> event, events.Find(sequence));
    if (!event) return absl::DataLossError("events: a row is missing");
    HIE_ASSIGN_OR_RETURN(*history.add_events(), ViewEvent(state, sequence, *event));
  }
  return absl::OkStatus();
}

absl::Status AddDecisions(const MpiReader& reader, RecordNumber record,
                          v1::GetRecordHistoryResponse& history) {
  HIE_ASSIGN_OR_RETURN(const auto decisions, reader.DecisionsOf(record));
  for (const auto& [other, row] : decisions) {
    HIE_ASSIGN_OR_RETURN(v1::RecordRow others, reader.Record(other));
    v1::RecordDecision& decision = *history.add_decisions();
    *decision.mutable_other() = std::move(*others.mutable_record()->mutable_patient());
    *decision.mutable_decision() = ViewDecision(row);
  }
  return absl::OkStatus();
}

absl::Status AddTasks(const KvReader& state, RecordNumber record, absl::Time now,
                      v1::GetRecordHistoryResponse& history) {
  const TaskReader tasks(state);
  HIE_ASSIGN_OR_RETURN(const std::vector<TaskAbout> about, tasks.AboutRecord(record));
  for (const TaskAbout& open : about) {
    HIE_ASSIGN_OR_RETURN(const std::optional<v1::TaskRow> task, tasks.Find(open.task));
    if (!task) return absl::DataLossError("tasks: a row is missing");
    HIE_ASSIGN_OR_RETURN(*history.add_tasks(), ViewTask(state, open.task, *task, now));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<v1::LinkEvent> ViewEvent(const KvReader& state, uint64_t sequence,
                                        const v1::EventRow& event) {
  return EventView(state, event).Run(sequence);
}

v1::ReviewState StateOf(uint64_t number, const v1::TaskRow& task, absl::Time now) {
  const int64_t micros = wire::MicrosFromTime(now);
  if (task.disputed() || task.due_micros() <= micros) return v1::REVIEW_STATE_ESCALATED;
  if (task.lease_until_micros() > micros) return v1::REVIEW_STATE_LEASED;
  return ReviewOf(number, task);
}

absl::StatusOr<v1::Task> ViewTask(const KvReader& state, uint64_t number, const v1::TaskRow& task,
                                  absl::Time now) {
  const MpiReader reader(state);
  v1::Task view;
  view.set_task(number);
  view.set_kind(task.kind());
  HIE_ASSIGN_OR_RETURN(const v1::RecordRow first, reader.Record(task.first()));
  *view.mutable_first() = first.record().patient();
  view.set_first_eid(first.eid());
  view.set_first_version(first.record().version());
  bool changed = first.record().version() != task.first_version();
  if (task.second() != 0) {
    HIE_ASSIGN_OR_RETURN(const v1::RecordRow second, reader.Record(task.second()));
    *view.mutable_second() = second.record().patient();
    view.set_second_eid(second.eid());
    view.set_second_version(second.record().version());
    changed = changed || second.record().version() != task.second_version();
    HIE_ASSIGN_OR_RETURN(const bool two, NeedsTwoPersons(reader, task.first(), task.second()));
    view.set_needs_two(two);
  }
  view.set_changed_since_queued(changed);
  view.set_weight_millibits(task.weight_millibits());
  view.set_state(StateOf(number, task, now));
  view.set_opened_micros(task.opened_micros());
  view.set_due_micros(task.due_micros());
  view.set_demand_micros(task.demand_micros());
  view.set_demands(task.demands());
  view.set_records_exposed(task.records_exposed());
  view.set_rank_millibits(RankOf(task));
  if (task.lease_until_micros() > wire::MicrosFromTime(now)) {
    *view.mutable_owner() = task.owner();
    view.set_lease_until_micros(task.lease_until_micros());
  }
  const bool stale = task.answered_first_version() != view.first_version() ||
                     task.answered_second_version() != view.second_version();
  if (!IsBlind(number, task) && !stale) *view.mutable_answers() = task.answers();
  view.set_disputed(task.disputed());
  return view;
}

absl::StatusOr<v1::GetRecordHistoryResponse> ViewRecordHistory(
    const KvReader& state, const common::v1::LocalPatient& patient, absl::Time now) {
  const MpiReader reader(state);
  HIE_ASSIGN_OR_RETURN(const RecordNumber record, reader.FindRecord(patient));
  HIE_ASSIGN_OR_RETURN(const v1::RecordRow row, reader.Record(record));
  v1::GetRecordHistoryResponse history;
  *history.mutable_patient() = row.record().patient();
  history.set_eid(row.eid());
  HIE_RETURN_IF_ERROR(AddVersions(reader, record, row, history));
  HIE_RETURN_IF_ERROR(AddLateVersions(reader, record, history));
  HIE_RETURN_IF_ERROR(AddEvents(state, record, history));
  HIE_RETURN_IF_ERROR(AddDecisions(reader, record, history));
  HIE_RETURN_IF_ERROR(AddTasks(state, record, now, history));
  return history;
}

}  // namespace hie::mpi
