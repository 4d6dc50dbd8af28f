#include "gateway/fhir/url_form.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "gateway/fhir/xml/utf8.h"

namespace hie::fhir {
namespace {

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = absl::ascii_tolower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

absl::StatusOr<std::string> DecodePercent(absl::string_view text, char plus) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      out += plus;
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      const int high = i + 1 < text.size() ? HexDigit(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? HexDigit(text[i + 2]) : -1;
      if (high < 0 || low < 0) return absl::InvalidArgumentError("url: bad percent-encoding");
      out += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  if (!IsCleanText(out)) return absl::InvalidArgumentError("url: want UTF-8 without controls");
  return out;
}

}  // namespace

bool IsCleanText(absl::string_view text) {
  while (!text.empty()) {
    const auto c = static_cast<unsigned char>(text.front());
    if (c < 0x20 || c == 0x7F) return false;
    const size_t length = Utf8SequenceLength(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

absl::StatusOr<std::vector<std::pair<std::string, std::string>>> DecodeForm(
    absl::string_view text) {
  std::vector<std::pair<std::string, std::string>> fields;
  for (const absl::string_view field : absl::StrSplit(text, '&', absl::SkipEmpty())) {
    const size_t equals = field.find('=');
    const absl::string_view raw_value =
        equals == absl::string_view::npos ? absl::string_view() : field.substr(equals + 1);
    absl::StatusOr<std::string> name = DecodePercent(field.substr(0, equals), ' ');
    absl::StatusOr<std::string> value = DecodePercent(raw_value, ' ');
    if (!name.ok()) return name.status();
    if (!value.ok()) return value.status();
    fields.emplace_back(*std::move(name), *std::move(value));
  }
  return fields;
}

absl::StatusOr<std::string> DecodeSegment(absl::string_view segment) {
  absl::StatusOr<std::string> decoded = DecodePercent(segment, '+');
  if (decoded.ok() && absl::StrContains(*decoded, '/')) {
    return absl::InvalidArgumentError("url: slash in a segment");
  }
  return decoded;
}

std::string EncodeQueryValue(absl::string_view text) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (absl::ascii_isalnum(c) || absl::StrContains(absl::string_view("-._~:/,$@!*"), c)) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
  return out;
}

}  // namespace hie::fhir
