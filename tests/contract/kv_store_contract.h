#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "services/common/storage/kv_store.h"

namespace hie::contract {

// What every KvStore is compared with.
using Model = std::map<std::string, std::map<std::string, std::string>>;

// The tables that the suite opens a store with.
std::vector<std::string> ContractTables();

// Makes a random batch over few keys, so that histories collide; applies it to `model`.
WriteBatch RandomBatch(std::mt19937_64& random, Model& model);

// Compares everything that `reader` can say with `model`: every Get and MultiGet of present and
// absent keys, scans by random prefixes from random keys, scans that end early.  Reports through
// gtest.
void ExpectEqualsModel(const KvReader& reader, const Model& model, std::mt19937_64& random);

}  // namespace hie::contract
