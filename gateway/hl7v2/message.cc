#include "gateway/hl7v2/message.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "gateway/hl7v2/charset.h"

namespace hie::hl7v2 {
namespace {

constexpr absl::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr absl::string_view kLineEnds = "\r\n";
constexpr size_t kSegmentIdBytes = 3;

bool IsSegmentId(absl::string_view id) {
  if (id.size() != kSegmentIdBytes || !absl::ascii_isupper(id[0])) return false;
  return std::all_of(id.begin(), id.end(),
                     [](char c) { return absl::ascii_isupper(c) || absl::ascii_isdigit(c); });
}

// A line that begins a segment: `PID|...`, or an empty segment's id alone.
bool BeginsSegment(absl::string_view line, char separator) {
  if (!IsSegmentId(line.substr(0, kSegmentIdBytes))) return false;
  return line.size() == kSegmentIdBytes || line[kSegmentIdBytes] == separator;
}

// Free text may hold line ends that its sender did not escape.
bool MayContinue(absl::string_view id) { return id == "OBX" || id == "NTE"; }

absl::StatusOr<std::vector<absl::string_view>> SplitFields(absl::string_view text, char separator,
                                                           size_t fields_max) {
  std::vector<absl::string_view> fields;
  while (true) {
    const size_t end = text.find(separator);
    fields.push_back(text.substr(0, end));
    if (end == absl::string_view::npos) return fields;
    if (fields.size() > fields_max) {
      return absl::InvalidArgumentError(absl::StrCat(fields.front().substr(0, kSegmentIdBytes),
                                                     ": want at most ", fields_max, " fields"));
    }
    text.remove_prefix(end + 1);
  }
}

// MSH-1 and MSH-2.  Old senders leave out the subcomponent character, some the escape character.
absl::StatusOr<Delimiters> ReadDelimiters(absl::string_view header) {
  const absl::Status unusable = absl::InvalidArgumentError("MSH-2: want usable delimiters");
  const absl::string_view line = header.substr(0, header.find_first_of(kLineEnds));
  if (line.size() < kSegmentIdBytes + 2) return unusable;
  Delimiters delimiters;
  delimiters.field = line[kSegmentIdBytes];
  absl::string_view rest = line.substr(kSegmentIdBytes + 1);
  rest = rest.substr(0, rest.find(delimiters.field));
  char* const places[] = {&delimiters.component, &delimiters.repetition, &delimiters.escape,
                          &delimiters.subcomponent};
  if (rest.empty()) return unusable;
  for (size_t at = 0; at < rest.size() && at < std::size(places); ++at) *places[at] = rest[at];
  std::string all = {delimiters.field, delimiters.component, delimiters.repetition,
                     delimiters.escape, delimiters.subcomponent};
  for (const char c : all) {
    if (!absl::ascii_isprint(c) || absl::ascii_isalnum(c) || c == ' ' || c == '"') return unusable;
  }
  std::sort(all.begin(), all.end());
  if (std::adjacent_find(all.begin(), all.end()) != all.end()) return unusable;
  return delimiters;
}

// Ranges of lines that are one segment each, as offsets.
struct Range {
  size_t begin;
  size_t end;
};

absl::StatusOr<std::vector<Range>> SplitSegments(absl::string_view bytes, char separator,
                                                 size_t segments_max) {
  std::vector<Range> ranges;
  for (size_t at = 0; at < bytes.size();) {
    const size_t end = std::min(bytes.find_first_of(kLineEnds, at), bytes.size());
    const absl::string_view line = bytes.substr(at, end - at);
    if (BeginsSegment(line, separator)) {
      if (ranges.size() == segments_max) {
        return absl::InvalidArgumentError(
            absl::StrCat("message: want at most ", segments_max, " segments"));
      }
      ranges.push_back({at, end});
    } else if (!line.empty() && !ranges.empty() &&
               MayContinue(bytes.substr(ranges.back().begin, kSegmentIdBytes))) {
      ranges.back().end = end;
    }
    at = end + 1;
  }
  return ranges;
}

// What stands between two escape characters.
void AppendEscape(absl::string_view code, const Delimiters& delimiters, std::string& out) {
  if (code.size() == 1) {
    switch (code[0]) {
      case 'F':
        out.push_back(delimiters.field);
        return;
      case 'S':
        out.push_back(delimiters.component);
        return;
      case 'T':
        out.push_back(delimiters.subcomponent);
        return;
      case 'R':
        out.push_back(delimiters.repetition);
        return;
      case 'E':
        out.push_back(delimiters.escape);
        return;
      default:
        return;  // Highlighting.
    }
  }
  if (absl::ConsumePrefix(&code, "X") && code.size() % 2 == 0 &&
      std::all_of(code.begin(), code.end(), [](char c) { return absl::ascii_isxdigit(c); })) {
    out += absl::HexStringToBytes(code);
    return;
  }
  if (absl::StartsWith(code, ".br") || absl::StartsWith(code, ".sp") ||
      absl::StartsWith(code, ".ce")) {
    out.push_back('\n');
  }
}

// An escape sequence is short; a lone escape character is text.
constexpr size_t kEscapeBytesMax = 512;

}  // namespace

Segment::Segment(absl::string_view text, std::vector<absl::string_view> fields)
    : text_(text), fields_(std::move(fields)) {}

absl::string_view Segment::field(size_t number) const {
  if (id() == "MSH") {
    if (number == 1) return text_.substr(kSegmentIdBytes, 1);
    --number;
  }
  return number < fields_.size() ? fields_[number] : absl::string_view();
}

absl::string_view SkipToHeader(absl::string_view bytes) {
  while (!bytes.empty()) {
    if (!absl::ConsumePrefix(&bytes, kByteOrderMark) && !absl::ascii_isspace(bytes.front())) break;
    bytes = absl::StripLeadingAsciiWhitespace(bytes);
  }
  return bytes;
}

absl::StatusOr<Message> Message::Parse(absl::string_view utf8, const MessageLimits& limits) {
  const absl::string_view bytes = SkipToHeader(utf8);
  if (!absl::StartsWith(bytes, "MSH")) {
    return absl::InvalidArgumentError("MSH: want it as the first segment");
  }
  absl::StatusOr<Delimiters> delimiters = ReadDelimiters(bytes);
  if (!delimiters.ok()) return delimiters.status();
  const absl::StatusOr<std::vector<Range>> ranges =
      SplitSegments(bytes, delimiters->field, limits.segments_max);
  if (!ranges.ok()) return ranges.status();
  Message message;
  message.delimiters_ = *delimiters;
  message.segments_.reserve(ranges->size());
  for (const Range& range : *ranges) {
    const absl::string_view text = bytes.substr(range.begin, range.end - range.begin);
    absl::StatusOr<std::vector<absl::string_view>> fields =
        SplitFields(text, delimiters->field, limits.fields_max);
    if (!fields.ok()) return fields.status();
    message.segments_.emplace_back(text, *std::move(fields));
  }
  return message;
}

const Segment* Message::Find(absl::string_view id, size_t from) const {
  for (size_t at = from; at < segments_.size(); ++at) {
    if (segments_[at].id() == id) return &segments_[at];
  }
  return nullptr;
}

absl::string_view Message::Part(absl::string_view text, char delimiter, size_t number) const {
  for (; number > 1; --number) {
    const size_t end = text.find(delimiter);
    if (end == absl::string_view::npos) return absl::string_view();
    text.remove_prefix(end + 1);
  }
  return text.substr(0, text.find(delimiter));
}

std::vector<absl::string_view> Message::Repetitions(absl::string_view field) const {
  std::vector<absl::string_view> repetitions;
  if (field.empty()) return repetitions;
  while (true) {
    const size_t end = field.find(delimiters_.repetition);
    repetitions.push_back(field.substr(0, end));
    if (end == absl::string_view::npos) return repetitions;
    field.remove_prefix(end + 1);
  }
}

absl::string_view Message::Component(absl::string_view repetition, size_t number) const {
  return Part(repetition, delimiters_.component, number);
}

absl::string_view Message::Subcomponent(absl::string_view component, size_t number) const {
  return Part(component, delimiters_.subcomponent, number);
}

std::string Message::FormattedText(absl::string_view raw) const {
  std::string text;
  text.reserve(raw.size());
  while (!raw.empty()) {
    const size_t begin = raw.find(delimiters_.escape);
    text.append(raw.data(), std::min(begin, raw.size()));
    if (begin == absl::string_view::npos) break;
    const size_t end = raw.substr(0, begin + kEscapeBytesMax).find(delimiters_.escape, begin + 1);
    if (end == absl::string_view::npos) {
      text.push_back(delimiters_.escape);
      raw.remove_prefix(begin + 1);
      continue;
    }
    AppendEscape(raw.substr(begin + 1, end - begin - 1), delimiters_, text);
    raw.remove_prefix(end + 1);
  }
  // Escaped bytes may be of any character set.
  return IsUtf8(text) ? text : Latin1ToUtf8(text);
}

std::string Message::Text(absl::string_view raw) const {
  if (IsNull(raw)) return "";
  std::string text = FormattedText(raw);
  absl::StripAsciiWhitespace(&text);
  return text;
}

std::string Message::FieldText(const Segment& segment, size_t field, size_t component) const {
  const absl::string_view raw = segment.field(field);
  const absl::string_view first = raw.substr(0, raw.find(delimiters_.repetition));
  return Text(Subcomponent(Component(first, component), 1));
}

}  // namespace hie::hl7v2
