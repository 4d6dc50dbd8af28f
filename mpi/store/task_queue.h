#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "hie/mpi/v1/review_state.pb.h"
#include "mpi/link/link_plan.h"
#include "services/common/journal/journal.h"
#include "services/common/journal/overlay_reader.h"
#include "services/common/storage/kv_store.h"

// The rows of the review queue (tables `tasks`, `task_order`, `tasks_of_record`).
namespace hie::mpi {

// The key of what is open about a record: `other` 0 where no second record is concerned.
std::string TaskOfRecordKey(RecordNumber record, v1::TaskKind kind, RecordNumber other);
std::string TaskKey(uint64_t number);

// An open task about a record.
struct TaskAbout {
  v1::TaskKind kind = v1::TASK_KIND_UNSPECIFIED;
  RecordNumber other = 0;
  uint64_t task = 0;
};

// Reads the queue in one state.  DATA_LOSS: a row cannot be read.  Thread-safe where `reader` is.
class TaskReader {
 public:
  // `reader` must outlive this.
  explicit TaskReader(const KvReader& reader) : reader_(reader) {}

  // Nothing: no such open task.
  absl::StatusOr<std::optional<v1::TaskRow>> Find(uint64_t number) const;

  // The open task of a kind about two records, in any order; 0: none.
  absl::StatusOr<uint64_t> NumberOf(v1::TaskKind kind, RecordNumber a, RecordNumber b) const;

  // Every open task about the record, by kind.
  absl::StatusOr<std::vector<TaskAbout>> AboutRecord(RecordNumber record) const;

  // Visits open tasks in the order of work, from behind the task whose order key is `after` (empty:
  // from the front), until `visit` returns false.
  using Visit = absl::FunctionRef<bool(uint64_t number, const v1::TaskRow& task)>;
  absl::Status VisitInOrder(absl::string_view after, Visit visit) const;

  // The last number that was given out.
  absl::StatusOr<uint64_t> LastNumber() const;

 private:
  const KvReader& reader_;
};

// What a new task is about.
struct NewTask {
  v1::TaskKind kind = v1::TASK_KIND_UNSPECIFIED;
  RecordNumber first = 0;
  RecordNumber second = 0;  // 0: none.
  Millibits weight = 0;
  uint64_t first_version = 0;  // Of the records now.
  uint64_t second_version = 0;
  uint32_t records_exposed = 0;
};

// The row of a task that is opened at a time.  Pure.
v1::TaskRow MakeTaskRow(const NewTask& task, absl::Time opened);

// The rows that file a task, its counter left out: what opening it writes.  Pure.
WriteBatch TaskRows(uint64_t number, const v1::TaskRow& task);

// Changes of the queue within one command, readable while they are made.
class TaskEdit {
 public:
  // `state` is what the command has made of the state so far; both outlive the edit.  What is
  // written goes to `changes`, too.
  TaskEdit(const KvReader& state, const Stamp& stamp, WriteBatch& changes);

  const TaskReader& tasks() const { return tasks_; }
  const KvReader& state() const { return overlay_; }
  const Stamp& stamp() const { return stamp_; }

  // Opens a task, or returns the number of the open one of its kind about the same records.
  absl::StatusOr<uint64_t> Open(const NewTask& task);
  // Replaces a task's row, which may change its place in the order and its kind.
  void Replace(uint64_t number, const v1::TaskRow& before, const v1::TaskRow& after);
  void Close(uint64_t number, const v1::TaskRow& task);
  // Closes the open task of a kind about two records, if there is one.
  absl::Status CloseAbout(v1::TaskKind kind, RecordNumber a, RecordNumber b);

 private:
  void Write(WriteBatch batch);

  const Stamp& stamp_;
  WriteBatch& changes_;
  OverlayReader overlay_;
  const TaskReader tasks_;
};

}  // namespace hie::mpi
