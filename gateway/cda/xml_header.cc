#include "gateway/cda/xml_header.h"

#include <algorithm>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace hie::cda {
namespace {

constexpr size_t kNameBytesMax = 256;
// ClinicalDocument, component, structuredBody.
constexpr size_t kComponentDepth = 2;
constexpr size_t kBodyDepth = 3;
constexpr absl::string_view kNameEnd = " \t\r\n/>";
constexpr absl::string_view kEntities[] = {"lt", "gt", "amp", "quot", "apos"};

absl::string_view LocalName(absl::string_view name) {
  const size_t colon = name.find(':');
  return colon == absl::string_view::npos ? name : name.substr(colon + 1);
}

// One pass over the tags.
class Scanner {
 public:
  explicit Scanner(absl::string_view text) : text_(text) {}

  absl::StatusOr<HeaderText> Run() {
    while (at_ < text_.size()) {
      const size_t open = text_.find('<', at_);
      const absl::string_view between = text_.substr(at_, open - at_);
      if (absl::Status told = CheckText(between); !told.ok()) return told;
      if (open == absl::string_view::npos) break;
      at_ = open;
      if (absl::Status taken = TakeMarkup(); !taken.ok()) return taken;
    }
    if (!seen_root_ || !open_.empty()) return Bad("want one closed root element");
    return Cut();
  }

 private:
  absl::Status Bad(absl::string_view what) const {
    return absl::InvalidArgumentError(absl::StrCat("xml: byte ", at_, ": ", what));
  }

  // Entities and text outside the root are what a scanner that only looks at tags would miss.
  absl::Status CheckText(absl::string_view text) const {
    if (open_.empty() && seen_root_ && !absl::StripAsciiWhitespace(text).empty()) {
      return Bad("want nothing behind the root element");
    }
    for (size_t amp = text.find('&'); amp != absl::string_view::npos;
         amp = text.find('&', amp + 1)) {
      const size_t end = text.find(';', amp);
      const absl::string_view name = text.substr(amp + 1, end - amp - 1);
      const bool known =
          end != absl::string_view::npos &&
          (absl::StartsWith(name, "#") ||
           std::find(std::begin(kEntities), std::end(kEntities), name) != std::end(kEntities));
      if (!known) return Bad("want no entities but XML's own");
    }
    return absl::OkStatus();
  }

  absl::Status TakeMarkup() {
    const absl::string_view rest = text_.substr(at_);
    if (absl::StartsWith(rest, "<!--")) return SkipTo("-->", 4);
    if (absl::StartsWith(rest, "<![CDATA[")) return SkipTo("]]>", 9);
    if (absl::StartsWith(rest, "<?")) return SkipTo("?>", 2);
    if (absl::StartsWith(rest, "<!")) return Bad("want no document type declaration");
    if (absl::StartsWith(rest, "</")) return TakeEnd();
    return TakeStart();
  }

  absl::Status SkipTo(absl::string_view end, size_t from) {
    const size_t found = text_.find(end, at_ + from);
    if (found == absl::string_view::npos) return Bad("a comment, section or instruction is open");
    at_ = found + end.size();
    return absl::OkStatus();
  }

  absl::Status TakeEnd() {
    const size_t close = text_.find('>', at_);
    if (close == absl::string_view::npos) return Bad("an end tag is open");
    const absl::string_view name =
        absl::StripTrailingAsciiWhitespace(text_.substr(at_ + 2, close - at_ - 2));
    if (open_.empty() || open_.back() != name) return Bad("an end tag fits no start tag");
    open_.pop_back();
    if (open_.empty() && header_end_ == 0) header_end_ = at_;
    at_ = close + 1;
    return absl::OkStatus();
  }

  absl::Status TakeStart() {
    const size_t name_end = text_.find_first_of(kNameEnd, at_);
    if (name_end == absl::string_view::npos) return Bad("a start tag is open");
    const absl::string_view name = text_.substr(at_ + 1, name_end - at_ - 1);
    if (name.empty() || name.size() > kNameBytesMax) return Bad("want a name");
    if (open_.empty() && seen_root_) return Bad("want one root element");
    if (++elements_ > kElementsMax) return Bad("too many elements");
    const size_t start = at_;
    bool empty = false;
    if (absl::Status closed = FindTagEnd(name_end, empty); !closed.ok()) return closed;
    Note(name, start);
    if (!empty) open_.push_back(name);
    if (open_.size() > kDepthMax) return Bad("too deep");
    if (empty && open_.empty()) header_end_ = text_.size();
    return absl::OkStatus();
  }

  // Moves behind the '>' of a start tag; '>' within quotes is text.
  absl::Status FindTagEnd(size_t from, bool& empty) {
    for (size_t i = from; i < text_.size(); ++i) {
      const char c = text_[i];
      if (c == '<') return Bad("a start tag is open");
      if (c == '"' || c == '\'') {
        const size_t quote = text_.find(c, i + 1);
        if (quote == absl::string_view::npos) return Bad("an attribute is open");
        const absl::string_view value = text_.substr(i + 1, quote - i - 1);
        if (value.find('<') != absl::string_view::npos) return Bad("'<' in an attribute");
        if (absl::Status told = CheckText(value); !told.ok()) return told;
        i = quote;
      } else if (c == '>') {
        empty = text_[i - 1] == '/';
        at_ = i + 1;
        return absl::OkStatus();
      }
    }
    return Bad("a start tag is open");
  }

  void Note(absl::string_view name, size_t start) {
    const size_t depth = open_.size() + 1;
    seen_root_ = true;
    if (depth == 1) root_ = name;
    if (depth == kComponentDepth && LocalName(name) == "component") {
      in_component_ = true;
      if (header_end_ == 0) header_end_ = start;
    } else if (depth == kComponentDepth) {
      in_component_ = false;
    }
    if (depth != kBodyDepth || !in_component_) return;
    if (LocalName(name) == "structuredBody") body_ = BodyKind::kStructured;
    if (LocalName(name) == "nonXMLBody") body_ = BodyKind::kNonXml;
  }

  absl::StatusOr<HeaderText> Cut() const {
    if (header_end_ > kHeaderBytesMax) {
      return absl::InvalidArgumentError("xml: the header is too large");
    }
    HeaderText out;
    out.xml = std::string(text_.substr(0, header_end_));
    if (header_end_ < text_.size()) absl::StrAppend(&out.xml, "</", root_, ">");
    out.body = body_;
    return out;
  }

  const absl::string_view text_;
  size_t at_ = 0;
  std::vector<absl::string_view> open_;
  absl::string_view root_;
  bool seen_root_ = false;
  bool in_component_ = false;
  size_t elements_ = 0;
  size_t header_end_ = 0;
  BodyKind body_ = BodyKind::kNone;
};

}  // namespace

absl::StatusOr<HeaderText> CutHeader(absl::string_view document) {
  if (document.size() > kDocumentBytesMax) {
    return absl::InvalidArgumentError("xml: the document is too large");
  }
  // UTF-16 and UTF-32: other sizes of characters.
  if (document.substr(0, 2).find('\0') != absl::string_view::npos ||
      absl::StartsWith(document, "\xFF\xFE") || absl::StartsWith(document, "\xFE\xFF")) {
    return absl::InvalidArgumentError("xml: want UTF-8 or another encoding of single bytes");
  }
  return Scanner(document).Run();
}

}  // namespace hie::cda
