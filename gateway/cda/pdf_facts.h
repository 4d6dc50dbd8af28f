#pragma once

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace hie::cda {

// Caps of the search for a PDF's document information.
inline constexpr size_t kPdfReach = size_t{1} << 20;  // From either end of the file.
inline constexpr size_t kPdfTitleMax = 512;

// What a PDF plainly says about itself (ISO 32000-1 7.5.2, 14.3.3).  Never trusted: it fills in for
// people where a sender says nothing, and decides nothing.
struct PdfFacts {
  std::string version;  // "1.7"
  std::string title;    // UTF-8; empty: none, or not plainly readable (encrypted, compressed).
  std::string created;  // FHIR dateTime or date; empty: none.
};

// Reads the facts; nothing where `content` is no PDF.  Total; follows no object and unpacks
// nothing, so a hostile file costs one pass over 2 MiB.
std::optional<PdfFacts> ReadPdfFacts(absl::string_view content);

}  // namespace hie::cda
