#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "hie/audit/v1/audit.pb.h"
#include "services/audit/audit_index.h"
#include "services/audit/leaf_codec.h"
#include "services/audit/segment_log.h"
#include "services/audit/verify_segments.h"
#include "services/common/base/clock.h"
#include "services/common/base/mutex.h"

namespace hie::audit {

// Leaves in a log, with their index.  Thread-safe.
//
// One thread writes: a group is what waits when the last sync ends; one write, one sync, the mark,
// the index, then the answers.  A second thread syncs the mark.
class AuditLog {
 public:
  struct Options {
    SegmentLog::Options segments;
    KvStore* index = nullptr;      // Holds AuditIndex::Tables(); must outlive the log.
    const Clock* clock = nullptr;  // Must outlive the log.
    absl::Duration mark_sync_period = absl::Seconds(1);
    // Called when it is not known what is on disk.  Null: prints the status to standard error and
    // exits with status 70.  Where it returns (tests), nothing is ever appended again.
    std::function<void(const absl::Status&)> on_fatal = nullptr;
  };

  // Bytes of one group at most, and requests that wait at most: more are UNAVAILABLE.
  static constexpr size_t kGroupBytesMax = size_t{4} << 20;
  static constexpr size_t kWaitingMax = 16384;
  static constexpr size_t kWaitingBytesMax = size_t{64} << 20;

  // A leaf before the log has taken it: sequence, time and, per patient, patient sequence and
  // previous hash are not set.  Tags within a leaf are distinct; the event id is not empty.
  using Draft = v1::Leaf;

  // Sequences in the order of the drafts; all are durable.  An event id again: its first sequence.
  // UNAVAILABLE: nothing may be released on it.  Called once, on a thread of the log or of the
  // caller; must not block.
  using Callback = std::function<void(absl::StatusOr<std::vector<uint64_t>>)>;

  // Verifies the segments and brings the index up to date.  DATA_LOSS: as SegmentLog::Open, or
  // the index knows leaves that the segments do not have.
  static absl::StatusOr<std::unique_ptr<AuditLog>> Open(Options options);

  // Answers UNAVAILABLE to those that wait.  No call may be running.
  ~AuditLog();

  // Does not wait for the disk.  INVALID_ARGUMENT: more than a segment holds.
  void Append(std::vector<Draft> drafts, Callback done);

  const AuditIndex& index() const { return index_; }
  ChainHead head() const { return segments_->head(); }

  // A leaf as it is stored.
  struct Stored {
    v1::Leaf leaf;
    std::string chain_hash;
  };
  // DATA_LOSS: not there, or damaged.
  absl::StatusOr<Stored> Read(uint64_t sequence) const;

  // Recomputes everything up to the present head, from the files.
  absl::StatusOr<VerifyReport> Verify() const;

 private:
  struct Request {
    std::vector<Draft> drafts;
    size_t bytes = 0;
    Callback done;
  };
  // What a group comes to.
  struct Group {
    std::vector<std::vector<uint64_t>> answers;
    std::vector<v1::Leaf> leaves;  // New ones.
    std::vector<std::string> encoded;
    absl::flat_hash_map<std::string, uint64_t> events;
    absl::flat_hash_map<std::string, PatientHead> patients;
    uint64_t last_sequence = 0;
    int64_t time_micros = 0;
  };

  AuditLog(Options options, AuditIndex index) : options_(std::move(options)), index_(index) {}

  absl::Status CatchUp();
  void StartThreads();
  absl::Status Enqueue(Request& request);
  void RunWriter();
  std::vector<Request> NextGroup();
  void Commit(std::vector<Request>& requests);
  absl::StatusOr<Group> Build(const std::vector<Request>& requests) const;
  absl::StatusOr<uint64_t> Take(Draft draft, Group& group) const;
  absl::StatusOr<PatientHead> HeadOf(const std::string& tag, const Group& group) const;
  absl::Status MakeDurable(const Group& group);
  void RefuseWaiting();
  void RunSyncer();
  void Fail(const absl::Status& status);
  size_t GroupBytesMax() const;

  const Options options_;
  AuditIndex index_;
  std::unique_ptr<SegmentLog> segments_;
  int64_t time_micros_ = 0;  // Of the last leaf; of the writer alone.

  Mutex mutex_;
  CondVar wake_writer_;
  CondVar wake_syncer_;
  std::deque<Request> waiting_ HIE_GUARDED_BY(mutex_);
  size_t waiting_bytes_ HIE_GUARDED_BY(mutex_) = 0;
  bool closing_ HIE_GUARDED_BY(mutex_) = false;
  bool failed_ HIE_GUARDED_BY(mutex_) = false;

  std::thread writer_;
  std::thread syncer_;
};

}  // namespace hie::audit
