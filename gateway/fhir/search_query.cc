#include "gateway/fhir/search_query.h"

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace hie::fhir {
namespace {

constexpr absl::string_view kOidUrn = "urn:oid:";
constexpr size_t kIdBytesMax = 64;

std::string FoldAscii(absl::string_view text) { return absl::AsciiStrToLower(text); }

// NFKD, case folded, marks dropped: "Šárka" and "sarka" are the same search.
std::string FoldUnicode(absl::string_view text) {
  UErrorCode error = U_ZERO_ERROR;
  const icu::Normalizer2* nfkd = icu::Normalizer2::getNFKDInstance(error);
  icu::UnicodeString wide =
      icu::UnicodeString::fromUTF8(icu::StringPiece(text.data(), static_cast<int>(text.size())));
  if (U_SUCCESS(error)) wide = nfkd->normalize(wide, error);
  if (U_FAILURE(error)) return FoldAscii(text);
  wide.foldCase();
  std::string out;
  for (int32_t at = 0; at < wide.length(); at = wide.moveIndex32(at, 1)) {
    const UChar32 c = wide.char32At(at);
    if (u_charType(c) != U_NON_SPACING_MARK) icu::UnicodeString(c).toUTF8String(out);
  }
  return out;
}

// Names are ASCII almost always: no need for ICU then.
std::string Fold(absl::string_view text) {
  const bool ascii =
      std::all_of(text.begin(), text.end(), [](char c) { return absl::ascii_isascii(c); });
  return ascii ? FoldAscii(text) : FoldUnicode(text);
}

bool IsFhirId(absl::string_view id) {
  if (id.empty() || id.size() > kIdBytesMax) return false;
  return std::all_of(id.begin(), id.end(),
                     [](char c) { return absl::ascii_isalnum(c) || c == '-' || c == '.'; });
}

bool IsArc(absl::string_view arc) {
  if (arc.empty() || (arc.size() > 1 && arc.front() == '0')) return false;
  return std::all_of(arc.begin(), arc.end(), [](char c) { return absl::ascii_isdigit(c); });
}

bool IsOid(absl::string_view oid) {
  const std::vector<absl::string_view> arcs = absl::StrSplit(oid, '.');
  if (arcs.size() < 2 || arcs.front().size() != 1 || arcs.front().front() > '2') return false;
  return std::all_of(arcs.begin(), arcs.end(), IsArc);
}

}  // namespace

std::vector<const SearchTerm*> SearchQuery::All(absl::string_view name) const {
  std::vector<const SearchTerm*> found;
  for (const SearchTerm& term : terms) {
    if (term.name == name) found.push_back(&term);
  }
  return found;
}

const SearchTerm* SearchQuery::First(absl::string_view name) const {
  const auto found = std::find_if(terms.begin(), terms.end(),
                                  [&](const SearchTerm& term) { return term.name == name; });
  return found == terms.end() ? nullptr : &*found;
}

std::string Unescape(absl::string_view value) {
  std::string out;
  out.reserve(value.size());
  for (size_t i = 0; i < value.size(); ++i) {
    if (value[i] == '\\' && i + 1 < value.size() &&
        absl::StrContains(absl::string_view("\\,|$"), value[i + 1])) {
      ++i;
    }
    out += value[i];
  }
  return out;
}

Token ReadToken(absl::string_view value) {
  Token token;
  for (size_t i = 0; i < value.size(); ++i) {
    if (value[i] == '\\') {
      ++i;
    } else if (value[i] == '|') {
      token.has_system = true;
      token.system = Unescape(value.substr(0, i));
      token.code = Unescape(value.substr(i + 1));
      return token;
    }
  }
  token.code = Unescape(value);
  return token;
}

bool TokenMatches(const Token& token, absl::string_view system, absl::string_view code) {
  if (!token.has_system) return !token.code.empty() && token.code == code;
  return token.system == system && (token.code.empty() || token.code == code);
}

bool StringMatches(absl::string_view modifier, absl::string_view wanted, absl::string_view value) {
  const std::string plain = Unescape(wanted);
  if (modifier == "exact") return value == plain;
  const std::string needle = Fold(plain);
  if (needle.empty()) return false;
  const std::string hay = Fold(value);
  return modifier == "contains" ? absl::StrContains(hay, needle) : absl::StartsWith(hay, needle);
}

std::optional<std::string> ReadReference(absl::string_view value, absl::string_view type,
                                         absl::string_view base_url) {
  absl::string_view rest = value;
  const bool absolute = absl::ConsumePrefix(&rest, base_url) && absl::ConsumePrefix(&rest, "/");
  if (!absolute) rest = value;
  absl::string_view id = rest;
  const bool typed = absl::ConsumePrefix(&id, type) && absl::ConsumePrefix(&id, "/");
  if (!typed) {
    if (absolute) return std::nullopt;
    id = rest;
  } else if (const size_t history = id.find("/_history/"); history != absl::string_view::npos) {
    id = id.substr(0, history);
  }
  if (!IsFhirId(id)) return std::nullopt;
  return std::string(id);
}

std::string OidUrn(absl::string_view oid) { return absl::StrCat(kOidUrn, oid); }

std::optional<std::string> OidOf(absl::string_view system) {
  if (!absl::ConsumePrefix(&system, kOidUrn) || !IsOid(system)) return std::nullopt;
  return std::string(system);
}

}  // namespace hie::fhir
