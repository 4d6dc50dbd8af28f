#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "hie/mpi/v1/load_service.pb.h"
#include "mpi/service/load_commands.h"
#include "services/common/base/mutex.h"
#include "services/common/journal/journal.h"
#include "services/common/rpc/server.h"
#include "services/common/rpc/worker_pool.h"

namespace hie::mpi {

// Lines of one stream that may wait for their answer, and lines of one message.
inline constexpr uint32_t kLoadWindowLines = 512;
inline constexpr int kLoadMessageLinesMax = 100;

// What the streams of loads share.  Outlives them.
struct LoadServices {
  Journal* journal = nullptr;
  rpc::WorkerPool* pool = nullptr;
  int threads = 1;              // Of the pool: a stream keeps no more of them busy.
  std::atomic<int> streams{0};  // Open.
};

// One stream of a bulk load: prepares lines on the pool in any order, proposes them in theirs, and
// answers each when it is durable.  Thread-safe; owned by whoever works for it.
class LoadStream : public std::enable_shared_from_this<LoadStream> {
 public:
  using Writer = rpc::ServerWriter<v1::LoadRecordsResponse>;

  // Counts itself in `services`, which must outlive it.
  LoadStream(LoadServices& services, Writer writer);
  ~LoadStream();
  LoadStream(const LoadStream&) = delete;
  LoadStream& operator=(const LoadStream&) = delete;

  // Takes the next message; null: no more come.  Does not block.
  void Receive(const v1::LoadRecordsRequest* request);
  // The other side is gone: what was not proposed yet never will be.
  void Abandon();
  // Ends the stream with `status`, unless it has ended.
  void Fail(const absl::Status& status);

 private:
  enum class Phase { kNew, kBeginning, kOpen, kEnding, kEnded };
  // A line that waits for its place.
  struct Slot {
    v1::LoadLine line;    // Until it is prepared.
    std::string command;  // Then.
    std::string plan;
    bool ready = false;
    bool ends = false;  // The end of the load, no line.
  };

  void Begin(const v1::BeginLoad& begin);
  void Add(const v1::LoadLines& lines);
  void End(const v1::EndLoad& end);
  // INVALID_ARGUMENT, RESOURCE_EXHAUSTED: the lines may not be added now.
  absl::Status CheckLines(const v1::LoadLines& lines) const HIE_REQUIRES(mutex_);
  // Prepares lines for a while; several threads do.
  void PrepareLines();
  // Prepares one; false: there is none.
  bool PrepareLine();
  // Proposes what is ready, in order; one thread at a time does.
  void ProposeLines();
  void Propose(Slot slot);
  void OnBegan(const absl::StatusOr<Applied>& applied);
  void OnApplied(uint64_t line, const absl::StatusOr<Applied>& applied);
  void OnEnded(const absl::StatusOr<Applied>& applied);
  // Sends what is to be said, one message at a time.
  void Send();
  std::optional<v1::LoadRecordsResponse> NextMessage() HIE_REQUIRES(mutex_);

  LoadServices& services_;
  const Writer writer_;

  Mutex mutex_;
  Phase phase_ HIE_GUARDED_BY(mutex_) = Phase::kNew;
  LoadName load_ HIE_GUARDED_BY(mutex_);  // Constant once lines are taken.
  bool over_ HIE_GUARDED_BY(mutex_) = false;
  bool half_closed_ HIE_GUARDED_BY(mutex_) = false;
  std::deque<std::shared_ptr<Slot>> slots_ HIE_GUARDED_BY(mutex_);    // In the order of lines.
  std::deque<std::shared_ptr<Slot>> unready_ HIE_GUARDED_BY(mutex_);  // Nobody prepares them yet.
  int preparing_ HIE_GUARDED_BY(mutex_) = 0;                          // Threads that do.
  bool proposing_ HIE_GUARDED_BY(mutex_) = false;
  uint64_t last_line_ HIE_GUARDED_BY(mutex_) = 0;   // Taken; 0: none.
  uint32_t unanswered_ HIE_GUARDED_BY(mutex_) = 0;  // Lines taken and not answered.
  std::optional<v1::LoadBegan> began_ HIE_GUARDED_BY(mutex_);
  v1::LoadProgress progress_ HIE_GUARDED_BY(mutex_);
  std::optional<v1::LoadEnded> ended_ HIE_GUARDED_BY(mutex_);
  bool sending_ HIE_GUARDED_BY(mutex_) = false;
  bool finished_ HIE_GUARDED_BY(mutex_) = false;
};

}  // namespace hie::mpi
