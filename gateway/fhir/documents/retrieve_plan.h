#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace hie::fhir {

// The one range of a Range header (RFC 9110 14.1.2), resolved against the whole.
struct ByteRange {
  uint64_t first = 0;
  uint64_t last = 0;  // Included.
  uint64_t length() const { return last - first + 1; }
};

enum class RangeReading {
  kWhole,          // No range, several, another unit, or malformed: the whole is sent.
  kPart,           // `range` is wanted.
  kUnsatisfiable,  // 416.
};

// Reads a Range header.  `size` 0: unknown, then only "bytes=a-b" and "bytes=a-" can be kept, and
// those only where the size turns out to allow it, so that the whole is sent instead.
RangeReading ReadRange(absl::string_view header, uint64_t size, ByteRange& range);

// How a document is sent.
enum class ContentForm {
  kRaw,         // Its own bytes.
  kBinaryJson,  // A FHIR Binary resource.
  kBinaryXml,
  kNotAcceptable,  // 406
};

// Reads Accept (RFC 9110 12.5.1) for a document of `media_type`: FHIR's own types give a Binary
// resource, the document's type, its range or "*/*" the bytes; the highest weight wins, bytes
// before a Binary.  Empty: bytes.
ContentForm ReadContentForm(absl::string_view accept, absl::string_view media_type);

// Writes bytes as base64 in parts, without a break between them.
class Base64Parts {
 public:
  // The text for `bytes`, as far as it is settled.
  std::string Add(absl::string_view bytes);
  // The rest, with padding.
  std::string Finish();

 private:
  std::string rest_;  // Fewer than three bytes.
};

}  // namespace hie::fhir
