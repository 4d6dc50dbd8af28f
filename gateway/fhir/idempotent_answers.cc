#include "gateway/fhir/idempotent_answers.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace hie::fhir {
namespace {

// Client ids hold no line feeds; keys neither (the door checks).
std::string NameOf(absl::string_view client_id, absl::string_view key) {
  return absl::StrCat(client_id, "\n", key);
}

}  // namespace

void IdempotentAnswers::Erase(const std::string& name) {
  const auto found = entries_.find(name);
  if (found == entries_.end()) return;
  if (found->second.answer) bytes_ -= found->second.answer->body.size();
  entries_.erase(found);
}

void IdempotentAnswers::MakeRoom() {
  const absl::Time now = clock_->Now();
  while (!by_age_.empty()) {
    const auto& [begun, name] = by_age_.front();
    const bool old = now - begun > kIdempotencyTime;
    // Names that were abandoned stay in the queue until they are old: they are bounded as well.
    const bool full = entries_.size() >= kIdempotentAnswersMax || bytes_ > kIdempotentBytesMax ||
                      by_age_.size() >= 2 * kIdempotentAnswersMax;
    if (!old && !full) return;
    const auto found = entries_.find(name);
    // The name may have been begun anew since.
    if (found != entries_.end() && found->second.begun == begun) Erase(name);
    by_age_.pop_front();
  }
}

IdempotentAnswers::Begun IdempotentAnswers::Begin(absl::string_view client_id,
                                                  absl::string_view key,
                                                  absl::string_view fingerprint) {
  std::string name = NameOf(client_id, key);
  const MutexLock lock(mutex_);
  MakeRoom();
  const auto found = entries_.find(name);
  if (found != entries_.end()) {
    const Entry& entry = found->second;
    if (entry.fingerprint != fingerprint) return {Repetition::kOtherBody, nullptr};
    if (!entry.answer) return {Repetition::kInFlight, nullptr};
    return {Repetition::kAnswered, entry.answer};
  }
  const absl::Time now = clock_->Now();
  entries_[name] = Entry{std::string(fingerprint), now, nullptr};
  by_age_.emplace_back(now, std::move(name));
  return {};
}

void IdempotentAnswers::Complete(absl::string_view client_id, absl::string_view key,
                                 http::Response answer) {
  const MutexLock lock(mutex_);
  const auto found = entries_.find(NameOf(client_id, key));
  if (found == entries_.end() || found->second.answer) return;
  bytes_ += answer.body.size();
  found->second.answer = std::make_shared<const http::Response>(std::move(answer));
}

void IdempotentAnswers::Abandon(absl::string_view client_id, absl::string_view key) {
  const MutexLock lock(mutex_);
  Erase(NameOf(client_id, key));
}

}  // namespace hie::fhir
