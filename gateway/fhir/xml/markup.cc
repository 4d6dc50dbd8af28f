#include "gateway/fhir/xml/markup.h"

#include <pugixml.hpp>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "gateway/fhir/xml/utf8.h"
#include "gateway/fhir/xml/xml_resource.h"

namespace hie::fhir::xml {
namespace {

absl::Status Refuse(absl::string_view why) { return absl::InvalidArgumentError(why); }

enum class TagKind { kOpen, kClose, kEmpty, kComment, kOther, kBroken };

// One piece of markup: text[begin, end).
struct Tag {
  TagKind kind = TagKind::kBroken;
  size_t end = 0;
};

// The end of a tag whose '<' is at `begin`: quoted values may hold '>'.
size_t TagEnd(absl::string_view text, size_t begin) {
  char quote = 0;
  for (size_t i = begin; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '>') {
      return i + 1;
    }
  }
  return absl::string_view::npos;
}

Tag ReadTag(absl::string_view text, size_t begin) {
  const absl::string_view rest = text.substr(begin);
  if (absl::StartsWith(rest, "<!--")) {
    const size_t end = text.find("-->", begin + 4);
    if (end == absl::string_view::npos) return {};
    return {TagKind::kComment, end + 3};
  }
  if (absl::StartsWith(rest, "<!") || absl::StartsWith(rest, "<?")) {
    return {TagKind::kOther, begin + 2};
  }
  const size_t end = TagEnd(text, begin);
  if (end == absl::string_view::npos) return {};
  if (absl::StartsWith(rest, "</")) return {TagKind::kClose, end};
  return {text[end - 2] == '/' ? TagKind::kEmpty : TagKind::kOpen, end};
}

bool IsReference(absl::string_view text) {
  for (const absl::string_view known : {"&amp;", "&lt;", "&gt;", "&quot;", "&apos;"}) {
    if (absl::StartsWith(text, known)) return true;
  }
  if (!absl::ConsumePrefix(&text, "&#")) return false;
  const bool hex = absl::ConsumePrefix(&text, "x");
  size_t digits = 0;
  while (digits < text.size() &&
         (hex ? absl::ascii_isxdigit(text[digits]) : absl::ascii_isdigit(text[digits]))) {
    ++digits;
  }
  return digits > 0 && digits <= 7 && digits < text.size() && text[digits] == ';';
}

bool ReferencesFit(absl::string_view text) {
  for (size_t at = text.find('&'); at != absl::string_view::npos; at = text.find('&', at + 1)) {
    if (!IsReference(text.substr(at))) return false;
  }
  return true;
}

// Eats "<?xml ... ?>"; false: it says another encoding than UTF-8.
bool EatDeclaration(absl::string_view& text) {
  if (!absl::StartsWith(text, "<?xml ")) return true;
  const size_t end = text.find("?>");
  if (end == absl::string_view::npos) return false;
  const absl::string_view declaration = text.substr(0, end);
  text.remove_prefix(end + 2);
  return !absl::StrContains(declaration, "encoding") ||
         absl::StrContains(absl::AsciiStrToLower(declaration), "\"utf-8\"") ||
         absl::StrContains(absl::AsciiStrToLower(declaration), "'utf-8'");
}

// Walks the markup, counting.
absl::Status CheckTags(absl::string_view text) {
  int depth = 0;
  size_t elements = 0, plain = 0;
  for (size_t at = text.find('<'); at != absl::string_view::npos; at = text.find('<', plain)) {
    if (!ReferencesFit(text.substr(plain, at - plain))) return Refuse("xml: entity");
    const Tag tag = ReadTag(text, at);
    if (tag.kind == TagKind::kBroken) return Refuse("xml: tag without end");
    if (tag.kind == TagKind::kOther) return Refuse("xml: want elements and comments only");
    plain = tag.end;
    if (tag.kind == TagKind::kComment) continue;
    if (!ReferencesFit(text.substr(at, tag.end - at))) return Refuse("xml: entity");
    if (tag.kind == TagKind::kClose) {
      --depth;
      continue;
    }
    if (++elements > kElementsMax) return absl::ResourceExhaustedError("xml: too many elements");
    if (tag.kind == TagKind::kOpen && ++depth > kDepthMax) {
      return absl::ResourceExhaustedError("xml: too deep");
    }
  }
  return ReferencesFit(text.substr(plain)) ? absl::OkStatus() : Refuse("xml: entity");
}

}  // namespace

absl::Status CheckMarkup(absl::string_view text) {
  if (text.size() > kBytesMax) return absl::ResourceExhaustedError("xml: too many bytes");
  if (!IsFhirText(text)) return Refuse("xml: want UTF-8");
  if (!EatDeclaration(text)) return Refuse("xml: want UTF-8");
  return CheckTags(text);
}

std::optional<size_t> ElementEnd(absl::string_view text, size_t begin) {
  int depth = 0;
  for (size_t at = begin; at != absl::string_view::npos; at = text.find('<', at)) {
    const Tag tag = ReadTag(text, at);
    if (tag.kind == TagKind::kBroken || tag.kind == TagKind::kOther) return std::nullopt;
    if (tag.kind == TagKind::kOpen) ++depth;
    if (tag.kind == TagKind::kClose) --depth;
    at = tag.end;
    if (depth <= 0 && tag.kind != TagKind::kComment) return at;
  }
  return std::nullopt;
}

bool IsXhtmlDiv(absl::string_view div) {
  if (!absl::StartsWith(div, "<div") || !CheckMarkup(div).ok()) return false;
  if (ElementEnd(div, 0) != div.size()) return false;
  pugi::xml_document document;
  const pugi::xml_parse_result parsed =
      document.load_buffer(div.data(), div.size(), pugi::parse_default, pugi::encoding_utf8);
  const pugi::xml_node root = document.first_child();
  return parsed && absl::string_view(root.name()) == "div" && !root.next_sibling() &&
         absl::string_view(root.attribute("xmlns").value()) == kXhtmlNamespace;
}

}  // namespace hie::fhir::xml
