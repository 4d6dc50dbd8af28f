#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "hie/mpi/v1/load_service.pb.h"

namespace hie::fault {

// Records of a generated region as lines of a load, in a shuffled order: duplicates across eight
// domains, twins, households, updates of the same id.  The same seed, the same lines.
std::vector<mpi::v1::LoadLine> GeneratedLines(uint64_t seed, size_t count);

// The first step of the load of these lines.
mpi::v1::BeginLoad GeneratedLoad(uint64_t seed);

}  // namespace hie::fault
