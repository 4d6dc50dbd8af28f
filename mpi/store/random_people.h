#pragma once

#include <cstdint>
#include <random>
#include <string>

#include "hie/common/v1/patient.pb.h"
#include "hie/mpi/v1/mpi_state.pb.h"

namespace hie::mpi {

// What RandomPeople may command.
enum class Repertoire {
  kLinks,    // Registrations, decisions, merges, unmerges and removals.
  kReviews,  // Also undos, which name events by sequences from 1, and tasks.
};

// Random commands over few people, so that everything collides: for tests.
//
// Deterministic by seed on one standard library.
class RandomPeople {
 public:
  explicit RandomPeople(uint64_t seed, Repertoire repertoire = Repertoire::kLinks)
      : random_(seed), repertoire_(repertoire) {}

  // A command about one of a few dozen records.
  v1::MpiCommand Command();

  uint64_t Below(uint64_t limit) { return random_() % limit; }

 private:
  common::v1::LocalPatient Key(uint64_t who);
  void FillRegister(v1::RegisterCommand& part);
  void FillDecide(v1::DecideCommand& part);
  void FillMerge(v1::MergeCommand& part);
  void FillTask(v1::TaskCommand& part);
  common::v1::Demographics Person(uint64_t who);
  void Blur(common::v1::Demographics& person);

  std::mt19937_64 random_;
  const Repertoire repertoire_;
  uint64_t eids_ = 0;
  uint64_t commands_ = 0;
};

}  // namespace hie::mpi
