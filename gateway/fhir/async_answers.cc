#include "gateway/fhir/async_answers.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "gateway/fhir/call.h"
#include "services/common/json/writer.h"

namespace hie::fhir {
namespace {

constexpr size_t kIdBytes = 16;

absl::Status Unknown() { return absl::NotFoundError("query: unknown"); }

// In place of an answer for which there is no room.
AsyncAnswer NoRoom() {
  const Failure failure = FromStatus(absl::ResourceExhaustedError("async: no room"));
  return {failure.http_status, OutcomeResource(failure.issues, ""), {}};
}

}  // namespace

void AsyncAnswers::DropExpired() {
  const absl::Time now = clock_->Now();
  absl::erase_if(entries_,
                 [&](const auto& entry) { return now - entry.second.touched > kAsyncTime; });
}

uint64_t AsyncAnswers::Bytes() const {
  uint64_t bytes = 0;
  for (const auto& [id, entry] : entries_) bytes += entry.bytes;
  return bytes;
}

bool AsyncAnswers::HasRoom(absl::string_view client_id) const {
  size_t of_client = 0;
  uint64_t bytes_of_client = 0;
  for (const auto& [id, entry] : entries_) {
    if (entry.client_id != client_id) continue;
    ++of_client;
    bytes_of_client += entry.bytes;
  }
  return entries_.size() < kAsyncAnswersMax && of_client < kAsyncAnswersOfClientMax &&
         Bytes() <= limits_.bytes && bytes_of_client <= limits_.bytes_of_client;
}

absl::StatusOr<std::string> AsyncAnswers::Open(const Call& call, std::function<void()> cancel) {
  Entry entry;
  entry.client_id = call.caller().client_id;
  entry.call = &call;
  entry.touched = clock_->Now();
  entry.cancel = std::move(cancel);
  entry.status.interaction = &call.interaction();
  entry.status.purpose = call.caller().caller.actor.purpose;
  entry.status.user = call.caller().caller.actor.user;
  // Hexadecimal: a path segment that begins with "_" or "$" is no id.
  std::string id = absl::BytesToHexString(random_->Bytes(kIdBytes));
  const MutexLock lock(mutex_);
  DropExpired();
  if (!HasRoom(entry.client_id)) {
    return absl::ResourceExhaustedError("async: too many are open");
  }
  entries_[id] = std::move(entry);
  return id;
}

void AsyncAnswers::NoteProgress(const Call& call, AsyncProgress progress) {
  const MutexLock lock(mutex_);
  for (auto& [id, entry] : entries_) {
    if (entry.call == &call && !entry.status.answer) entry.status.progress = progress;
  }
}

void AsyncAnswers::Complete(const std::string& id, AsyncAnswer answer) {
  uint64_t bytes = answer.resource ? json::Write(*answer.resource).size() : 0;
  auto shared = std::make_shared<const AsyncAnswer>(std::move(answer));
  std::function<void()> unused;  // What it holds is let go outside the lock.
  const MutexLock lock(mutex_);
  const auto found = entries_.find(id);
  if (found == entries_.end()) return;  // Cancelled meanwhile.
  Entry& entry = found->second;
  entry.call = nullptr;
  entry.touched = clock_->Now();
  unused.swap(entry.cancel);
  DropExpired();  // Not this one: it has just been touched.
  if (Bytes() + bytes > limits_.bytes) {
    shared = std::make_shared<const AsyncAnswer>(NoRoom());
    bytes = 0;
  }
  Entry& kept = entries_.find(id)->second;
  kept.bytes = bytes;
  kept.status.answer = std::move(shared);
}

absl::StatusOr<AsyncStatus> AsyncAnswers::Find(absl::string_view client_id,
                                               absl::string_view id) const {
  const MutexLock lock(mutex_);
  const auto found = entries_.find(id);
  if (found == entries_.end() || found->second.client_id != client_id ||
      clock_->Now() - found->second.touched > kAsyncTime) {
    return Unknown();
  }
  return found->second.status;
}

absl::Status AsyncAnswers::Cancel(absl::string_view client_id, absl::string_view id) {
  std::function<void()> cancel;
  {
    const MutexLock lock(mutex_);
    const auto found = entries_.find(id);
    if (found == entries_.end() || found->second.client_id != client_id) return Unknown();
    cancel = std::move(found->second.cancel);
    entries_.erase(found);
  }
  if (cancel) cancel();
  return absl::OkStatus();
}

}  // namespace hie::fhir
