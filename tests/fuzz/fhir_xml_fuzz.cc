// FHIR XML: whatever is read is written and read again as the same resource.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "gateway/fhir/xml/xml_resource.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  namespace xml = hie::fhir::xml;
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  const xml::ReadResult read = xml::ReadResource(text);
  if (read.problem) return 0;
  const auto written = xml::WriteResource(read.resource);
  if (!written.ok()) std::abort();
  const xml::ReadResult again = xml::ReadResource(*written);
  if (again.problem || !(again.resource == read.resource)) std::abort();
  return 0;
}
