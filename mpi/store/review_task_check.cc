#include "mpi/store/review_task_check.h"

#include <algorithm>
#include <optional>
#include <set>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "mpi/store/event_log.h"
#include "mpi/store/mpi_reader.h"
#include "mpi/store/tables.h"
#include "mpi/store/task_queue.h"
#include "mpi/store/task_rank.h"
#include "services/common/base/status_macros.h"
#include "services/common/storage/key_codec.h"

namespace hie::mpi {
namespace {

class Checker {
 public:
  explicit Checker(const KvReader& state)
      : state_(state), reader_(state), tasks_(state), events_(state) {}

  absl::StatusOr<std::vector<std::string>> Run() {
    HIE_ASSIGN_OR_RETURN(last_task_, tasks_.LastNumber());
    HIE_RETURN_IF_ERROR(
        Each(kTasksTable, [this](auto key, auto value) { return CheckTask(key, value); }));
    HIE_RETURN_IF_ERROR(Each(kTaskOrderTable, [this](auto key, auto) { return CheckOrder(key); }));
    HIE_RETURN_IF_ERROR(
        Each(kTasksOfRecordTable, [this](auto key, auto value) { return CheckAbout(key, value); }));
    HIE_RETURN_IF_ERROR(
        Each(kPossibleLinksTable, [this](auto key, auto) { return CheckPossible(key); }));
    HIE_RETURN_IF_ERROR(
        Each(kRecordsTable, [this](auto key, auto value) { return CheckRecord(key, value); }));
    HIE_RETURN_IF_ERROR(
        Each(kEventsTable, [this](auto key, auto value) { return CheckEvent(key, value); }));
    HIE_RETURN_IF_ERROR(
        Each(kRecordEventsTable, [this](auto key, auto) { return CheckRecordEvent(key); }));
    return std::vector<std::string>(faults_.begin(), faults_.end());
  }

 private:
  using Visit = absl::FunctionRef<absl::Status(absl::string_view key, absl::string_view value)>;

  absl::Status Each(Table table, Visit visit) const {
    absl::Status failed;
    HIE_RETURN_IF_ERROR(
        state_.Scan(table, "", "", [&](absl::string_view key, absl::string_view value) {
          failed = visit(key, value);
          return failed.ok();
        }));
    return failed;
  }

  void Want(bool holds, absl::string_view fault) {
    if (!holds) faults_.emplace(fault);
  }

  template <typename Row>
  static absl::StatusOr<Row> Parse(Table table, absl::string_view value) {
    Row row;
    if (row.ParseFromArray(value.data(), static_cast<int>(value.size()))) return row;
    return absl::DataLossError(absl::StrCat(table, ": a row cannot be read"));
  }

  absl::StatusOr<std::optional<v1::RecordRow>> Find(RecordNumber record) const {
    HIE_ASSIGN_OR_RETURN(const auto bytes, state_.Get(kRecordsTable, RecordKey(record)));
    if (!bytes) return std::optional<v1::RecordRow>();
    HIE_ASSIGN_OR_RETURN(v1::RecordRow row, Parse<v1::RecordRow>(kRecordsTable, *bytes));
    return std::optional<v1::RecordRow>(std::move(row));
  }

  absl::Status CheckTask(absl::string_view key, absl::string_view value) {
    HIE_ASSIGN_OR_RETURN(const uint64_t number, KeyReader(key).U64());
    HIE_ASSIGN_OR_RETURN(const auto task, Parse<v1::TaskRow>(kTasksTable, value));
    Want(number != 0 && number <= last_task_, "a task's number was not given out");
    Want(task.kind() != v1::TASK_KIND_UNSPECIFIED, "a task has no kind");
    Want(task.due_micros() > task.opened_micros(), "a task is due before it was opened");
    HIE_ASSIGN_OR_RETURN(const auto order, state_.Get(kTaskOrderTable, TaskOrderKey(number, task)));
    Want(order.has_value(), "a task is not in the order of work");
    HIE_ASSIGN_OR_RETURN(const uint64_t own,
                         tasks_.NumberOf(task.kind(), task.first(), task.second()));
    Want(own == number, "a task is not filed under its record");
    if (task.second() == 0) return CheckSubject(task);
    HIE_ASSIGN_OR_RETURN(const uint64_t mirror,
                         tasks_.NumberOf(task.kind(), task.second(), task.first()));
    Want(mirror == number, "a task is not filed under its second record");
    return CheckSubject(task);
  }

  // What is asked must still be a question.
  absl::Status CheckSubject(const v1::TaskRow& task) {
    HIE_ASSIGN_OR_RETURN(const auto first, Find(task.first()));
    Want(first.has_value(), "a task is about a record that is not there");
    if (!first || task.second() == 0) return absl::OkStatus();
    HIE_ASSIGN_OR_RETURN(const auto second, Find(task.second()));
    Want(second.has_value(), "a task is about a record that is not there");
    if (!second) return absl::OkStatus();
    const bool one = first->eid() == second->eid();
    switch (task.kind()) {
      case v1::TASK_KIND_POSSIBLE_LINK: {
        HIE_ASSIGN_OR_RETURN(const auto link,
                             state_.Get(kPossibleLinksTable, PairKey(task.first(), task.second())));
        Want(link.has_value(), "a task is about a possible link that is not there");
        break;
      }
      case v1::TASK_KIND_OVERLAY:
        Want(first->record().provisional(), "a task is about a hold that has ended");
        break;
      case v1::TASK_KIND_ASKED:
        Want(!one, "a task asks about records of one person");
        break;
      default:
        Want(one, "a task of one person is about two");
    }
    return absl::OkStatus();
  }

  absl::Status CheckOrder(absl::string_view key) {
    constexpr size_t kNumberBytes = 8;
    if (key.size() < kNumberBytes) {
      Want(false, "a place in the order of work names no task");
      return absl::OkStatus();
    }
    HIE_ASSIGN_OR_RETURN(const uint64_t number,
                         KeyReader(key.substr(key.size() - kNumberBytes)).U64());
    HIE_ASSIGN_OR_RETURN(const auto task, tasks_.Find(number));
    Want(task && TaskOrderKey(number, *task) == key,
         "a place in the order of work is not a task's");
    return absl::OkStatus();
  }

  absl::Status CheckAbout(absl::string_view key, absl::string_view value) {
    HIE_ASSIGN_OR_RETURN(const auto row, Parse<v1::TaskOfRecordRow>(kTasksOfRecordTable, value));
    HIE_ASSIGN_OR_RETURN(const auto task, tasks_.Find(row.task()));
    const bool filed =
        task && (TaskOfRecordKey(task->first(), task->kind(), task->second()) == key ||
                 TaskOfRecordKey(task->second(), task->kind(), task->first()) == key);
    Want(filed, "a record names a task that is not about it");
    return absl::OkStatus();
  }

  absl::Status CheckPossible(absl::string_view key) {
    KeyReader reader(key);
    HIE_ASSIGN_OR_RETURN(const RecordNumber first, reader.U64());
    HIE_ASSIGN_OR_RETURN(const RecordNumber second, reader.U64());
    HIE_ASSIGN_OR_RETURN(const uint64_t task,
                         tasks_.NumberOf(v1::TASK_KIND_POSSIBLE_LINK, first, second));
    Want(task != 0, "a possible link has no task");
    return absl::OkStatus();
  }

  absl::Status CheckRecord(absl::string_view key, absl::string_view value) {
    HIE_ASSIGN_OR_RETURN(const RecordNumber record, KeyReader(key).U64());
    HIE_ASSIGN_OR_RETURN(const auto row, Parse<v1::RecordRow>(kRecordsTable, value));
    if (!row.record().provisional()) return absl::OkStatus();
    HIE_ASSIGN_OR_RETURN(const std::vector<TaskAbout> about, tasks_.AboutRecord(record));
    Want(std::any_of(about.begin(), about.end(),
                     [](const TaskAbout& task) { return task.kind == v1::TASK_KIND_OVERLAY; }),
         "a provisional record has no task");
    return absl::OkStatus();
  }

  absl::Status CheckEvent(absl::string_view key, absl::string_view value) {
    HIE_ASSIGN_OR_RETURN(const uint64_t sequence, KeyReader(key).U64());
    HIE_ASSIGN_OR_RETURN(const auto event, Parse<v1::EventRow>(kEventsTable, value));
    HIE_ASSIGN_OR_RETURN(const uint64_t last, reader_.LastSequence());
    Want(sequence <= last, "an event is of a command that was not");
    Want(event.kind() != v1::EVENT_KIND_UNSPECIFIED, "an event has no kind");
    for (const RecordNumber record : RecordsOf(event)) {
      HIE_ASSIGN_OR_RETURN(
          const auto filed,
          state_.Get(kRecordEventsTable, KeyWriter().U64(record).U64(sequence).key()));
      Want(filed.has_value(), "an event is not filed under a record that it names");
    }
    if (event.undone_by() == 0) return absl::OkStatus();
    HIE_ASSIGN_OR_RETURN(const auto undo, events_.Find(event.undone_by()));
    Want(undo && undo->undoes() == sequence, "an event was not undone by what it names");
    return absl::OkStatus();
  }

  absl::Status CheckRecordEvent(absl::string_view key) {
    KeyReader reader(key);
    HIE_ASSIGN_OR_RETURN(const RecordNumber record, reader.U64());
    HIE_ASSIGN_OR_RETURN(const uint64_t sequence, reader.U64());
    HIE_ASSIGN_OR_RETURN(const auto event, events_.Find(sequence));
    bool named = false;
    if (event) {
      const std::vector<RecordNumber> records = RecordsOf(*event);
      named = std::binary_search(records.begin(), records.end(), record);
    }
    Want(named, "a record names an event that does not name it");
    return absl::OkStatus();
  }

  const KvReader& state_;
  const MpiReader reader_;
  const TaskReader tasks_;
  const EventReader events_;
  uint64_t last_task_ = 0;
  std::set<std::string> faults_;
};

}  // namespace

absl::StatusOr<std::vector<std::string>> CheckReviewTables(const KvReader& state) {
  return Checker(state).Run();
}

}  // namespace hie::mpi
