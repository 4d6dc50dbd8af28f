#pragma once

#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "hie/mpi/v1/mpi_state.pb.h"
#include "services/common/base/mutex.h"
#include "services/common/storage/kv_store.h"

namespace hie::mpi {

// Commands whose changes are remembered: more than can wait in a journal and be under way.
inline constexpr size_t kWindowCommandsMax = 20'000;

// The fingerprints by which a plan watches what it read.
//
// A key that was walked in whole: moved by every record that is filed under it or leaves it.
uint64_t WatchedKey(uint64_t base);
// A key of which the narrow form was walked: moved by what is filed or leaves there.
uint64_t WatchedNarrowKey(uint64_t base, uint16_t refinement);
// That such a key is too common to be walked in whole: moved by every record that leaves it.
uint64_t WatchedHeavyKey(uint64_t base);
// A person: who belongs to it, and what these records say.
uint64_t WatchedPerson(absl::string_view person_key);

// What the last commands changed of that which matching reads: blocking keys and persons, each with
// the sequence of its last change.
//
// Lets Apply tell in memory whether a plan is still true.  It is no state: a plan older than what
// is remembered is not believed, so that a new process gives the same results.  Thread-safe.
class ChangeWindow {
 public:
  // Remembers the changes of a command that was applied.  Sequences rise.
  void Note(uint64_t sequence, const WriteBatch& changes);

  // Tells whether nothing that the plan read was changed since.
  bool Unchanged(const v1::MatchPlan& plan) const;

  // How often Unchanged said yes, and no.
  struct Answers {
    uint64_t unchanged = 0;
    uint64_t changed = 0;
  };
  Answers answers() const;

 private:
  void Forget() HIE_REQUIRES(mutex_);
  bool IsUnchanged(const v1::MatchPlan& plan) const HIE_REQUIRES(mutex_);

  mutable Mutex mutex_;
  mutable Answers answers_ HIE_GUARDED_BY(mutex_);
  bool any_ HIE_GUARDED_BY(mutex_) = false;
  // Every change of a later sequence is remembered.
  uint64_t complete_after_ HIE_GUARDED_BY(mutex_) = 0;
  absl::flat_hash_map<uint64_t, uint64_t> changed_ HIE_GUARDED_BY(mutex_);
  std::deque<std::pair<uint64_t, std::vector<uint64_t>>> commands_ HIE_GUARDED_BY(mutex_);
};

}  // namespace hie::mpi
