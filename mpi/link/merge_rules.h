#pragma once

namespace hie::mpi {

// How one merge of two ids of a source ends (A40, ITI-104 replaced-by).
enum class MergeVerdict {
  kMerge,             // Merge.
  kRepeat,            // Merged into this very survivor before: no effect.
  kSameId,            // Both ids are the same.
  kSubsumedUnknown,   // No tombstone is wanted.
  kSurvivorUnknown,   // No demographics came with it.
  kMergedElsewhere,   // The subsumed id was merged into another one before.
  kSurvivorSubsumed,  // The survivor was itself merged away: no cycles, no guesses.
  kDomainsDiffer,     // Two ids of different domains.
};

// What the index holds of the id that goes.
enum class SubsumedState {
  kUnknown,
  kStands,           // Holds a record; a removed one too.
  kMergedHere,       // Merged into this very survivor.
  kMergedElsewhere,  // Merged into another id.
};

// What the index holds of the id that stays.
enum class SurvivorState {
  kUnknown,  // Nothing, or a record that its source removed: it is not made anew by a merge.
  kStands,
  kMergedAway,
};

// What an unknown id that goes becomes.
enum class UnknownSubsumed { kRefused, kTombstone };

// What came with an id that stays and is unknown.
enum class SurvivorWord { kNothing, kDemographics };

// One pair, as the index sees it.
struct MergePairState {
  bool one_domain = true;
  bool one_id = false;
  SubsumedState subsumed = SubsumedState::kStands;
  SurvivorState survivor = SurvivorState::kStands;
  UnknownSubsumed unknown_subsumed = UnknownSubsumed::kRefused;
  SurvivorWord survivor_word = SurvivorWord::kNothing;
};

// Decides one pair.  Total.  A repetition comes before every other refusal but those of the ids
// themselves: an old message that is sent again must not fail because of what came later.
//
// Source: HL7 v2.5.1 3.6.2.1, IHE ITI-8 and ITI-104; unknown subsumed ids as the operator wants.
MergeVerdict DecideMerge(const MergePairState& pair);

}  // namespace hie::mpi
