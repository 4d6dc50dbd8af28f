// JSON: whatever is read is written and read again as the same tree.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "services/common/json/reader.h"
#include "services/common/json/writer.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  const auto value = hie::json::Read(text);
  if (!value.ok()) return 0;
  const std::string written = hie::json::Write(*value);
  const auto again = hie::json::Read(written);
  if (!again.ok() || !(*again == *value) || hie::json::Write(*again) != written) std::abort();
  return 0;
}
