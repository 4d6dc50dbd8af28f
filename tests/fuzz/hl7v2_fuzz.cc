// HL7 v2: character sets, lexer and every segment reader.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "gateway/hl7v2/charset.h"
#include "gateway/hl7v2/message.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  namespace v2 = hie::hl7v2;
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  std::string storage;
  const auto utf8 = v2::ToUtf8(bytes, "", "", storage);
  if (!utf8.ok()) return 0;
  if (!v2::IsUtf8(*utf8)) std::abort();
  const auto message = v2::Message::Parse(*utf8);
  if (!message.ok()) return 0;
  for (const v2::Segment& segment : message->segments()) {
    for (size_t field = 1; field <= 40; ++field) {
      if (!v2::IsUtf8(message->FieldText(segment, field, 1 + field % 6))) std::abort();
    }
  }
  return 0;
}
