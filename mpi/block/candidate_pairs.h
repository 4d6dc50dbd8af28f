#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "absl/types/span.h"
#include "mpi/block/block_key.h"
#include "mpi/block/distinct_records.h"
#include "mpi/compare/record_table.h"

namespace hie::mpi {

// A key that more records hold is walked in its refined form; the same bound as the index's.
inline constexpr size_t kBlockRecordsMax = 200;
// The same of broad keys.
inline constexpr size_t kBroadRecordsMax = 60;
// Among more records than these, very broad keys are narrow from the start.
inline constexpr size_t kVeryBroadTableMax = 50'000;
// A refined block that is larger still is not compared: its records meet by their other keys.
inline constexpr size_t kRefinedRecordsMax = 1'000;

// Which pairs are looked at.
enum class PairScope {
  kAll,
  kAcrossSources,  // Records of different inputs only.
};

// A key type of which blocks were not compared: what a person shares with too many says nothing,
// but who shares nothing else is not found.
struct DegradedKey {
  KeyType type = KeyType::kSsn;
  uint64_t blocks = 0;
  uint64_t pairs_skipped = 0;
};

// The pairs of records that share a key, each once.
//
// Memory: eight bytes per key of a record, about 16 keys each.  Read from any number of threads.
class CandidatePairs {
 public:
  // Borrows `table` and `records`.  Cost: MakeBlockKeys of each record, twice for holders of heavy
  // keys; sorts of all keys, part by part.
  CandidatePairs(const RecordTable& table, const DistinctRecords& records, PairScope scope,
                 size_t threads);

  // Calls `visit(thread, a, b)`, a < b, for every pair of nodes that share a key, once each, from
  // `threads` threads; in no promised order.
  using Visit = std::function<void(size_t thread, uint32_t a, uint32_t b)>;
  void ForEach(size_t threads, const Visit& visit) const;

  // Sorted by type; empty where every key was walked.
  const std::vector<DegradedKey>& degraded() const { return degraded_; }

  // The keys of a node, sorted; a key that refinement left nothing of is 0.
  absl::Span<const uint64_t> keys(uint32_t node) const {
    return {keys_.data() + offsets_[node],
            static_cast<size_t>(offsets_[node + 1] - offsets_[node])};
  }

 private:
  struct Filed {
    uint64_t key;
    uint32_t node;
  };

  uint64_t FirstForm(const BlockKey& key) const;
  void MakeKeys(size_t threads);
  struct HeavyKey {
    uint64_t key;
    uint64_t records;
  };
  std::vector<HeavyKey> FindHeavyKeys(size_t threads, size_t limit) const;
  void Refine(size_t threads);
  void DropHeaviest(size_t threads);
  std::vector<Filed> FiledIn(size_t part) const;
  void VisitPair(uint32_t a, uint32_t b, uint64_t key, size_t thread, const Visit& visit) const;
  KeyType TypeOf(uint64_t key, uint32_t node) const;
  void Degrade(const DegradedKey& key);

  const RecordTable& table_;
  const DistinctRecords& records_;
  const PairScope scope_;
  std::vector<uint64_t> offsets_;
  std::vector<uint64_t> keys_;
  std::vector<DegradedKey> degraded_;
};

}  // namespace hie::mpi
