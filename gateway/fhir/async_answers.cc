#include "gateway/fhir/async_answers.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "gateway/fhir/call.h"
#include "services/common/crypto/base64url.h"

namespace hie::fhir {
namespace {

constexpr size_t kIdBytes = 16;

absl::Status Unknown() { return absl::NotFoundError("query: unknown"); }

}  // namespace

void AsyncAnswers::DropExpired() {
  const absl::Time now = clock_->Now();
  absl::erase_if(entries_,
                 [&](const auto& entry) { return now - entry.second.touched > kAsyncTime; });
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
  std::string id = crypto::Base64UrlEncode(random_->Bytes(kIdBytes));
  const MutexLock lock(mutex_);
  DropExpired();
  const auto of_client = std::count_if(entries_.begin(), entries_.end(), [&](const auto& e) {
    return e.second.client_id == entry.client_id;
  });
  if (entries_.size() >= kAsyncAnswersMax ||
      static_cast<size_t>(of_client) >= kAsyncAnswersOfClientMax) {
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
  auto shared = std::make_shared<const AsyncAnswer>(std::move(answer));
  std::function<void()> unused;  // What it holds is let go outside the lock.
  const MutexLock lock(mutex_);
  const auto found = entries_.find(id);
  if (found == entries_.end()) return;  // Cancelled meanwhile.
  Entry& entry = found->second;
  entry.call = nullptr;
  entry.touched = clock_->Now();
  entry.status.answer = std::move(shared);
  unused.swap(entry.cancel);
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
