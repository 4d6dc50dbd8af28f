#pragma once

#include "absl/status/statusor.h"
#include "hie/mpi/v1/mpi_state.pb.h"
#include "mpi/score/model.h"
#include "mpi/store/mpi_edit.h"

namespace hie::mpi {

// Merges records of one source; see MpiService.MergeRecords.
//
// The record that goes becomes a tombstone of the survivor's person.  The records of others that
// were linked to it are judged anew: their person and the survivor's become one if no veto and no
// cannot-link stands between them, and either a must-link with the merged record or a mean weight
// of Thresholds::merge speaks for it; else they stay behind under a fresh EID, with possible links
// to the tombstone, so that its denials bind and somebody looks.
//
// Where the reply holds an outcome that is neither MERGED nor REPEATED the changes in `edit` must
// be dropped: use MergeCommitted.
//
// FAILED_PRECONDITION: a cannot-link stands between the record and the survivor's person, or
// `identity-hold`.
absl::StatusOr<v1::MergeReply> ApplyMerge(MpiEdit& edit, const v1::MergeCommand& command,
                                          const Model& model);

// Tells whether every step was carried out.
bool MergeCommitted(const v1::MergeReply& reply);

}  // namespace hie::mpi
