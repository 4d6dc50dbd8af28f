#pragma once

#include <deque>
#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "gateway/http/exchange.h"
#include "services/common/base/clock.h"
#include "services/common/base/mutex.h"

namespace hie::fhir {

inline constexpr absl::Duration kIdempotencyTime = absl::Hours(24);
inline constexpr size_t kIdempotentAnswersMax = 50'000;
inline constexpr size_t kIdempotentBytesMax = 64 << 20;  // Of all answers kept.
inline constexpr size_t kIdempotencyKeyBytesMax = 255;

// What a request with an Idempotency-Key is.
enum class Repetition {
  kFirst,      // Do it; then Complete or Abandon.
  kAnswered,   // Done before: answer the same.
  kInFlight,   // The first is still being done.
  kOtherBody,  // The key was used for something else.
};

// Answers to POST writes by client and Idempotency-Key.
//
// Held in memory: a restart forgets them.  A repeated publication is then recognised by its
// submission and document ids instead, which the registry keeps for ever; the key only spares the
// work.  Thread-safe; bounded by number and bytes, the oldest go first.
class IdempotentAnswers {
 public:
  struct Begun {
    Repetition repetition = Repetition::kFirst;
    std::shared_ptr<const http::Response> answer;  // Of kAnswered.
  };

  explicit IdempotentAnswers(const Clock* clock) : clock_(clock) {}

  // `fingerprint` is a hash of method, target and body.
  Begun Begin(absl::string_view client_id, absl::string_view key, absl::string_view fingerprint);
  // Keeps the answer of what Begin called kFirst.
  void Complete(absl::string_view client_id, absl::string_view key, http::Response answer);
  // There is no answer worth keeping: the next request with the key is the first again.
  void Abandon(absl::string_view client_id, absl::string_view key);

 private:
  struct Entry {
    std::string fingerprint;
    absl::Time begun;
    std::shared_ptr<const http::Response> answer;  // Null: in flight.
  };

  void MakeRoom() HIE_REQUIRES(mutex_);
  void Erase(const std::string& name) HIE_REQUIRES(mutex_);

  const Clock* const clock_;
  Mutex mutex_;
  absl::flat_hash_map<std::string, Entry> entries_ HIE_GUARDED_BY(mutex_);
  // Names with the time at which they were begun, oldest first; may name what is gone.
  std::deque<std::pair<absl::Time, std::string>> by_age_ HIE_GUARDED_BY(mutex_);
  size_t bytes_ HIE_GUARDED_BY(mutex_) = 0;
};

}  // namespace hie::fhir
