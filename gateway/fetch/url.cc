#include "gateway/fetch/url.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "services/common/base/status_macros.h"

namespace hie::fetch {
namespace {

constexpr absl::string_view kScheme = "https://";
constexpr int kPortMax = 65535;

absl::Status Bad(absl::string_view want) {
  return absl::InvalidArgumentError(absl::StrCat("url: want ", want));
}

bool IsHostCharacter(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '-' || c == ':';
}

absl::Status ParseAuthority(absl::string_view authority, Url& url) {
  if (absl::StrContains(authority, '@')) return Bad("no user information");
  size_t port_at = authority.rfind(':');
  if (absl::StartsWith(authority, "[")) {
    const size_t close = authority.find(']');
    if (close == authority.npos) return Bad("a host");
    url.host = std::string(authority.substr(1, close - 1));
    port_at = close + 1 < authority.size() ? close + 1 : authority.npos;
    if (port_at != authority.npos && authority[port_at] != ':') return Bad("a host");
  } else {
    url.host = std::string(authority.substr(0, port_at));
  }
  absl::AsciiStrToLower(&url.host);
  if (url.host.empty() || !std::all_of(url.host.begin(), url.host.end(), IsHostCharacter)) {
    return Bad("a host");
  }
  if (port_at == authority.npos) return absl::OkStatus();
  int port = 0;
  if (!absl::SimpleAtoi(authority.substr(port_at + 1), &port) || port < 1 || port > kPortMax) {
    return Bad("a port of 1..65535");
  }
  url.port = static_cast<uint16_t>(port);
  return absl::OkStatus();
}

}  // namespace

std::string Url::Authority() const {
  return absl::StrContains(host, ':') ? absl::StrCat("[", host, "]:", port)
                                      : absl::StrCat(host, ":", port);
}

std::string Url::Text() const { return absl::StrCat(kScheme, Authority(), target); }

absl::StatusOr<Url> ParseUrl(absl::string_view text) {
  if (text.size() > kUrlBytesMax) return Bad("at most 8 KB");
  if (!absl::StartsWithIgnoreCase(text, kScheme)) return Bad("https://");
  for (const char c : text) {
    if (!absl::ascii_isgraph(static_cast<unsigned char>(c)) || c == '\\' || c == '#') {
      return Bad("no spaces, backslashes or fragment");
    }
  }
  const absl::string_view rest = text.substr(kScheme.size());
  const size_t slash = std::min(rest.find_first_of("/?"), rest.size());
  Url url;
  HIE_RETURN_IF_ERROR(ParseAuthority(rest.substr(0, slash), url));
  url.target = std::string(rest.substr(slash));
  if (url.target.empty() || url.target.front() != '/') {
    url.target = absl::StrCat("/", url.target);
  }
  return url;
}

absl::StatusOr<Url> ResolveUrl(const Url& base, absl::string_view reference) {
  if (absl::StrContains(reference, "://")) return ParseUrl(reference);
  if (absl::StartsWith(reference, "//")) return Bad("an absolute URL or a path");
  const std::string origin = absl::StrCat(kScheme, base.Authority());
  if (absl::StartsWith(reference, "/")) return ParseUrl(absl::StrCat(origin, reference));
  std::string path = base.target.substr(0, base.target.find('?'));
  if (path.empty() || path.back() != '/') path.push_back('/');
  return ParseUrl(absl::StrCat(origin, path, reference));
}

std::string EncodeQueryValue(absl::string_view value) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  constexpr int kNibble = 4;
  constexpr unsigned kLow = 15;
  std::string out;
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (absl::ascii_isalnum(byte) || c == '-' || c == '.' || c == '_' || c == '~' || c == ':') {
      out.push_back(c);
    } else {
      out.push_back('%');
      out.push_back(kHex[byte >> kNibble]);
      out.push_back(kHex[byte & kLow]);
    }
  }
  return out;
}

}  // namespace hie::fetch
