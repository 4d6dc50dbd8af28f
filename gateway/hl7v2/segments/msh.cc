#include "gateway/hl7v2/segments/msh.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace hie::hl7v2 {
namespace {

Authority ReadParty(const Message& message, size_t field) {
  const absl::string_view raw = message.msh().field(field);
  const absl::string_view first = raw.substr(0, raw.find(message.delimiters().repetition));
  return ReadAuthority(message, message.Component(first, 1), message.Component(first, 2),
                       message.Component(first, 3));
}

// What is not in the table is answered always: the sender asked for something.
AckCondition ReadCondition(const Message& message, size_t field) {
  const std::string word = absl::AsciiStrToUpper(message.FieldText(message.msh(), field));
  if (word.empty()) return AckCondition::kUnsaid;
  if (word == "NE") return AckCondition::kNever;
  if (word == "ER") return AckCondition::kErrorOnly;
  if (word == "SU") return AckCondition::kSuccessOnly;
  return AckCondition::kAlways;
}

}  // namespace

std::string MessageHeader::Type() const { return absl::StrCat(code, "^", trigger); }

MessageHeader ReadHeader(const Message& message) {
  const Segment& msh = message.msh();
  MessageHeader header;
  header.application = ReadParty(message, 3);
  header.facility = ReadParty(message, 4);
  header.time = message.FieldText(msh, 7);
  header.code = absl::AsciiStrToUpper(message.FieldText(msh, 9, 1));
  header.trigger = absl::AsciiStrToUpper(message.FieldText(msh, 9, 2));
  header.control_id = message.FieldText(msh, 10);
  header.processing_id = absl::AsciiStrToUpper(message.FieldText(msh, 11));
  header.version = message.FieldText(msh, 12);
  header.accept = ReadCondition(message, 15);
  header.application_ack = ReadCondition(message, 16);
  return header;
}

}  // namespace hie::hl7v2
