#pragma once

#include <cstdint>
#include <string>

#include "tests/bench/door_region.h"

namespace hie::bench {

// ITI-65 with a comprehensive submission set, one document and its text, as JSON: a body that was
// never sent before where `number` was not.
std::string ProvideBundle(const DoorPatient& patient, uint64_t number);

}  // namespace hie::bench
