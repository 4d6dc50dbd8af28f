#include "gateway/hl7v2/segments/nk1.h"

#include "absl/strings/ascii.h"

namespace hie::hl7v2 {

std::vector<NextOfKin> ReadNextOfKin(const Message& message) {
  std::vector<NextOfKin> kin;
  for (const Segment& segment : message.segments()) {
    if (segment.id() != "NK1") continue;
    const absl::string_view names = segment.field(2);
    const absl::string_view first = names.substr(0, names.find(message.delimiters().repetition));
    kin.push_back(
        {ReadPersonName(message, first), absl::AsciiStrToUpper(message.FieldText(segment, 3))});
  }
  return kin;
}

}  // namespace hie::hl7v2
