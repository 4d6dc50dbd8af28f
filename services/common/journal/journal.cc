#include "services/common/journal/journal.h"

#include <optional>
#include <utility>

#include "services/common/base/mutex.h"

namespace hie {

absl::StatusOr<std::string> StateMachine::Prepare(absl::string_view, const KvReader&) const {
  return std::string();
}

absl::StatusOr<Applied> ProposeAndWait(Journal& journal, std::string command) {
  // Shared: the journal's thread may still be in NotifyOne when this one has the result.
  struct Answer {
    Mutex mutex;
    CondVar arrived;
    std::optional<absl::StatusOr<Applied>> result;
  };
  const auto answer = std::make_shared<Answer>();
  journal.Propose(std::move(command), [answer](absl::StatusOr<Applied> result) {
    MutexLock lock(answer->mutex);
    answer->result = std::move(result);
    answer->arrived.NotifyOne();
  });
  MutexLock lock(answer->mutex);
  answer->arrived.Wait(answer->mutex, [&] { return answer->result.has_value(); });
  return *std::move(answer->result);
}

}  // namespace hie
