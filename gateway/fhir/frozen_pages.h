#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/common/base/clock.h"
#include "services/common/base/mutex.h"
#include "services/common/base/random_source.h"

namespace hie::fhir {

inline constexpr size_t kCursorBytesMax = 512;
inline constexpr absl::Duration kFrozenTime = absl::Hours(1);
inline constexpr size_t kFrozenSetsMax = 20'000;
inline constexpr size_t kFrozenIdsMax = 10'000;  // Of one set.
inline constexpr size_t kFrozenIdsOfAllMax = 1'000'000;

// What a page is of.
struct FrozenPage {
  std::string subject;  // What the interaction needs to ask again: an EID, in its own form.
  std::vector<std::string> ids;  // Of this page, in order.
  uint64_t total = 0;            // Of the whole set.
  std::string next;              // Cursor of the page behind; empty: the last.
};

// Answers that are read page by page: the ids and their order, frozen when the first page was made.
//
// Content is not kept: a later page asks the exchange again for exactly these ids, so that consent
// holds at the moment it is read, and what is withheld by then is missing from it.  A cursor is
// opaque, signed (HMAC-SHA-256 with a key of this process), bound to client and query, < 512 bytes.
// Bounded: the oldest set goes first.  Thread-safe.
class FrozenPages {
 public:
  FrozenPages(const Clock* clock, RandomSource* random);

  // Freezes an answer, of which the first kFrozenIdsMax ids are kept; returns the cursor of the
  // second page, empty where one page is enough. `binding` names client and query.
  std::string Freeze(absl::string_view binding, std::string subject, std::vector<std::string> ids,
                     size_t page_size);

  // INVALID_ARGUMENT (400): not a cursor of ours, or another client's or query's.  NOT_FOUND (410):
  // expired.
  absl::StatusOr<FrozenPage> Open(absl::string_view binding, absl::string_view cursor) const;

 private:
  struct Set {
    std::string subject;
    std::vector<std::string> ids;
    size_t page_size = 0;
    absl::Time made;
  };
  std::string Cursor(absl::string_view binding, absl::string_view handle, uint32_t page) const;

  const Clock* const clock_;
  const std::string key_;
  RandomSource* const random_;
  mutable Mutex mutex_;
  absl::flat_hash_map<std::string, std::shared_ptr<const Set>> sets_ HIE_GUARDED_BY(mutex_);
  std::deque<std::string> by_age_ HIE_GUARDED_BY(mutex_);  // Handles, oldest first.
  size_t ids_ HIE_GUARDED_BY(mutex_) = 0;                  // Of all sets.
};

}  // namespace hie::fhir
