#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "mpi/score/model.h"
#include "services/hiectl/matching/link_score.h"
#include "tests/bench/mpi/arrival_orders_sets.h"

// One set linked as a file, and registered record by record.
namespace hie::bench {

// What a run over the whole set gives.
struct OfflineResult {
  mpi::Model model;  // Fitted to the set, without labels.
  ctl::matching::PairCounts pairs;
  std::vector<uint32_t> cluster;  // Of each record.
  size_t tasks = 0;
};

// Links all records at once, with the shipped model fitted to them.
absl::StatusOr<OfflineResult> LinkOffline(const LabelledSet& set);

// What one order of arrival gives.
struct ArrivalResult {
  ctl::matching::PairCounts pairs;
  ctl::matching::PairCounts against_offline;  // The offline clusters taken for the truth.
  size_t ids_changed = 0;     // EIDs that were given out and name no person any more.
  size_t possible_links = 0;  // Open at the end.
};

// A seeded order of `count` records; the same on every machine.
std::vector<uint32_t> ArrivalOrder(size_t count, uint64_t seed);

// Registers the records in `order` at an empty index in memory that scores with `model`.
absl::StatusOr<ArrivalResult> RegisterInOrder(const LabelledSet& set, const mpi::Model& model,
                                              const std::vector<uint32_t>& order,
                                              const std::vector<uint32_t>& offline);

}  // namespace hie::bench
