#pragma once

#include <rocksdb/env.h>

#include <memory>

#include "tests/support/simulated_disk.h"

namespace hie::testing {

// Returns an Env whose files are those of `disk`, which must outlive it; threads and clock are
// the machine's.
std::unique_ptr<rocksdb::Env> MakeSimulatedEnv(SimulatedDisk& disk);

}  // namespace hie::testing
