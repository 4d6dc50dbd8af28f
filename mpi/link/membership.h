#pragma once

#include <optional>

#include "mpi/compare/agreement.h"
#include "mpi/link/link_plan.h"
#include "mpi/normalize/features.h"

namespace hie::mpi {

// Whether a record stays with its person after an update.
enum class Membership {
  kStays,
  kDoubtful,  // It would not be linked again, but it does not contradict: to be looked at.
  kLeaves,    // It contradicts the others and nobody decided that it belongs.
  kContradictsDecision,  // It contradicts the others, but somebody decided: a person must look.
};

// Where a link comes from.
enum class LinkOrigin { kMatched, kDecided };

// Judges a record against the other records of its own person (nothing: it is alone), by the rules
// that link it (group_evidence.h).
//
// It leaves only where the mean falls Thresholds::unlink below the review range, so that links do
// not flicker, the pairs do not support it, and not even one of the others is as near as a link.
// Vetoes and conflicts (a first name that is lacking, a second SSN) are for people to judge: a
// record in doubt stays.
Membership JudgeMembership(const std::optional<PersonScore>& others, LinkOrigin origin,
                           const Model& model);

// Who an update speaks of.
enum class Holder {
  kSame,
  kSuspectedNew,  // An overlay: the id may have a new holder.
};

// Judges an update against one earlier version of the same record.
//
// Suspected: the weight is below review range and two independent fields contradict (PRACTICE 1).
// A newborn who is being named is never suspected, nor is an unknown patient who is being
// identified, unless the sex differs.
Holder JudgeUpdate(const Features& before, const Features& after, const Model& model);

}  // namespace hie::mpi
