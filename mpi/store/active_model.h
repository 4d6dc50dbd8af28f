#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "mpi/score/model.h"
#include "services/common/storage/kv_store.h"

namespace hie::mpi {

// The model that a state scores with: the one that was activated last, else the shipped one.
//
// Thread-safe.
class ActiveModel {
 public:
  // `shipped` must outlive this.
  explicit ActiveModel(const Model& shipped) : shipped_(shipped) {}

  // Returns the model of a state.  DATA_LOSS: the stored model is missing or damaged.  Cost: a point
  // read; the first time after an activation the whole model is read.
  absl::StatusOr<std::shared_ptr<const Model>> In(const KvReader& state) const;

 private:
  const Model& shipped_;
};

}  // namespace hie::mpi
