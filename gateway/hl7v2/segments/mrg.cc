#include "gateway/hl7v2/segments/mrg.h"

#include <utility>

namespace hie::hl7v2 {

MergeSegment ReadMerge(const Message& message, const Segment& mrg) {
  MergeSegment merge;
  for (const size_t field : {1, 4}) {
    for (const absl::string_view repetition : message.Repetitions(mrg.field(field))) {
      ExtendedId id = ReadExtendedId(message, repetition);
      if (!id.id.empty()) merge.prior_ids.push_back(std::move(id));
    }
    if (!merge.prior_ids.empty()) break;
  }
  return merge;
}

}  // namespace hie::hl7v2
