#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "gateway/fhir/interaction.h"
#include "gateway/fhir/outcome.h"
#include "gateway/http/exchange.h"
#include "services/common/base/clock.h"
#include "services/common/base/mutex.h"
#include "services/common/base/random_source.h"
#include "services/common/json/value.h"
#include "services/common/labels/access.h"

namespace hie::fhir {

class Call;

// Not fetched within this time after it was asked for or came: forgotten.  Short, since what was
// released stays released for so long, a revocation notwithstanding; longer than any budget.
inline constexpr absl::Duration kAsyncTime = absl::Minutes(2);
inline constexpr size_t kAsyncAnswersMax = 1'000;       // Of all clients.
inline constexpr size_t kAsyncAnswersOfClientMax = 32;  // Of one client.
// Bytes of the answers that are kept, as they are sent.
inline constexpr uint64_t kAsyncBytesMax = 256 << 20;         // Of all clients.
inline constexpr uint64_t kAsyncBytesOfClientMax = 32 << 20;  // Of one client; then none is opened.

struct AsyncLimits {
  uint64_t bytes = kAsyncBytesMax;
  uint64_t bytes_of_client = kAsyncBytesOfClientMax;
};

// Members that have answered, and members expected.
struct AsyncProgress {
  uint32_t done = 0;
  uint32_t expected = 0;
};

// An answer that came, as the poll shows it.
struct AsyncAnswer {
  int http_status = 200;
  std::optional<json::Value> resource;
  http::Headers headers;
};

// How an asynchronous request stands.
struct AsyncStatus {
  AsyncProgress progress;
  std::shared_ptr<const AsyncAnswer> answer;  // Null: not yet.
  // Under what it was asked for; who fetches it must be allowed the same.
  const Interaction* interaction = nullptr;
  Purpose purpose = Purpose::kUnspecified;
  std::string user;  // Of the client; empty: a system.
};

// Answers that clients fetch later (Prefer: respond-async; R4 async.html, and the Bundle that R5
// made of it).
//
// Held in memory: a restart forgets them, and the client asks again.  What was released was decided
// and audited when it was made, minutes before.  Bound to the client that asked: another
// one's id does not exist.  Thread-safe; bounded.
class AsyncAnswers {
 public:
  AsyncAnswers(const Clock* clock, RandomSource* random, AsyncLimits limits = {})
      : clock_(clock), random_(random), limits_(limits) {}

  // Opens an entry for `call`; `cancel` is called when the client gives it up.  Returns its id.
  // RESOURCE_EXHAUSTED: the client has too many or too long ones, or all have.
  absl::StatusOr<std::string> Open(const Call& call, std::function<void()> cancel);
  // Nothing happens where `call` has no entry.  An answer for which there is no room is replaced by
  // a 503 that says so.
  void NoteProgress(const Call& call, AsyncProgress progress);
  void Complete(const std::string& id, AsyncAnswer answer);

  // NOT_FOUND: unknown, expired, cancelled, or another client's.
  absl::StatusOr<AsyncStatus> Find(absl::string_view client_id, absl::string_view id) const;
  // Gives it up and forgets it.  NOT_FOUND as above.
  absl::Status Cancel(absl::string_view client_id, absl::string_view id);

 private:
  struct Entry {
    std::string client_id;
    const Call* call = nullptr;  // Compared, never followed.
    absl::Time touched;          // Opened or completed.
    uint64_t bytes = 0;          // Of the answer.
    std::function<void()> cancel;
    AsyncStatus status;
  };

  void DropExpired() HIE_REQUIRES(mutex_);
  // Whether one more entry of the client may be opened.
  bool HasRoom(absl::string_view client_id) const HIE_REQUIRES(mutex_);
  uint64_t Bytes() const HIE_REQUIRES(mutex_);

  const Clock* const clock_;
  RandomSource* const random_;
  const AsyncLimits limits_;
  mutable Mutex mutex_;
  absl::flat_hash_map<std::string, Entry> entries_ HIE_GUARDED_BY(mutex_);
};

}  // namespace hie::fhir
