#include "mpi/normalize/text.h"

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <array>

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

void AppendUtf8(UChar32 c, std::string& out) {
  uint8_t bytes[U8_MAX_LENGTH];
  int32_t size = 0;
  U8_APPEND_UNSAFE(bytes, size, c);
  out.append(reinterpret_cast<const char*>(bytes), static_cast<size_t>(size));
}

void AppendFolded(UChar32 c, std::string& out) {
  if (IsApostrophe(c) || u_charType(c) == U_NON_SPACING_MARK || c == 0xFFFD) return;
  if (const absl::string_view ascii = AsciiSpelling(c); !ascii.empty()) {
    out.append(ascii.data(), ascii.size());
    return;
  }
  if (!u_isalnum(c)) return AppendSpace(out);
  AppendUtf8(c, out);
}

// Names are ASCII almost always: no need for ICU then.
// What an ASCII byte folds to: itself in lower case, a space, or 0 for nothing.
constexpr std::array<char, 128> MakeAsciiFolds() {
  std::array<char, 128> folds = {};
  for (size_t c = 0; c < folds.size(); ++c) {
    const char byte = static_cast<char>(c);
    const bool lower = byte >= 'a' && byte <= 'z';
    const bool upper = byte >= 'A' && byte <= 'Z';
    const bool digit = byte >= '0' && byte <= '9';
    folds[c] = lower || digit ? byte : ' ';
    if (upper) folds[c] = static_cast<char>(byte - 'A' + 'a');
    if (byte == '\'' || byte == '`') folds[c] = 0;
  }
  return folds;
}

constexpr std::array<char, 128> kAsciiFolds = MakeAsciiFolds();

char AsciiFold(char c) { return kAsciiFolds[static_cast<unsigned char>(c)]; }

std::string FoldAscii(absl::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const char fold = AsciiFold(c);
    if (fold == ' ') {
      AppendSpace(out);
    } else if (fold != 0) {
      out += fold;
    }
  }
  return out;
}

void AppendAsciiTokens(absl::string_view text, std::vector<std::string>& tokens) {
  bool open = false;  // The last token may go on.
  for (const char c : text) {
    const char fold = AsciiFold(c);
    if (fold == ' ') {
      open = false;
    } else if (fold != 0) {
      if (!open) tokens.emplace_back();
      open = true;
      tokens.back() += fold;
    }
  }
}

bool IsAscii(absl::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) { return (c & '\x80') != 0; });
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
  std::vector<std::string> tokens;
  AppendFoldedTokens(text, tokens);
  return tokens;
}

void AppendFoldedTokens(absl::string_view text, std::vector<std::string>& tokens) {
  if (IsAscii(text)) return AppendAsciiTokens(text, tokens);
  for (const absl::string_view token : absl::StrSplit(FoldUnicode(text), ' ', absl::SkipEmpty())) {
    tokens.emplace_back(token);
  }
}

std::string FoldCompact(absl::string_view text) {
  if (!IsAscii(text)) {
    std::string folded = FoldUnicode(text);
    std::erase(folded, ' ');
    return folded;
  }
  std::string folded;
  folded.reserve(text.size());
  for (const char c : text) {
    const char fold = AsciiFold(c);
    if (fold != ' ' && fold != 0) folded += fold;
  }
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
