#include "gateway/hl7v2/charset.h"

#include <unicode/ucnv.h>

#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace hie::hl7v2 {
namespace {

constexpr absl::string_view kUtf8 = "UTF-8";
constexpr absl::string_view kByContent = "";

// ICU's name of a character set of table 0211 or of the directory; nothing: not taken.  Only
// supersets of ASCII: the delimiters are found before the text is converted.
absl::StatusOr<std::string> IcuName(absl::string_view named) {
  const std::string name = absl::AsciiStrToUpper(absl::StripAsciiWhitespace(named));
  if (name.empty() || name == "ASCII" || name == "ISO IR6" || name == "US-ASCII") {
    return std::string(kByContent);
  }
  if (name == "UNICODE UTF-8" || name == "UTF-8" || name == "UTF8" || name == "UNICODE") {
    return std::string(kUtf8);
  }
  if (name == "WINDOWS-1252" || name == "CP1252") return std::string("windows-1252");
  absl::string_view part = name;
  if (absl::ConsumePrefix(&part, "8859/") || absl::ConsumePrefix(&part, "ISO-8859-") ||
      absl::ConsumePrefix(&part, "ISO8859-") || absl::ConsumePrefix(&part, "ISO 8859-")) {
    if (!part.empty() && part.size() <= 2 && absl::ascii_isdigit(part[0]) &&
        absl::ascii_isdigit(part.back())) {
      return absl::StrCat("ISO-8859-", part);
    }
  }
  return absl::InvalidArgumentError("MSH-18: want a character set that is taken here");
}

bool IsAscii(absl::string_view bytes) {
  for (const char c : bytes) {
    if (!absl::ascii_isascii(c)) return false;
  }
  return true;
}

absl::StatusOr<std::string> Convert(const std::string& from, absl::string_view bytes) {
  if (bytes.size() > std::numeric_limits<int32_t>::max() / 4) {
    return absl::InvalidArgumentError("message: too large to be converted");
  }
  std::string out(bytes.size() * 3 + 16, '\0');
  UErrorCode error = U_ZERO_ERROR;
  const int32_t size =
      ucnv_convert(kUtf8.data(), from.c_str(), out.data(), static_cast<int32_t>(out.size()),
                   bytes.data(), static_cast<int32_t>(bytes.size()), &error);
  if (U_FAILURE(error)) {
    return absl::InvalidArgumentError("MSH-18: want a character set that is taken here");
  }
  out.resize(static_cast<size_t>(size));
  return out;
}

// Length of the well-formed sequence at the front of `bytes`; 0: none (RFC 3629 section 4).
size_t SequenceLength(absl::string_view bytes) {
  const auto at = [&](size_t i) { return static_cast<unsigned char>(bytes[i]); };
  const unsigned char lead = at(0);
  if (lead < 0x80) return 1;
  const size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || bytes.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((at(i) & 0xC0) != 0x80) return 0;
  }
  const unsigned char second = at(1);
  const bool overlong = (lead == 0xE0 && second < 0xA0) || (lead == 0xF0 && second < 0x90);
  const bool beyond = (lead == 0xED && second > 0x9F) || (lead == 0xF4 && second > 0x8F);
  return overlong || beyond ? 0 : length;
}

}  // namespace

bool IsUtf8(absl::string_view bytes) {
  while (!bytes.empty()) {
    const size_t length = SequenceLength(bytes);
    if (length == 0) return false;
    bytes.remove_prefix(length);
  }
  return true;
}

std::string Latin1ToUtf8(absl::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() + bytes.size() / 8);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      out.push_back(c);
    } else {
      out.push_back(static_cast<char>(0xC0 | (byte >> 6)));
      out.push_back(static_cast<char>(0x80 | (byte & 0x3F)));
    }
  }
  return out;
}

absl::StatusOr<absl::string_view> ToUtf8(absl::string_view bytes, absl::string_view declared,
                                         absl::string_view configured, std::string& storage) {
  absl::StatusOr<std::string> name = IcuName(declared);
  if (!name.ok()) return name.status();
  if (absl::StripAsciiWhitespace(declared).empty()) name = IcuName(configured);
  if (!name.ok()) return name.status();
  if (IsAscii(bytes)) return bytes;
  if ((*name == kUtf8 || *name == kByContent) && IsUtf8(bytes)) return bytes;
  if (*name == kByContent) {
    storage = Latin1ToUtf8(bytes);
    return absl::string_view(storage);
  }
  absl::StatusOr<std::string> converted = Convert(*name, bytes);
  if (!converted.ok()) return converted.status();
  storage = *std::move(converted);
  return absl::string_view(storage);
}

}  // namespace hie::hl7v2
