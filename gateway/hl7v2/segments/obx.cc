#include "gateway/hl7v2/segments/obx.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace hie::hl7v2 {
namespace {

// Media types of senders: `^application^pdf^Base64^`, `^^PDF^Base64^`, `^TEXT^HTML^A^`.  Table 0191
// and 0291 words stand where MIME words should.
std::string MediaType(absl::string_view type, absl::string_view subtype) {
  const std::string main = absl::AsciiStrToLower(type);
  const std::string sub = absl::AsciiStrToLower(subtype);
  if (absl::StrContains(main, "/") && sub.empty()) return main;
  if (absl::StrContains(sub, "/")) return sub;
  if (sub == "pdf") return "application/pdf";
  if (sub == "rtf") return "application/rtf";
  if (sub == "html" || sub == "plain") return absl::StrCat("text/", sub);
  if (sub == "xml" || sub == "x-hl7-cda-level-one" || sub == "hl7-cda-level-one") return "text/xml";
  if (sub == "jpeg" || sub == "jpg") return "image/jpeg";
  if (sub == "png" || sub == "tiff" || sub == "gif") return absl::StrCat("image/", sub);
  if (sub == "dicom") return "application/dicom";
  if (main == "application" || main == "text" || main == "image" || main == "audio" ||
      main == "video" || main == "multipart") {
    return sub.empty() ? std::string() : absl::StrCat(main, "/", sub);
  }
  return "";
}

void ReadEncapsulated(const Message& message, absl::string_view value, DocumentPart& part) {
  part.media_type = MediaType(message.Text(message.Component(value, 2)),
                              message.Text(message.Component(value, 3)));
  part.encoding = absl::AsciiStrToUpper(message.Text(message.Component(value, 4)));
  const absl::string_view data = message.Component(value, 5);
  part.data = part.encoding == "BASE64" ? std::string(data) : message.FormattedText(data);
}

void ReadPointer(const Message& message, absl::string_view value, DocumentPart& part) {
  part.pointer = message.Text(message.Component(value, 1));
  part.media_type = MediaType(message.Text(message.Component(value, 3)),
                              message.Text(message.Component(value, 4)));
}

}  // namespace

std::vector<DocumentPart> ReadDocumentParts(const Message& message) {
  std::vector<DocumentPart> parts;
  for (const Segment& segment : message.segments()) {
    if (segment.id() != "OBX") continue;
    DocumentPart part;
    part.value_type = absl::AsciiStrToUpper(message.FieldText(segment, 2));
    part.observation = ReadCodedElement(message, segment.field(3));
    const absl::string_view value = segment.field(5);
    if (part.value_type == "ED") {
      ReadEncapsulated(message, value, part);
    } else if (part.value_type == "RP") {
      ReadPointer(message, value, part);
    } else if (part.value_type == "TX" || part.value_type == "FT" || part.value_type == "ST") {
      for (const absl::string_view repetition : message.Repetitions(value)) {
        part.lines.push_back(message.FormattedText(repetition));
      }
    }
    parts.push_back(std::move(part));
  }
  return parts;
}

}  // namespace hie::hl7v2
