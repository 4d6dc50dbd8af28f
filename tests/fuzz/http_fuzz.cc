// HTTP requests, however they are cut, and URLs.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "gateway/fetch/url.h"
#include "gateway/http/request_reader.h"

namespace {

using hie::http::RequestReader;

std::string Requests(absl::string_view stream, size_t piece) {
  hie::http::ReaderLimits limits;
  limits.body_bytes_max = 1 << 16;
  RequestReader reader(limits);
  std::string all;
  for (size_t at = 0; at < stream.size(); at += piece) {
    reader.Feed(stream.substr(at, piece));
    while (reader.state() == RequestReader::State::kRequest) {
      const hie::http::Request request = reader.Take();
      all += request.path + "\n" + request.query + "\n" + request.body + "\n";
    }
    if (reader.state() == RequestReader::State::kRefused)
      return all;  // How early is its own affair.
  }
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const absl::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto url = hie::fetch::ParseUrl(text);
  if (url.ok() && hie::fetch::ParseUrl(url->Text())->Text() != url->Text()) std::abort();
  const std::string whole = Requests(text, text.size() + 1);
  const std::string cut = Requests(text, 1 + data[0] % 64);
  if (whole != cut) std::abort();
  return 0;
}
