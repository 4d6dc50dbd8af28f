#include "services/directory/member_syntax.h"

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
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
  if (text.size() > kTextBytesMax || !absl::ConsumePrefix(&text, "https://")) return false;
  const absl::string_view host = text.substr(0, text.find('/'));
  return !host.empty() && AllOf(text, [](unsigned char c) {
    return absl::ascii_isgraph(c) && c != '@' && c != '#' && c != '"' && c != '\\';
  });
}

}  // namespace hie::directory
