// C-CDA headers and PDF facts.
#include <cstdint>
#include <string>

#include "gateway/cda/clinical_document.h"
#include "gateway/cda/document_metadata.h"
#include "gateway/cda/pdf_facts.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  const auto document = hie::cda::ReadClinicalDocument(text);
  if (document.ok()) (void)hie::cda::MetadataOf(*document, {});
  (void)hie::cda::ReadPdfFacts(text);
  return 0;
}
