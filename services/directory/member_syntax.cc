#include "services/directory/member_syntax.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "services/directory/validate_member.h"

namespace hie::directory {
namespace {

constexpr size_t kOidBytesMax = 128;
constexpr size_t kHexDigits = 64;

template <typename Predicate>
bool AllOf(absl::string_view text, Predicate predicate) {
  return std::all_of(text.begin(), text.end(), predicate);
}

bool IsArc(absl::string_view arc) {
  return !arc.empty() && (arc.size() == 1 || arc.front() != '0') && AllOf(arc, absl::ascii_isdigit);
}

// What follows the scheme: a host, and nothing that could hide another one.
bool IsHostAndPath(absl::string_view text) {
  const absl::string_view host = text.substr(0, text.find('/'));
  return !host.empty() && AllOf(text, [](unsigned char c) {
    return absl::ascii_isgraph(c) && c != '@' && c != '#' && c != '"' && c != '\\';
  });
}

}  // namespace

bool IsMemberId(absl::string_view text) {
  return !text.empty() && text.size() <= kMemberIdBytesMax && text.front() != '-' &&
         text.back() != '-' && AllOf(text, [](unsigned char c) {
           return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '-';
         });
}

bool IsShortId(absl::string_view text) {
  return !text.empty() && text.size() <= kIdBytesMax && AllOf(text, [](unsigned char c) {
    return absl::ascii_isalnum(c) || c == '.' || c == '_' || c == '-';
  });
}

bool IsOid(absl::string_view text) {
  if (text.size() > kOidBytesMax) return false;
  const std::vector<absl::string_view> arcs = absl::StrSplit(text, '.');
  if (arcs.size() < 2 || !std::all_of(arcs.begin(), arcs.end(), IsArc)) return false;
  if (arcs[0] == "2") return true;
  const bool below_40 = arcs[1].size() == 1 || (arcs[1].size() == 2 && arcs[1][0] < '4');
  return (arcs[0] == "0" || arcs[0] == "1") && below_40;
}

bool IsText(absl::string_view text) {
  return text.size() <= kTextBytesMax &&
         AllOf(text, [](unsigned char c) { return !absl::ascii_iscntrl(c); });
}

bool IsZoneName(absl::string_view text) {
  return text.size() <= kIdBytesMax && !text.empty() && text.front() != '/' &&
         text.find("..") == absl::string_view::npos && AllOf(text, [](unsigned char c) {
           return absl::ascii_isalnum(c) || c == '/' || c == '_' || c == '-' || c == '+';
         });
}

bool IsSha256Hex(absl::string_view text) {
  return text.size() == kHexDigits && AllOf(text, [](unsigned char c) {
           return absl::ascii_isdigit(c) || (c >= 'a' && c <= 'f');
         });
}

bool IsHttpsAddress(absl::string_view text) {
  return text.size() <= kTextBytesMax && absl::ConsumePrefix(&text, "https://") &&
         IsHostAndPath(text);
}

bool IsLoopbackAddress(absl::string_view text) {
  if (text.size() > kTextBytesMax || !absl::ConsumePrefix(&text, "http://") ||
      !IsHostAndPath(text)) {
    return false;
  }
  absl::string_view authority = text.substr(0, text.find_first_of("/?"));
  for (const absl::string_view host : {"127.0.0.1", "localhost", "[::1]"}) {
    absl::string_view rest = authority;
    if (!absl::ConsumePrefix(&rest, host)) continue;
    if (rest.empty()) return true;
    return rest.size() <= 6 && rest.size() > 1 && rest.front() == ':' &&
           AllOf(rest.substr(1), absl::ascii_isdigit);
  }
  return false;
}

bool IsClientId(absl::string_view text) {
  return !text.empty() && text.size() <= kIdBytesMax && absl::ascii_isalnum(text.front()) &&
         AllOf(text, [](unsigned char c) {
           return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '-' || c == '.';
         });
}

bool IsParameterName(absl::string_view text) {
  return !text.empty() && text.size() <= kIdBytesMax && AllOf(text, [](unsigned char c) {
    return absl::ascii_isalnum(c) || c == '_' || c == '-' || c == '.' || c == ':';
  });
}

bool IsHdComponent(absl::string_view text) {
  return !text.empty() && text.size() <= kTextBytesMax && AllOf(text, [](unsigned char c) {
    return !absl::ascii_iscntrl(c) && c != '|' && c != '^' && c != '~' && c != '\\' && c != '&';
  });
}

bool IsIpPrefix(absl::string_view text) {
  const size_t slash = text.find('/');
  int length = 0;
  if (slash == absl::string_view::npos || text.size() > kIdBytesMax ||
      text.substr(slash + 1).size() > 3 || !AllOf(text.substr(slash + 1), absl::ascii_isdigit) ||
      !absl::SimpleAtoi(text.substr(slash + 1), &length)) {
    return false;
  }
  const std::string address(text.substr(0, slash));
  std::array<unsigned char, 16> bytes = {};
  int bits = 0;
  if (inet_pton(AF_INET, address.c_str(), bytes.data()) == 1) bits = 32;
  if (bits == 0 && inet_pton(AF_INET6, address.c_str(), bytes.data()) == 1) bits = 128;
  if (bits == 0 || length > bits) return false;
  for (int bit = length; bit < bits; ++bit) {
    if ((bytes[static_cast<size_t>(bit / 8)] >> (7 - bit % 8)) & 1) return false;
  }
  return true;
}

}  // namespace hie::directory
