#include "mpi/link/merge_rules.h"

namespace hie::mpi {

MergeVerdict DecideMerge(const MergePairState& pair) {
  if (!pair.one_domain) return MergeVerdict::kDomainsDiffer;
  if (pair.one_id) return MergeVerdict::kSameId;
  if (pair.subsumed == SubsumedState::kMergedHere) return MergeVerdict::kRepeat;
  if (pair.subsumed == SubsumedState::kMergedElsewhere) return MergeVerdict::kMergedElsewhere;
  if (pair.survivor == SurvivorState::kMergedAway) return MergeVerdict::kSurvivorSubsumed;
  const bool no_word = pair.survivor_word == SurvivorWord::kNothing;
  if (pair.survivor == SurvivorState::kUnknown && no_word) return MergeVerdict::kSurvivorUnknown;
  const bool refused = pair.unknown_subsumed == UnknownSubsumed::kRefused;
  if (pair.subsumed == SubsumedState::kUnknown && refused) return MergeVerdict::kSubsumedUnknown;
  return MergeVerdict::kMerge;
}

}  // namespace hie::mpi
