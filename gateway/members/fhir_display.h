#pragma once

#include <string>

#include "services/common/json/value.h"

namespace hie::members {

// A display is one line of at most this many bytes.
inline constexpr size_t kDisplayBytesMax = 512;

// What a FHIR R4 resource says, in one line for people: what it is, then what changes its meaning
// (criticality and reactions, value with unit, dose, "not done").  Total; never empty.
//
// Numbers stand as received.  `medication` is the Medication that the resource refers to, or null.
std::string DisplayOf(const json::Value& resource, const json::Value* medication);

}  // namespace hie::members
