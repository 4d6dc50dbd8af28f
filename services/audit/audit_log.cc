#include "services/audit/audit_log.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/base/status_macros.h"
#include "services/common/crypto/hash.h"

namespace hie::audit {
namespace {

// EX_SOFTWARE of sysexits.h: the process cannot know what its disk holds.
constexpr int kExitAfterFailedSync = 70;

// What the log adds to a draft, at most: per leaf and per patient.
constexpr size_t kLeafAddedBytes = 32;
constexpr size_t kPatientAddedBytes = 16 + kHashBytes;

// Leaves that are indexed in one batch while the index catches up.
constexpr size_t kCatchUpLeaves = 1024;

[[noreturn]] void LogAndExit(const absl::Status& status) {
  const std::string text = absl::StrCat("audit: fatal: ", status.ToString(), "\n");
  std::fputs(text.c_str(), stderr);
  // No destructors: nothing more may be written or answered.
  _exit(kExitAfterFailedSync);
}

absl::Status Unavailable() {
  return absl::UnavailableError("audit: events cannot be made durable");
}

size_t BytesOf(const AuditLog::Draft& draft) {
  return draft.ByteSizeLong() + kLeafAddedBytes + kRecordOverheadBytes +
         static_cast<size_t>(draft.patients_size()) * kPatientAddedBytes;
}

}  // namespace

absl::StatusOr<std::unique_ptr<AuditLog>> AuditLog::Open(Options options) {
  if (options.on_fatal == nullptr) options.on_fatal = LogAndExit;
  const AuditIndex index(options.index);
  std::unique_ptr<AuditLog> log(new AuditLog(std::move(options), index));
  HIE_RETURN_IF_ERROR(log->CatchUp());
  log->StartThreads();
  return log;
}

// Opens the segments and indexes the leaves that the index does not have.
absl::Status AuditLog::CatchUp() {
  HIE_ASSIGN_OR_RETURN(const ChainHead applied, index_.Applied());
  WriteBatch batch;
  size_t leaves = 0;
  const auto visit = [&](const Record& record, const LeafLocation& at) -> absl::Status {
    if (record.sequence == applied.sequence && record.chain_hash != applied.hash) {
      return absl::DataLossError("not the leaf that the index has seen");
    }
    HIE_ASSIGN_OR_RETURN(const v1::Leaf leaf, DecodeLeaf(record));
    time_micros_ = leaf.time_micros();
    if (record.sequence <= applied.sequence) return absl::OkStatus();
    AuditIndex::Add(record, leaf, at, batch);
    if (++leaves % kCatchUpLeaves != 0) return absl::OkStatus();
    const absl::Status written = index_.Write(batch);
    batch.Clear();
    return written;
  };
  HIE_ASSIGN_OR_RETURN(segments_, SegmentLog::Open(options_.segments, visit));
  if (segments_->head().sequence < applied.sequence) {
    return absl::DataLossError(absl::StrCat("audit: the segments end at sequence ",
                                            segments_->head().sequence, ", the index knows ",
                                            applied.sequence, ": acknowledged events are lost"));
  }
  return batch.empty() ? absl::OkStatus() : index_.Write(batch);
}

void AuditLog::StartThreads() {
  writer_ = std::thread([this] { RunWriter(); });
  syncer_ = std::thread([this] { RunSyncer(); });
}

AuditLog::~AuditLog() {
  {
    MutexLock lock(mutex_);
    closing_ = true;
    wake_writer_.NotifyAll();
    wake_syncer_.NotifyAll();
  }
  if (writer_.joinable()) writer_.join();
  if (syncer_.joinable()) syncer_.join();
  // The last group's mark.  What fails here only lets the mark lag.
  if (segments_ != nullptr) segments_->SyncMark().IgnoreError();
}

size_t AuditLog::GroupBytesMax() const {
  return std::min<size_t>(kGroupBytesMax, segments_->capacity());
}

void AuditLog::Append(std::vector<Draft> drafts, Callback done) {
  Request request{std::move(drafts), 0, std::move(done)};
  for (const Draft& draft : request.drafts) request.bytes += BytesOf(draft);
  // Reported outside the lock: the callback may append again.
  if (const absl::Status taken = Enqueue(request); !taken.ok()) request.done(taken);
}

absl::Status AuditLog::Enqueue(Request& request) {
  if (request.drafts.empty() || request.bytes > segments_->capacity()) {
    return absl::InvalidArgumentError("events: want at least one, and no more than a segment");
  }
  MutexLock lock(mutex_);
  if (closing_ || failed_ || waiting_.size() >= kWaitingMax ||
      waiting_bytes_ + request.bytes > kWaitingBytesMax) {
    return Unavailable();
  }
  waiting_bytes_ += request.bytes;
  waiting_.push_back(std::move(request));
  if (waiting_.size() == 1) wake_writer_.NotifyOne();
  return absl::OkStatus();
}

void AuditLog::RunWriter() {
  for (std::vector<Request> group = NextGroup(); !group.empty(); group = NextGroup()) {
    Commit(group);
  }
  RefuseWaiting();
}

std::vector<AuditLog::Request> AuditLog::NextGroup() {
  MutexLock lock(mutex_);
  wake_writer_.Wait(mutex_, [this] { return closing_ || failed_ || !waiting_.empty(); });
  std::vector<Request> group;
  if (closing_ || failed_) return group;
  size_t bytes = 0;
  while (!waiting_.empty() &&
         (group.empty() || bytes + waiting_.front().bytes <= GroupBytesMax())) {
    bytes += waiting_.front().bytes;
    waiting_bytes_ -= waiting_.front().bytes;
    group.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  return group;
}

void AuditLog::Commit(std::vector<Request>& requests) {
  const absl::StatusOr<Group> group = Build(requests);
  const absl::Status durable = group.ok() ? MakeDurable(*group) : group.status();
  if (durable.ok()) {
    time_micros_ = group->time_micros;
    for (size_t i = 0; i < requests.size(); ++i) requests[i].done(group->answers[i]);
    return;
  }
  for (Request& request : requests) request.done(Unavailable());
}

absl::StatusOr<AuditLog::Group> AuditLog::Build(const std::vector<Request>& requests) const {
  Group group;
  group.last_sequence = segments_->head().sequence;
  group.time_micros = std::max(time_micros_, absl::ToUnixMicros(options_.clock->Now()));
  for (const Request& request : requests) {
    std::vector<uint64_t>& answer = group.answers.emplace_back();
    for (const Draft& draft : request.drafts) {
      HIE_ASSIGN_OR_RETURN(const uint64_t sequence, Take(draft, group));
      answer.push_back(sequence);
    }
  }
  return group;
}

// Gives a draft its place, or finds the place that its event has.
absl::StatusOr<uint64_t> AuditLog::Take(Draft draft, Group& group) const {
  const auto in_group = group.events.find(draft.event_id());
  if (in_group != group.events.end()) return in_group->second;
  HIE_ASSIGN_OR_RETURN(const std::optional<uint64_t> before, index_.SequenceOf(draft.event_id()));
  if (before) return *before;
  draft.set_sequence(++group.last_sequence);
  draft.set_time_micros(group.time_micros);
  for (v1::PatientLink& link : *draft.mutable_patients()) {
    HIE_ASSIGN_OR_RETURN(const PatientHead head, HeadOf(link.tag(), group));
    link.set_patient_sequence(head.sequence + 1);
    link.set_previous_hash(head.hash);
  }
  std::string encoded = EncodeLeaf(draft);
  const std::string hash = crypto::Sha256(encoded);
  for (const v1::PatientLink& link : draft.patients()) {
    group.patients[link.tag()] = {link.patient_sequence(), hash};
  }
  group.events[draft.event_id()] = group.last_sequence;
  group.encoded.push_back(std::move(encoded));
  group.leaves.push_back(std::move(draft));
  return group.last_sequence;
}

absl::StatusOr<PatientHead> AuditLog::HeadOf(const std::string& tag, const Group& group) const {
  const auto in_group = group.patients.find(tag);
  if (in_group != group.patients.end()) return in_group->second;
  return index_.Head(tag);
}

absl::Status AuditLog::MakeDurable(const Group& group) {
  if (group.encoded.empty()) return absl::OkStatus();
  const absl::StatusOr<std::vector<Appended>> appended = segments_->Append(group.encoded);
  if (!appended.ok()) {
    // A full disk wrote nothing: the log stands where it stood, and space may come back.
    if (!absl::IsResourceExhausted(appended.status())) Fail(appended.status());
    return appended.status();
  }
  WriteBatch batch;
  for (size_t i = 0; i < group.encoded.size(); ++i) {
    const auto& [location, head] = (*appended)[i];
    const Record record{head.sequence, 0, group.encoded[i], head.hash};
    AuditIndex::Add(record, group.leaves[i], location, batch);
  }
  // Without it the next leaf would repeat a patient sequence or an event: only a restart, which
  // reads the segments, can go on.
  const absl::Status indexed = index_.Write(batch);
  if (!indexed.ok()) Fail(indexed);
  return indexed;
}

void AuditLog::RefuseWaiting() {
  std::deque<Request> refused;
  {
    MutexLock lock(mutex_);
    refused.swap(waiting_);
    waiting_bytes_ = 0;
  }
  for (Request& request : refused) request.done(Unavailable());
}

void AuditLog::RunSyncer() {
  while (true) {
    {
      MutexLock lock(mutex_);
      if (wake_syncer_.WaitFor(mutex_, options_.mark_sync_period,
                               [this] { return closing_ || failed_; })) {
        return;
      }
    }
    if (const absl::Status synced = segments_->SyncMark(); !synced.ok()) return Fail(synced);
  }
}

void AuditLog::Fail(const absl::Status& status) {
  options_.on_fatal(status);
  MutexLock lock(mutex_);
  failed_ = true;
  wake_writer_.NotifyAll();
  wake_syncer_.NotifyAll();
}

absl::StatusOr<AuditLog::Stored> AuditLog::Read(uint64_t sequence) const {
  HIE_ASSIGN_OR_RETURN(const LeafLocation location, index_.Location(sequence));
  HIE_ASSIGN_OR_RETURN(Record record, segments_->Read(location));
  if (record.sequence != sequence) {
    return absl::DataLossError("audit: the index points at another leaf");
  }
  HIE_ASSIGN_OR_RETURN(v1::Leaf leaf, DecodeLeaf(record));
  return Stored{std::move(leaf), std::move(record.chain_hash)};
}

absl::StatusOr<VerifyReport> AuditLog::Verify() const {
  const ChainHead head = segments_->head();
  // Behind an empty head there may only be what is not acknowledged.
  if (head.sequence == 0) return VerifyReport{.leaves = 0, .head_hash = head.hash, .what = ""};
  const SegmentLog::Options& options = segments_->options();
  HIE_ASSIGN_OR_RETURN(VerifyReport report,
                       VerifySegments(*options.files, options.directory, head.sequence));
  if (report.first_bad_sequence == 0 && report.head_hash != head.hash) {
    report.first_bad_sequence = head.sequence;
    report.what = "the files hold another chain than the log wrote";
  }
  return report;
}

}  // namespace hie::audit
