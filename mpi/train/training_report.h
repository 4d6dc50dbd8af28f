#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace hie::mpi {

// What a training run found, for a person to judge.
struct TrainingReport {
  bool trained = false;
  uint64_t records = 0;
  uint64_t blocked_pairs = 0;
  uint64_t random_pairs = 0;  // That u was taken from.
  int iterations = 0;
  double expected_matches = 0;  // Pairs of one person, over all pairs.
  // Part of the matches that share at least one key, estimated by capture and recapture (Chao
  // 1987) over key types: no labels are needed.
  double expected_pair_recall = 0;
  // Why the fit is doubtful, in words; empty: nothing speaks against it.
  std::vector<std::string> warnings;
};

}  // namespace hie::mpi
