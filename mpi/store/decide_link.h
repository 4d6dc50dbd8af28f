#pragma once

#include "absl/status/statusor.h"
#include "hie/mpi/v1/mpi_state.pb.h"
#include "mpi/score/model.h"
#include "mpi/store/mpi_edit.h"

namespace hie::mpi {

// Two persons must agree before two persons of which the smaller holds so many records become one.
inline constexpr size_t kTwoPersonRecordsMin = 8;

// How many people stand behind a decision.
enum class DecidedBy { kOnePerson, kTwoPersons };

// Tells whether two persons must agree before the two records' persons become one.
absl::StatusOr<bool> NeedsTwoPersons(const MpiReader& reader, RecordNumber a, RecordNumber b);

// Tells whether both records are of holders of one id.  That they contradict each other is why a
// steward is asked: no veto binds their decision.
bool SameHolder(const v1::Record& a, const v1::Record& b);

// Names the first veto between the records of two persons, for FAILED_PRECONDITION; OK: none.
// Vetoes bind people too: what contradicts is mended at its source first.
absl::Status CheckVetoesBetween(const MpiReader& reader, const v1::PersonRow& a,
                                const v1::PersonRow& b, const Model& model);

// Decides a pair; see MpiService.DecideLink.  The same decision again changes nothing.
//
// Also ends a hold: a decision between a provisional incarnation and the holder before it says
// whether the id has a new holder.
//
// A registrar only confirms that two records are one person's, and never against a steward's
// decision or over a hold; a steward who says the same makes the decision their own.
//
// NOT_FOUND: a record is unknown.  INVALID_ARGUMENT: one record twice, or a registrar who parts.
// ABORTED: a record has moved on from the version that was looked at.  FAILED_PRECONDITION: a
// record was merged away or removed (but for two holders of one id, to end a hold), other decisions
// or vetoes stand against it, so much would become one that two persons must agree
// (NeedsTwoPersons: by a task), or `identity-hold` where a provisional record is paired with anyone
// else.
absl::StatusOr<v1::DecideReply> ApplyDecide(MpiEdit& edit, const v1::DecideCommand& command,
                                            DecidedBy by, const Model& model);

// Refuses a decision past the review queue: FAILED_PRECONDITION where an open task about the two
// records has an answer already or is disputed, for it waits for another person there.
absl::Status CheckNotUnderReview(const MpiReader& reader, const v1::DecideCommand& command);

}  // namespace hie::mpi
