#pragma once

#include <cstdint>
#include <functional>

#include "absl/status/statusor.h"
#include "hie/mpi/v1/model.pb.h"
#include "mpi/score/model.h"
#include "mpi/service/train_model_sample.h"
#include "services/common/storage/kv_store.h"

namespace hie::mpi {

// Findings that are told where the request does not say.
inline constexpr uint32_t kFindingsMax = 1'000;

// Checks a whole state, the review queue's tables too (invariants.h, review_task_check.h), and
// tells the first findings one by one; all are counted.  Findings name the record and the person
// that show them, and nothing that a member said of the patient.
//
// CANCELLED: `watch` said so.  DATA_LOSS: a row cannot be read.
absl::StatusOr<v1::ScrubResult> ScrubIndex(
    const KvReader& state, const Model& model, const v1::ScrubRun& run, const RunWatch& watch,
    const std::function<void(const v1::ScrubFinding&)>& on_finding);

}  // namespace hie::mpi
