#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace hie::cda {

// Caps of one document.  The largest vendor sample has 0.9 MB and is 20 deep; embedded PDFs are why
// the size may be larger.
inline constexpr size_t kDocumentBytesMax = size_t{64} << 20;
inline constexpr int kDepthMax = 256;
inline constexpr size_t kHeaderBytesMax = size_t{4} << 20;
inline constexpr size_t kElementsMax = 2'000'000;

// What a CDA document has behind its header.
enum class BodyKind { kNone, kStructured, kNonXml };

// A document's text up to its body, closed again, so that it is well-formed by itself.
struct HeaderText {
  std::string xml;
  BodyKind body = BodyKind::kNone;
};

// Scans the whole document once and cuts the header out: what is parsed into a tree is small,
// whatever the body holds.
//
// INVALID_ARGUMENT: not well-formed as far as tags go, not a byte-oriented encoding (UTF-16), a
// document type declaration (so no entity of its own), an entity that XML does not define, or a cap
// is reached.  Messages repeat nothing of the document.
//
// Total on any bytes; one pass, memory bounded by kDepthMax and kHeaderBytesMax.  Thread-safe.
absl::StatusOr<HeaderText> CutHeader(absl::string_view document);

}  // namespace hie::cda
