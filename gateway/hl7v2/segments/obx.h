#pragma once

#include <string>
#include <vector>

#include "gateway/hl7v2/segments/data_types.h"

namespace hie::hl7v2 {

// OBX of a document message: a part of the document.
struct DocumentPart {
  std::string value_type;          // OBX-2: TX, FT, ST, ED, RP, ...
  CodedElement observation;        // OBX-3: what the document is.
  std::vector<std::string> lines;  // TX, FT, ST: text, a line per repetition.
  // ED and RP: type and subtype as a media type in lower case; empty: not said.
  std::string media_type;
  std::string encoding;  // ED-4, upper case: BASE64, A, HEX.
  std::string data;      // ED-5: as encoded.
  std::string pointer;   // RP-1.
};

// Reads every OBX, in order.  Total.
std::vector<DocumentPart> ReadDocumentParts(const Message& message);

}  // namespace hie::hl7v2
