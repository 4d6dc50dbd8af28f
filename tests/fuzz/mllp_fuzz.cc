// MLLP: the same messages come out however the stream is cut.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "gateway/hl7v2/mllp_framer.h"

namespace {

constexpr size_t kMessageBytesMax = 4096;

std::vector<std::string> Messages(absl::string_view stream, size_t piece) {
  hie::hl7v2::MllpFramer framer(kMessageBytesMax);
  std::vector<std::string> messages;
  for (size_t at = 0; at < stream.size(); at += piece) {
    framer.Append(stream.substr(at, piece));
    while (auto message = framer.Next()) messages.push_back(*std::move(message));
  }
  return messages;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const size_t piece = 1 + data[0] % 16;
  const absl::string_view stream(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (Messages(stream, piece) != Messages(stream, stream.size() + 1)) std::abort();
  return 0;
}
