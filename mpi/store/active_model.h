#pragma once

#include <deque>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "mpi/score/model.h"
#include "services/common/base/mutex.h"
#include "services/common/storage/kv_store.h"

namespace hie::mpi {

// Models that are kept parsed: the active one, and the one before for whoever reads an older state.
inline constexpr size_t kParsedModelsMax = 2;

// The model that a state scores with: the one that was activated last, else the shipped one.
//
// Thread-safe.
class ActiveModel {
 public:
  // `shipped` must outlive this.
  explicit ActiveModel(const Model& shipped) : shipped_(shipped) {}

  // Returns the model of a state.  DATA_LOSS: the stored model is missing or damaged.  Cost: a
  // point read; the first time after an activation the whole model is read, by one thread while
  // others wait.
  absl::StatusOr<std::shared_ptr<const Model>> In(const KvReader& state) const;

  // Returns a model by its hash; empty: the shipped one.  NOT_FOUND: not stored.  DATA_LOSS:
  // damaged.
  absl::StatusOr<std::shared_ptr<const Model>> WithHash(const KvReader& state,
                                                        const std::string& hash) const;

  // Returns the model that bears a name: the shipped one or a stored one.  NOT_FOUND: none does.
  // Cost: a scan of what is known of models.
  absl::StatusOr<std::shared_ptr<const Model>> Named(const KvReader& state,
                                                     absl::string_view name) const;

  const Model& shipped() const { return shipped_; }

 private:
  using Parsed = std::pair<std::string, std::shared_ptr<const Model>>;

  std::shared_ptr<const Model> Cached(const std::string& hash) const;

  const Model& shipped_;
  mutable Mutex loading_;  // Held while a model is parsed; taken before mutex_.
  mutable Mutex mutex_;
  mutable std::deque<Parsed> parsed_ HIE_GUARDED_BY(mutex_);  // Newest first.
};

}  // namespace hie::mpi
