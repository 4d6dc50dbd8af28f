#pragma once

#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "hie/mpi/v1/mpi_state.pb.h"
#include "mpi/compare/agreement.h"
#include "mpi/score/model.h"
#include "mpi/store/mpi_edit.h"

// Why matching linked a record: kept with the link, so that it can be told and replayed when the
// records and the model have moved on.
namespace hie::mpi {

// Makes the row for `record`, which is linked on the strength of `other`: how far they agree, what
// that is worth under `model`, which keys both were filed under.
v1::ExplanationRow MakeExplanation(const PackedView& record, const PackedView& other,
                                   const Model& model);

// Keeps it with the link that this command makes.  Both records stand in the index.
absl::Status KeepExplanation(MpiEdit& edit, RecordNumber record, RecordNumber other,
                             const Model& model);

// The agreement that a row holds.  DATA_LOSS: the row is damaged.
absl::StatusOr<Agreement> AgreementOf(const v1::ExplanationRow& row);

// Tells whether `model` gives the very weights and vetoes that the row holds.
absl::StatusOr<bool> Replays(const v1::ExplanationRow& row, const Model& model);

// Names of the keys that both records were filed under.
std::vector<absl::string_view> KeyNamesOf(const v1::ExplanationRow& row);

}  // namespace hie::mpi
