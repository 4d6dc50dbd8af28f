#include "gateway/http/response_head.h"

#include <boost/beast/http/status.hpp>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

namespace hie::http {
namespace {

void AppendField(absl::string_view name, absl::string_view value, std::string& out) {
  absl::StrAppend(&out, name, ": ");
  for (const char c : value) {
    if (c != '\r' && c != '\n' && c != '\0') out.push_back(c);
  }
  out.append("\r\n");
}

// These are the listener's to say.
bool IsOurs(absl::string_view name) {
  for (const absl::string_view ours :
       {"content-length", "transfer-encoding", "connection", "date", "keep-alive"}) {
    if (absl::EqualsIgnoreCase(name, ours)) return true;
  }
  return false;
}

}  // namespace

absl::string_view ReasonPhrase(int status) {
  const auto reason = boost::beast::http::obsolete_reason(
      boost::beast::http::int_to_status(static_cast<unsigned>(status)));
  return reason.empty() ? absl::string_view("Unknown")
                        : absl::string_view(reason.data(), reason.size());
}

std::string HeadText(const ResponseHead& head) {
  std::string out = absl::StrCat("HTTP/1.1 ", head.status, " ", ReasonPhrase(head.status), "\r\n");
  if (head.headers != nullptr) {
    for (const auto& [name, value] : head.headers->fields()) {
      if (!IsOurs(name)) AppendField(name, value, out);
    }
  }
  AppendField("Date", absl::FormatTime("%a, %d %b %Y %H:%M:%S GMT", head.date, absl::UTCTimeZone()),
              out);
  if (head.framing == Framing::kLength)
    AppendField("Content-Length", absl::StrCat(head.length), out);
  if (head.framing == Framing::kChunked) AppendField("Transfer-Encoding", "chunked", out);
  if (head.close) AppendField("Connection", "close", out);
  out.append("\r\n");
  return out;
}

std::string ChunkText(absl::string_view part) {
  if (part.empty()) return "0\r\n\r\n";
  return absl::StrCat(absl::Hex(part.size()), "\r\n", part, "\r\n");
}

}  // namespace hie::http
