#include "mpi/block/candidate_pairs.h"

#include <gtest/gtest.h>

#include <map>
#include <mutex>
#include <random>
#include <set>
#include <string>

namespace hie::mpi {
namespace {

constexpr uint64_t kSeed = 77'001;

using Pair = std::pair<uint32_t, uint32_t>;

// Few names and dates, so that keys of all sizes occur.
Features RandomPerson(std::mt19937_64& random, uint32_t families) {
  const auto below = [&](uint32_t count) { return static_cast<uint32_t>(random() % count); };
  const auto letters = [&](uint32_t count) {
    std::string text;
    for (uint32_t number = below(count) + 1; number > 0; number /= 5) {
      text += "baflorsinm"[number % 5 * 2];
      text += "aeiou"[number % 5];
    }
    return text + "n";
  };
  Features f;
  f.names = {{{letters(families)}, letters(40), {}, Generation::kNone, false, false}};
  if (below(5) != 0) {
    f.birth_date = CivilDate{1950 + static_cast<int>(below(3)), 1 + static_cast<int>(below(3)),
                             1 + static_cast<int>(below(5))};
  }
  if (below(3) != 0) {
    f.addresses = {
        {std::to_string(below(90)), letters(30), "", "4890" + std::to_string(below(4)), "lansing"}};
  }
  if (below(4) == 0) f.phones = {"+1906389" + std::to_string(1000 + below(400))};
  if (below(6) == 0) f.ssns = {"6576803" + std::to_string(10 + below(80))};
  return f;
}

RecordTable RandomTable(uint64_t seed, uint32_t rows, uint32_t families) {
  std::mt19937_64 random(seed);
  RecordTable table;
  for (uint32_t i = 0; i < rows; ++i) {
    const Features person = RandomPerson(random, families);
    table.Add(person, random() % 3 == 0 ? 1 : 0);
  }
  return table;
}

// The pairs, each of which must be visited once.
std::set<Pair> Visited(const CandidatePairs& pairs, size_t threads) {
  std::mutex mutex;
  std::set<Pair> visited;
  pairs.ForEach(threads, [&](size_t thread, uint32_t a, uint32_t b) {
    const std::lock_guard<std::mutex> lock(mutex);
    EXPECT_LT(thread, threads);
    EXPECT_LT(a, b);
    EXPECT_TRUE(visited.emplace(a, b).second) << a << " " << b << " came twice";
  });
  return visited;
}

// Oracle: every key of every record in a map, refined by the rules of the header.
class NaivePairs {
 public:
  NaivePairs(const RecordTable& table, const DistinctRecords& records, PairScope scope)
      : table_(table), records_(records) {
    for (uint32_t node = 0; node < records.size(); ++node) {
      keys_.push_back(MakeBlockKeys(table.record(records.first_row[node])));
    }
    const bool large = records.size() > kVeryBroadTableMax;
    const auto first = [&](const BlockKey& key) {
      const bool narrow =
          large && BreadthOf(key.type) == KeyBreadth::kVeryBroad && key.refined != 0;
      return narrow ? key.refined : key.base;
    };
    std::map<uint64_t, uint64_t> holders;
    for (const auto& keys : keys_) {
      for (const BlockKey& key : keys) ++holders[first(key)];
    }
    for (uint32_t node = 0; node < records.size(); ++node) {
      for (const BlockKey& key : keys_[node]) {
        const size_t most =
            BreadthOf(key.type) == KeyBreadth::kFine ? kBlockRecordsMax : kBroadRecordsMax;
        // Who lacks what would narrow the key stays with those who lack it too.
        const bool heavy = key.refined != 0 && first(key) == key.base && holders[key.base] > most;
        refined_ += heavy ? 1 : 0;
        const uint64_t used = heavy ? key.refined : first(key);
        if (used != 0) blocks_[used].emplace(node, key.type);
      }
    }
    for (const auto& [key, block] : blocks_) Walk(block, scope);
  }

  const std::set<Pair>& pairs() const { return pairs_; }
  const std::map<KeyType, DegradedKey>& degraded() const { return degraded_; }
  uint64_t refined() const { return refined_; }

 private:
  void Walk(const std::map<uint32_t, KeyType>& block, PairScope scope) {
    if (block.size() > kRefinedRecordsMax) {
      DegradedKey& degraded = degraded_[block.begin()->second];
      degraded.type = block.begin()->second;
      ++degraded.blocks;
      degraded.pairs_skipped += block.size() * (block.size() - 1) / 2;
      return;
    }
    for (auto a = block.begin(); a != block.end(); ++a) {
      for (auto b = std::next(a); b != block.end(); ++b) {
        const bool same = Source(a->first) == Source(b->first);
        if (scope == PairScope::kAcrossSources && same) continue;
        pairs_.emplace(a->first, b->first);
      }
    }
  }
  uint8_t Source(uint32_t node) const { return table_.source(records_.first_row[node]); }

  const RecordTable& table_;
  const DistinctRecords& records_;
  std::vector<std::vector<BlockKey>> keys_;
  std::map<uint64_t, std::map<uint32_t, KeyType>> blocks_;
  std::set<Pair> pairs_;
  std::map<KeyType, DegradedKey> degraded_;
  uint64_t refined_ = 0;
};

// Returns how many keys were refined.
uint64_t ExpectLikeOracle(RecordTable& table, PairScope scope) {
  const auto sources = scope == PairScope::kAll ? DistinctRecords::Sources::kTogether
                                                : DistinctRecords::Sources::kApart;
  const DistinctRecords records = FindDistinctRecords(table, sources);
  const NaivePairs naive(table, records, scope);
  for (const size_t threads : {size_t{1}, size_t{3}}) {
    const CandidatePairs pairs(table, records, scope, threads);
    EXPECT_EQ(Visited(pairs, threads), naive.pairs()) << threads << " threads";
    EXPECT_EQ(pairs.degraded().size(), naive.degraded().size());
    for (const DegradedKey& key : pairs.degraded()) {
      const auto expected = naive.degraded().find(key.type);
      if (expected == naive.degraded().end()) {
        ADD_FAILURE() << KeyTypeName(key.type);
        continue;
      }
      EXPECT_EQ(key.blocks, expected->second.blocks);
      EXPECT_EQ(key.pairs_skipped, expected->second.pairs_skipped);
    }
  }
  return naive.refined();
}

TEST(CandidatePairsTest, AreAllThatShareAKey) {
  for (uint64_t seed = kSeed; seed < kSeed + 20; ++seed) {
    SCOPED_TRACE(seed);
    RecordTable table = RandomTable(seed, 10 + static_cast<uint32_t>(seed % 7) * 40, 60);
    ExpectLikeOracle(table, PairScope::kAll);
    ExpectLikeOracle(table, PairScope::kAcrossSources);
  }
}

TEST(CandidatePairsTest, HeavyKeysAreRefined) {
  for (const uint32_t families : {2u, 5u}) {
    SCOPED_TRACE(families);
    RecordTable table = RandomTable(kSeed, 1'500, families);
    EXPECT_GT(ExpectLikeOracle(table, PairScope::kAll), 1'000u);
    EXPECT_GT(ExpectLikeOracle(table, PairScope::kAcrossSources), 1'000u);
  }
}

// So many people of one name in one place that no refinement is enough.
RecordTable Crowd(uint32_t people) {
  RecordTable table;
  for (uint32_t i = 0; i < people; ++i) {
    Features f;
    f.names = {{{"smith"}, "john", {}, Generation::kNone, false, false}};
    f.addresses = {{"", "", "", "48909", "lansing"}};
    f.phones = {"+1906" + std::to_string(3'890'000 + i)};
    table.Add(f, 0);
  }
  return table;
}

TEST(CandidatePairsTest, ABlockThatIsLargeStillIsNamedAndCounted) {
  RecordTable table = Crowd(static_cast<uint32_t>(kRefinedRecordsMax) + 200);
  ExpectLikeOracle(table, PairScope::kAll);
  const DistinctRecords records = FindDistinctRecords(table, DistinctRecords::Sources::kTogether);
  const CandidatePairs pairs(table, records, PairScope::kAll, 2);
  ASSERT_FALSE(pairs.degraded().empty());
  for (const DegradedKey& key : pairs.degraded()) {
    EXPECT_EQ(key.pairs_skipped, key.blocks * (1'200 * 1'199 / 2)) << KeyTypeName(key.type);
  }
  EXPECT_TRUE(Visited(pairs, 2).empty());
}

TEST(CandidatePairsTest, ABlockWithinTheBoundIsWalked) {
  RecordTable table = Crowd(static_cast<uint32_t>(kRefinedRecordsMax));
  const DistinctRecords records = FindDistinctRecords(table, DistinctRecords::Sources::kTogether);
  const CandidatePairs pairs(table, records, PairScope::kAll, 2);
  EXPECT_TRUE(pairs.degraded().empty());
  EXPECT_EQ(Visited(pairs, 2).size(), kRefinedRecordsMax * (kRefinedRecordsMax - 1) / 2);
}

TEST(CandidatePairsTest, VeryBroadKeysAreNarrowFromTheStartInALargeTable) {
  std::mt19937_64 random(kSeed);
  RecordTable table;
  for (uint32_t i = 0; i < kVeryBroadTableMax + 2'000; ++i) {
    Features f;
    std::string name;
    for (int letter = 0; letter < 7; ++letter) name += static_cast<char>('a' + random() % 26);
    f.names = {{{name}, name.substr(3) + name.substr(0, 3), {}, Generation::kNone, false, false}};
    f.birth_date =
        CivilDate{1900 + static_cast<int>(random() % 120), 1 + static_cast<int>(random() % 12),
                  1 + static_cast<int>(random() % 28)};
    f.addresses = {{"", "", "", std::to_string(10'000 + random() % 80'000), ""}};
    table.Add(f, 0);
  }
  ExpectLikeOracle(table, PairScope::kAll);
}

// Pairs by what the records hold.
std::set<std::pair<std::string, std::string>> Contents(RecordTable& table, size_t threads) {
  const DistinctRecords records = FindDistinctRecords(table, DistinctRecords::Sources::kTogether);
  const CandidatePairs pairs(table, records, PairScope::kAll, threads);
  std::set<std::pair<std::string, std::string>> contents;
  for (const auto& [a, b] : Visited(pairs, threads)) {
    contents.emplace(table.record(records.first_row[a]).bytes(),
                     table.record(records.first_row[b]).bytes());
  }
  return contents;
}

TEST(CandidatePairsTest, TheOrderOfRowsDoesNotMatter) {
  SCOPED_TRACE(kSeed);
  std::mt19937_64 random(kSeed);
  std::vector<Features> people;
  for (int i = 0; i < 400; ++i) people.push_back(RandomPerson(random, 60));
  RecordTable table;
  for (const Features& person : people) table.Add(person, 0);
  std::shuffle(people.begin(), people.end(), random);
  RecordTable shuffled;
  for (const Features& person : people) shuffled.Add(person, 0);
  EXPECT_EQ(Contents(table, 1), Contents(shuffled, 3));
}

TEST(FindDistinctRecordsTest, EqualRowsAreOneNode) {
  SCOPED_TRACE(kSeed);
  std::mt19937_64 random(kSeed);
  std::vector<Features> people;
  for (int i = 0; i < 50; ++i) people.push_back(RandomPerson(random, 60));
  for (const auto sources :
       {DistinctRecords::Sources::kTogether, DistinctRecords::Sources::kApart}) {
    RecordTable table;
    std::map<std::pair<std::string, uint8_t>, std::vector<uint32_t>> rows;
    for (uint32_t row = 0; row < 500; ++row) {
      const Features& person = people[random() % people.size()];
      const auto source = static_cast<uint8_t>(random() % 2);
      table.Add(person, source);
      const uint8_t told = sources == DistinctRecords::Sources::kApart ? source : uint8_t{0};
      rows[{Pack(person), told}].push_back(row);
    }
    const DistinctRecords records = FindDistinctRecords(table, sources);
    ASSERT_EQ(records.size(), rows.size());
    for (const auto& [content, held] : rows) {
      const uint32_t node = records.node_of_row[held.front()];
      EXPECT_EQ(records.first_row[node], held.front());
      EXPECT_EQ(records.copies[node], held.size());
      for (const uint32_t row : held) EXPECT_EQ(records.node_of_row[row], node);
    }
  }
}

TEST(CandidatePairsTest, NothingComesOfNothing) {
  RecordTable table;
  table.Add(Features(), 0);
  table.Add(Features(), 0);
  ExpectLikeOracle(table, PairScope::kAll);
  RecordTable none;
  const DistinctRecords records = FindDistinctRecords(none, DistinctRecords::Sources::kTogether);
  const CandidatePairs pairs(none, records, PairScope::kAll, 3);
  EXPECT_TRUE(Visited(pairs, 3).empty());
}

}  // namespace
}  // namespace hie::mpi
