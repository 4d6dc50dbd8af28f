#include "mpi/normalize/text.h"

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"

namespace hie::mpi {
namespace {

// Letters with a stroke or a ligature have no decomposition; registrars type them in ASCII.
absl::string_view AsciiSpelling(UChar32 c) {
  switch (c) {
    case 0x00E6:
      return "ae";
    case 0x0153:
      return "oe";
    case 0x00F8:
      return "o";
    case 0x0142:
      return "l";
    case 0x0111:
    case 0x00F0:
      return "d";
    case 0x00FE:
      return "th";
    case 0x0131:
      return "i";
    case 0x0127:
      return "h";
    default:
      return "";
  }
}

bool IsApostrophe(UChar32 c) {
  return c == '\'' || c == '`' || c == 0x2019 || c == 0x2018 || c == 0x02BC || c == 0x00B4;
}

void AppendSpace(std::string& out) {
  if (!out.empty() && out.back() != ' ') out += ' ';
}

void AppendFolded(UChar32 c, std::string& out) {
  if (IsApostrophe(c) || u_charType(c) == U_NON_SPACING_MARK || c == 0xFFFD) return;
  if (const absl::string_view ascii = AsciiSpelling(c); !ascii.empty()) {
    out.append(ascii.data(), ascii.size());
    return;
  }
  if (!u_isalnum(c)) return AppendSpace(out);
  icu::UnicodeString(c).toUTF8String(out);
}

// Names are ASCII almost always: no need for ICU then.
std::string FoldAscii(absl::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (absl::ascii_isalnum(static_cast<unsigned char>(c))) {
      out += absl::ascii_tolower(static_cast<unsigned char>(c));
    } else if (!IsApostrophe(c)) {
      AppendSpace(out);
    }
  }
  return out;
}

bool IsAscii(absl::string_view text) {
  for (const char c : text) {
    if (!absl::ascii_isascii(static_cast<unsigned char>(c))) return false;
  }
  return true;
}

std::string FoldUnicode(absl::string_view text) {
  UErrorCode error = U_ZERO_ERROR;
  const icu::Normalizer2* nfkd = icu::Normalizer2::getNFKDInstance(error);
  icu::UnicodeString folded =
      icu::UnicodeString::fromUTF8(icu::StringPiece(text.data(), static_cast<int>(text.size())));
  folded.foldCase();
  if (U_SUCCESS(error)) folded = nfkd->normalize(folded, error);
  folded.foldCase();  // NFKD makes new capitals of letter-like signs.
  std::string out;
  for (int32_t i = 0; i < folded.length(); i = folded.moveIndex32(i, 1)) {
    AppendFolded(folded.char32At(i), out);
  }
  return out;
}

}  // namespace

std::string FoldText(absl::string_view text) {
  std::string out = IsAscii(text) ? FoldAscii(text) : FoldUnicode(text);
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

std::vector<std::string> FoldTokens(absl::string_view text) {
  return absl::StrSplit(FoldText(text), ' ', absl::SkipEmpty());
}

std::string FoldCompact(absl::string_view text) {
  std::string folded = FoldText(text);
  std::erase(folded, ' ');
  return folded;
}

std::string DigitsOf(absl::string_view text) {
  std::string digits;
  for (const char c : text) {
    if (c >= '0' && c <= '9') digits += c;
  }
  return digits;
}

}  // namespace hie::mpi
