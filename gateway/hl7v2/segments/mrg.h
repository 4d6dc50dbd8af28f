#pragma once

#include <vector>

#include "gateway/hl7v2/segments/data_types.h"

namespace hie::hl7v2 {

// MRG: the id that goes.
struct MergeSegment {
  std::vector<ExtendedId> prior_ids;  // MRG-1; MRG-4 where it is empty (A34 and older).
};

// Reads one MRG.  Total.
MergeSegment ReadMerge(const Message& message, const Segment& mrg);

}  // namespace hie::hl7v2
