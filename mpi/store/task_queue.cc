#include "mpi/store/task_queue.h"

#include "hie/mpi/v1/mpi_state.pb.h"
#include "mpi/store/tables.h"
#include "mpi/store/task_rank.h"
#include "services/common/base/status_macros.h"
#include "services/common/storage/key_codec.h"
#include "services/common/wire/wire.h"

namespace hie::mpi {
namespace {

// The number ends an order key.
constexpr size_t kNumberBytes = 8;

absl::Status BadRow(absl::string_view table) {
  return absl::DataLossError(std::string(table) + ": a row is missing or cannot be read");
}

// Both records' keys of what is open about them; of a task about one record just its own.
std::vector<std::string> AboutKeys(const v1::TaskRow& task) {
  std::vector<std::string> keys = {TaskOfRecordKey(task.first(), task.kind(), task.second())};
  if (task.second() != 0) {
    keys.push_back(TaskOfRecordKey(task.second(), task.kind(), task.first()));
  }
  return keys;
}

WriteBatch Unfiled(uint64_t number, const v1::TaskRow& task) {
  WriteBatch rows;
  rows.Delete(kTasksTable, TaskKey(number));
  rows.Delete(kTaskOrderTable, TaskOrderKey(number, task));
  for (const std::string& key : AboutKeys(task)) rows.Delete(kTasksOfRecordTable, key);
  return rows;
}

}  // namespace

std::string TaskOfRecordKey(RecordNumber record, v1::TaskKind kind, RecordNumber other) {
  return KeyWriter().U64(record).U8(static_cast<uint8_t>(kind)).U64(other).key();
}

std::string TaskKey(uint64_t number) { return KeyWriter().U64(number).key(); }

absl::StatusOr<std::optional<v1::TaskRow>> TaskReader::Find(uint64_t number) const {
  HIE_ASSIGN_OR_RETURN(const std::optional<std::string> bytes,
                       reader_.Get(kTasksTable, TaskKey(number)));
  if (!bytes) return std::optional<v1::TaskRow>();
  v1::TaskRow task;
  if (!task.ParseFromString(*bytes)) return BadRow(kTasksTable);
  return std::optional<v1::TaskRow>(std::move(task));
}

absl::StatusOr<uint64_t> TaskReader::NumberOf(v1::TaskKind kind, RecordNumber a,
                                              RecordNumber b) const {
  HIE_ASSIGN_OR_RETURN(const std::optional<std::string> bytes,
                       reader_.Get(kTasksOfRecordTable, TaskOfRecordKey(a, kind, b)));
  if (!bytes) return uint64_t{0};
  v1::TaskOfRecordRow row;
  if (!row.ParseFromString(*bytes)) return BadRow(kTasksOfRecordTable);
  return row.task();
}

absl::StatusOr<std::vector<TaskAbout>> TaskReader::AboutRecord(RecordNumber record) const {
  HIE_ASSIGN_OR_RETURN(const std::vector<KvEntry> entries,
                       reader_.ScanPrefix(kTasksOfRecordTable, RecordKey(record)));
  std::vector<TaskAbout> about;
  for (const KvEntry& entry : entries) {
    KeyReader key(entry.key);
    HIE_RETURN_IF_ERROR(key.U64().status());
    HIE_ASSIGN_OR_RETURN(const uint8_t kind, key.U8());
    HIE_ASSIGN_OR_RETURN(const RecordNumber other, key.U64());
    v1::TaskOfRecordRow row;
    if (!row.ParseFromString(entry.value)) return BadRow(kTasksOfRecordTable);
    about.push_back({static_cast<v1::TaskKind>(kind), other, row.task()});
  }
  return about;
}

absl::Status TaskReader::VisitInOrder(absl::string_view after, Visit visit) const {
  absl::Status bad;
  const auto visit_key = [&](absl::string_view key, absl::string_view) {
    if (key == after) return true;
    const size_t start = key.size() < kNumberBytes ? 0 : key.size() - kNumberBytes;
    const absl::StatusOr<uint64_t> number = KeyReader(key.substr(start)).U64();
    bad.Update(number.status());
    if (!number.ok()) return false;
    const absl::StatusOr<std::optional<v1::TaskRow>> task = Find(*number);
    bad.Update(task.status());
    if (task.ok() && !*task) bad.Update(BadRow(kTasksTable));
    return bad.ok() && visit(*number, **task);
  };
  HIE_RETURN_IF_ERROR(reader_.Scan(kTaskOrderTable, "", after, visit_key));
  return bad;
}

absl::StatusOr<uint64_t> TaskReader::LastNumber() const {
  HIE_ASSIGN_OR_RETURN(const std::optional<std::string> bytes,
                       reader_.Get(kCountersTable, kTaskCounter));
  if (!bytes) return uint64_t{0};
  v1::CounterRow row;
  if (!row.ParseFromString(*bytes)) return BadRow(kCountersTable);
  return row.last();
}

v1::TaskRow MakeTaskRow(const NewTask& task, absl::Time opened) {
  v1::TaskRow row;
  row.set_kind(task.kind);
  row.set_first(task.first);
  row.set_second(task.second);
  row.set_weight_millibits(task.weight);
  row.set_first_version(task.first_version);
  row.set_second_version(task.second_version);
  row.set_records_exposed(task.records_exposed);
  row.set_opened_micros(wire::MicrosFromTime(opened));
  row.set_due_micros(wire::MicrosFromTime(DueTime(opened)));
  return row;
}

WriteBatch TaskRows(uint64_t number, const v1::TaskRow& task) {
  WriteBatch rows;
  rows.Put(kTasksTable, TaskKey(number), task.SerializeAsString());
  rows.Put(kTaskOrderTable, TaskOrderKey(number, task), "");
  v1::TaskOfRecordRow about;
  about.set_task(number);
  for (const std::string& key : AboutKeys(task)) {
    rows.Put(kTasksOfRecordTable, key, about.SerializeAsString());
  }
  return rows;
}

TaskEdit::TaskEdit(const KvReader& state, const Stamp& stamp, WriteBatch& changes)
    : stamp_(stamp), changes_(changes), overlay_(state), tasks_(overlay_) {}

absl::StatusOr<uint64_t> TaskEdit::Open(const NewTask& task) {
  HIE_ASSIGN_OR_RETURN(const uint64_t open, tasks_.NumberOf(task.kind, task.first, task.second));
  if (open != 0) return open;
  HIE_ASSIGN_OR_RETURN(const uint64_t last, tasks_.LastNumber());
  v1::CounterRow counter;
  counter.set_last(last + 1);
  WriteBatch rows = TaskRows(last + 1, MakeTaskRow(task, stamp_.time));
  rows.Put(kCountersTable, kTaskCounter, counter.SerializeAsString());
  Write(std::move(rows));
  return last + 1;
}

void TaskEdit::Replace(uint64_t number, const v1::TaskRow& before, const v1::TaskRow& after) {
  WriteBatch rows = Unfiled(number, before);
  rows.Append(TaskRows(number, after));
  Write(std::move(rows));
}

void TaskEdit::Close(uint64_t number, const v1::TaskRow& task) { Write(Unfiled(number, task)); }

absl::Status TaskEdit::CloseAbout(v1::TaskKind kind, RecordNumber a, RecordNumber b) {
  HIE_ASSIGN_OR_RETURN(const uint64_t number, tasks_.NumberOf(kind, a, b));
  if (number == 0) return absl::OkStatus();
  HIE_ASSIGN_OR_RETURN(const std::optional<v1::TaskRow> task, tasks_.Find(number));
  if (!task) return BadRow(kTasksTable);
  Close(number, *task);
  return absl::OkStatus();
}

void TaskEdit::Write(WriteBatch batch) {
  overlay_.Add(batch);
  changes_.Append(std::move(batch));
}

}  // namespace hie::mpi
