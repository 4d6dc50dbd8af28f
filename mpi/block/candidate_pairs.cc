#include "mpi/block/candidate_pairs.h"

#include <algorithm>
#include <atomic>
#include <mutex>

#include "mpi/block/parallel.h"

namespace hie::mpi {
namespace {

// Keys are sorted part by part: the memory of one part at a time and thread.
constexpr size_t kParts = 32;

size_t PartOf(uint64_t key) { return key >> 59; }

}  // namespace

CandidatePairs::CandidatePairs(const RecordTable& table, const DistinctRecords& records,
                               PairScope scope, size_t threads)
    : table_(table), records_(records), scope_(scope) {
  MakeKeys(threads);
  Refine(threads);
  DropHeaviest(threads);
}

uint64_t CandidatePairs::FirstForm(const BlockKey& key) const {
  const bool narrow =
      BreadthOf(key.type) == KeyBreadth::kVeryBroad && records_.size() > kVeryBroadTableMax;
  return narrow && key.refined != 0 ? key.refined : key.base;
}

void CandidatePairs::MakeKeys(size_t threads) {
  std::vector<std::vector<uint64_t>> parts(threads);
  offsets_.assign(records_.size() + 1, 0);
  ForRanges(threads, records_.size(), [&](size_t begin, size_t end, size_t thread) {
    std::vector<BlockKey> keys;
    for (size_t node = begin; node < end; ++node) {
      MakeBlockKeys(table_.record(records_.first_row[node]), keys);
      for (const BlockKey& key : keys) parts[thread].push_back(FirstForm(key));
      offsets_[node + 1] = keys.size();
      std::sort(parts[thread].end() - static_cast<std::ptrdiff_t>(keys.size()),
                parts[thread].end());
    }
  });
  for (size_t node = 0; node < records_.size(); ++node) offsets_[node + 1] += offsets_[node];
  keys_.reserve(offsets_.back());
  for (std::vector<uint64_t>& part : parts) {
    keys_.insert(keys_.end(), part.begin(), part.end());
    std::vector<uint64_t>().swap(part);
  }
}

std::vector<CandidatePairs::HeavyKey> CandidatePairs::FindHeavyKeys(size_t threads,
                                                                    size_t limit) const {
  std::vector<HeavyKey> heavy;
  std::mutex mutex;
  std::atomic<size_t> next{0};
  RunParallel(threads, [&](size_t) {
    std::vector<uint64_t> keys;
    for (size_t part = next++; part < kParts; part = next++) {
      keys.clear();
      for (const uint64_t key : keys_) {
        if (key != 0 && PartOf(key) == part) keys.push_back(key);
      }
      std::sort(keys.begin(), keys.end());
      for (size_t begin = 0, end = 0; begin < keys.size(); begin = end) {
        while (end < keys.size() && keys[end] == keys[begin]) ++end;
        if (end - begin <= limit) continue;
        const std::lock_guard<std::mutex> lock(mutex);
        heavy.push_back({keys[begin], end - begin});
      }
    }
  });
  std::sort(heavy.begin(), heavy.end(),
            [](const HeavyKey& a, const HeavyKey& b) { return a.key < b.key; });
  return heavy;
}

void CandidatePairs::Refine(size_t threads) {
  const std::vector<HeavyKey> heavy = FindHeavyKeys(threads, kBroadRecordsMax);
  if (heavy.empty()) return;
  const auto holders = [&](uint64_t key) -> uint64_t {
    const auto found =
        std::lower_bound(heavy.begin(), heavy.end(), key,
                         [](const HeavyKey& a, uint64_t wanted) { return a.key < wanted; });
    return found != heavy.end() && found->key == key ? found->records : 0;
  };
  const auto form = [&](const BlockKey& key) {
    const bool fine = BreadthOf(key.type) == KeyBreadth::kFine;
    const bool heavy = holders(key.base) > (fine ? kBlockRecordsMax : 0);
    // Who lacks what would narrow a key meets those who lack it too.
    return heavy && key.refined != 0 ? key.refined : FirstForm(key);
  };
  ForRanges(threads, records_.size(), [&](size_t begin, size_t end, size_t) {
    std::vector<BlockKey> made;
    for (size_t node = begin; node < end; ++node) {
      const auto from = keys_.begin() + static_cast<std::ptrdiff_t>(offsets_[node]);
      const auto to = keys_.begin() + static_cast<std::ptrdiff_t>(offsets_[node + 1]);
      if (std::none_of(from, to, [&](uint64_t key) { return holders(key) > 0; })) continue;
      MakeBlockKeys(table_.record(records_.first_row[node]), made);
      auto at = from;
      for (const BlockKey& key : made) *at++ = form(key);
      std::sort(from, to);
    }
  });
}

void CandidatePairs::DropHeaviest(size_t threads) {
  const std::vector<HeavyKey> heavy = FindHeavyKeys(threads, kRefinedRecordsMax);
  if (heavy.empty()) return;
  std::vector<bool> named(heavy.size(), false);
  for (uint32_t node = 0; node < records_.size(); ++node) {
    const auto from = keys_.begin() + static_cast<std::ptrdiff_t>(offsets_[node]);
    const auto to = keys_.begin() + static_cast<std::ptrdiff_t>(offsets_[node + 1]);
    for (auto key = from; key != to; ++key) {
      const auto found =
          std::lower_bound(heavy.begin(), heavy.end(), *key,
                           [](const HeavyKey& a, uint64_t wanted) { return a.key < wanted; });
      if (found == heavy.end() || found->key != *key) continue;
      const auto index = static_cast<size_t>(found - heavy.begin());
      if (!named[index])
        Degrade({TypeOf(*key, node), 1, found->records * (found->records - 1) / 2});
      named[index] = true;
      *key = 0;
    }
    std::sort(from, to);
  }
  std::sort(degraded_.begin(), degraded_.end(),
            [](const DegradedKey& a, const DegradedKey& b) { return a.type < b.type; });
}

void CandidatePairs::Degrade(const DegradedKey& key) {
  for (DegradedKey& known : degraded_) {
    if (known.type != key.type) continue;
    known.blocks += key.blocks;
    known.pairs_skipped += key.pairs_skipped;
    return;
  }
  degraded_.push_back(key);
}

std::vector<CandidatePairs::Filed> CandidatePairs::FiledIn(size_t part) const {
  std::vector<Filed> filed;
  for (uint32_t node = 0; node < records_.size(); ++node) {
    for (const uint64_t key : keys(node)) {
      if (key != 0 && PartOf(key) == part) filed.push_back({key, node});
    }
  }
  std::sort(filed.begin(), filed.end(), [](const Filed& a, const Filed& b) {
    return a.key != b.key ? a.key < b.key : a.node < b.node;
  });
  return filed;
}

void CandidatePairs::ForEach(size_t threads, const Visit& visit) const {
  std::atomic<size_t> next{0};
  RunParallel(threads, [&](size_t thread) {
    for (size_t part = next++; part < kParts; part = next++) {
      const std::vector<Filed> filed = FiledIn(part);
      for (size_t begin = 0, end = 0; begin < filed.size(); begin = end) {
        while (end < filed.size() && filed[end].key == filed[begin].key) ++end;
        for (size_t i = begin; i < end; ++i) {
          for (size_t j = i + 1; j < end; ++j) {
            VisitPair(filed[i].node, filed[j].node, filed[i].key, thread, visit);
          }
        }
      }
    }
  });
}

void CandidatePairs::VisitPair(uint32_t a, uint32_t b, uint64_t key, size_t thread,
                               const Visit& visit) const {
  if (scope_ == PairScope::kAcrossSources &&
      table_.source(records_.first_row[a]) == table_.source(records_.first_row[b])) {
    return;
  }
  // The pair belongs to the lowest key that both hold.
  const absl::Span<const uint64_t> x = keys(a);
  const absl::Span<const uint64_t> y = keys(b);
  for (size_t i = 0, j = 0; x[i] < key || y[j] < key;) {
    if (x[i] == y[j] && x[i] != 0) return;
    if (x[i] <= y[j]) {
      ++i;
    } else {
      ++j;
    }
  }
  visit(thread, a, b);
}

KeyType CandidatePairs::TypeOf(uint64_t key, uint32_t node) const {
  for (const BlockKey& made : MakeBlockKeys(table_.record(records_.first_row[node]))) {
    if (made.base == key || made.refined == key) return made.type;
  }
  return KeyType::kSsn;
}

}  // namespace hie::mpi
