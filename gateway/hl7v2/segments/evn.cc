#include "gateway/hl7v2/segments/evn.h"

namespace hie::hl7v2 {

EventSegment ReadEvent(const Message& message) {
  const Segment* evn = message.Find("EVN");
  return evn == nullptr ? EventSegment{} : EventSegment{message.FieldText(*evn, 2)};
}

}  // namespace hie::hl7v2
