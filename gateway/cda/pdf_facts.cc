#include "gateway/cda/pdf_facts.h"

#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "gateway/cda/hl7_time.h"

namespace hie::cda {
namespace {

constexpr size_t kMagicReach = 1024;  // Readers accept the header within the first 1,024 bytes.
constexpr size_t kVersionLength = 3;

void AppendUtf8(uint32_t point, std::string& out) {
  if (point < 0x80) {
    out.push_back(static_cast<char>(point));
  } else if (point < 0x800) {
    out.push_back(static_cast<char>(0xC0 | (point >> 6)));
    out.push_back(static_cast<char>(0x80 | (point & 0x3F)));
  } else {
    out.push_back(static_cast<char>(0xE0 | (point >> 12)));
    out.push_back(static_cast<char>(0x80 | ((point >> 6) & 0x3F)));
    out.push_back(static_cast<char>(0x80 | (point & 0x3F)));
  }
}

// A literal string behind '(': nested parentheses and escapes (7.3.4.2).  Nothing where it does not
// end within the cap.
std::optional<std::string> LiteralString(absl::string_view text) {
  std::string out;
  int depth = 1;
  for (size_t i = 0; i < text.size() && out.size() <= kPdfTitleMax; ++i) {
    char c = text[i];
    if (c == '\\' && i + 1 < text.size()) {
      c = text[++i];
      if (c == 'n' || c == 'r' || c == 't') c = ' ';
      if (c >= '0' && c <= '7') {
        int code = 0;
        for (int digits = 0; digits < 3 && i < text.size() && text[i] >= '0' && text[i] <= '7';
             ++digits) {
          code = code * 8 + (text[i++] - '0');
        }
        --i;
        c = static_cast<char>(code & 0xFF);
      }
      out.push_back(c);
      continue;
    }
    if (c == '(') ++depth;
    if (c == ')' && --depth == 0) return out;
    out.push_back(c);
  }
  return std::nullopt;
}

// Text strings are UTF-16BE with a mark, else PDFDocEncoding, which is Latin-1 but for accents.
std::string Utf8Of(absl::string_view text) {
  std::string out;
  if (absl::ConsumePrefix(&text, "\xFE\xFF")) {
    for (size_t i = 0; i + 1 < text.size(); i += 2) {
      const uint32_t unit =
          (static_cast<uint8_t>(text[i]) << 8) | static_cast<uint8_t>(text[i + 1]);
      const bool surrogate = unit >= 0xD800 && unit <= 0xDFFF;
      AppendUtf8(surrogate ? 0xFFFD : unit, out);
    }
  } else {
    for (const char c : text) AppendUtf8(static_cast<uint8_t>(c), out);
  }
  std::string line;
  for (const char c : out) line.push_back(absl::ascii_iscntrl(static_cast<uint8_t>(c)) ? ' ' : c);
  return std::string(absl::StripAsciiWhitespace(line));
}

// The literal string that follows the last `key` in `text`.
std::string LastString(absl::string_view text, absl::string_view key) {
  for (size_t at = text.rfind(key); at != absl::string_view::npos && at > 0;
       at = text.rfind(key, at - 1)) {
    absl::string_view value = absl::StripLeadingAsciiWhitespace(text.substr(at + key.size()));
    if (!absl::ConsumePrefix(&value, "(")) continue;
    if (const auto string = LiteralString(value.substr(0, 4 * kPdfTitleMax))) return *string;
  }
  return "";
}

// D:YYYYMMDDHHmmSSOHH'mm' (7.9.4).
std::string CreationTime(absl::string_view date) {
  absl::ConsumePrefix(&date, "D:");
  std::string timestamp;
  for (const char c : date) {
    if (c != '\'') timestamp.push_back(c);
  }
  if (absl::EndsWith(timestamp, "Z")) timestamp.back() = '+';
  if (absl::EndsWith(timestamp, "+")) timestamp += "0000";
  if (absl::EndsWith(timestamp, "Z0000")) timestamp[timestamp.size() - 5] = '+';
  return FhirTimeOfHl7(timestamp);
}

std::string FromEitherEnd(absl::string_view content, absl::string_view key) {
  const size_t tail_at = content.size() > kPdfReach ? content.size() - kPdfReach : 0;
  std::string found = LastString(content.substr(tail_at), key);
  if (found.empty() && tail_at > 0) found = LastString(content.substr(0, kPdfReach), key);
  return found;
}

}  // namespace

std::optional<PdfFacts> ReadPdfFacts(absl::string_view content) {
  const size_t magic = content.substr(0, kMagicReach).find("%PDF-");
  if (magic == absl::string_view::npos) return std::nullopt;
  PdfFacts facts;
  const absl::string_view version = content.substr(magic + 5, kVersionLength);
  if (version.size() == kVersionLength && absl::ascii_isdigit(version[0]) && version[1] == '.' &&
      absl::ascii_isdigit(version[2])) {
    facts.version = std::string(version);
  }
  // An encrypted file's strings are not what they seem.
  if (absl::StrContains(content, "/Encrypt")) return facts;
  facts.title = Utf8Of(FromEitherEnd(content, "/Title"));
  facts.created = CreationTime(FromEitherEnd(content, "/CreationDate"));
  return facts;
}

}  // namespace hie::cda
