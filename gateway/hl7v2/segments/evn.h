#pragma once

#include <string>

#include "gateway/hl7v2/segments/data_types.h"

namespace hie::hl7v2 {

// EVN: when it happened.  EVN-1 is not read: MSH-9 says what happened.
struct EventSegment {
  std::string recorded;  // EVN-2, as written.
};

// Reads the first EVN; empty where there is none.
EventSegment ReadEvent(const Message& message);

}  // namespace hie::hl7v2
