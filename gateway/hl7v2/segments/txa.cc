#include "gateway/hl7v2/segments/txa.h"

#include "absl/strings/ascii.h"

namespace hie::hl7v2 {

DocumentSegment ReadDocument(const Message& message, const Segment& txa) {
  DocumentSegment document;
  document.type = ReadCodedElement(message, txa.field(2));
  document.presentation = absl::AsciiStrToUpper(message.FieldText(txa, 3));
  document.activity_time = message.FieldText(txa, 4);
  document.origination_time = message.FieldText(txa, 6);
  for (const absl::string_view repetition : message.Repetitions(txa.field(9))) {
    if (!repetition.empty()) document.originators.push_back(ReadClinician(message, repetition));
  }
  document.unique_number = ReadEntityId(message, txa.field(12));
  document.parent_number = ReadEntityId(message, txa.field(13));
  document.file_name = message.FieldText(txa, 16);
  document.completion = absl::AsciiStrToUpper(message.FieldText(txa, 17));
  document.confidentiality = absl::AsciiStrToUpper(message.FieldText(txa, 18));
  document.availability = absl::AsciiStrToUpper(message.FieldText(txa, 19));
  document.title = message.FieldText(txa, 25);
  return document;
}

}  // namespace hie::hl7v2
