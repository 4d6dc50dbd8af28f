// Comparing and scoring of pairs, as a run does it: packed records of generated people, in the
// order of blocking.  Not a test: it prints times, and asserts none.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <iostream>
#include <utility>
#include <vector>

#include "mpi/block/candidate_pairs.h"
#include "mpi/block/distinct_records.h"
#include "mpi/compare/agreement.h"
#include "mpi/compare/record_table.h"
#include "mpi/normalize/features.h"
#include "mpi/score/model.h"
#include "mpi/score/score.h"
#include "services/hiectl/region/people.h"

namespace hie::mpi {
namespace {

constexpr uint64_t kPeople = 20'000;

struct Candidates {
  RecordTable table;
  std::vector<std::pair<uint32_t, uint32_t>> pairs;
};

Candidates Generate() {
  Candidates candidates;
  region::PeopleOptions options;
  options.people = kPeople;
  const auto counts = region::GeneratePeople(options, [&](const region::GeneratedRecord& record) {
    candidates.table.Add(Normalize(record.demographics), 0);
  });
  if (!counts.ok()) std::cerr << counts.status().message() << "\n";
  const DistinctRecords distinct =
      FindDistinctRecords(candidates.table, DistinctRecords::Sources::kTogether);
  const CandidatePairs pairs(candidates.table, distinct, PairScope::kAll, 1);
  pairs.ForEach(1, [&](size_t, uint32_t a, uint32_t b) {
    candidates.pairs.emplace_back(distinct.first_row[a], distinct.first_row[b]);
  });
  return candidates;
}

const Candidates& SharedCandidates() {
  static const Candidates* const kCandidates = new Candidates(Generate());
  return *kCandidates;
}

// All fields of a region's records: 13 with a value in most.
void BM_CompareAndScore(benchmark::State& state) {
  const Candidates& candidates = SharedCandidates();
  const Model& model = DefaultModel();
  size_t next = static_cast<size_t>(state.thread_index()) * candidates.pairs.size() / 2;
  for (auto _ : state) {
    const auto [a, b] = candidates.pairs[next];
    const Agreement agreement = Compare(candidates.table.record(a), candidates.table.record(b));
    benchmark::DoNotOptimize(Score(agreement, model));
    next = next + 1 == candidates.pairs.size() ? 0 : next + 1;
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_CompareAndScore)->Threads(1)->Threads(2)->UseRealTime();

void BM_CompareOnly(benchmark::State& state) {
  const Candidates& candidates = SharedCandidates();
  size_t next = static_cast<size_t>(state.thread_index()) * candidates.pairs.size() / 2;
  for (auto _ : state) {
    const auto [a, b] = candidates.pairs[next];
    benchmark::DoNotOptimize(Compare(candidates.table.record(a), candidates.table.record(b)));
    next = next + 1 == candidates.pairs.size() ? 0 : next + 1;
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_CompareOnly)->Threads(1)->Threads(2)->UseRealTime();

}  // namespace
}  // namespace hie::mpi

BENCHMARK_MAIN();
