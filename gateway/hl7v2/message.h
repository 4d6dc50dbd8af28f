#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace hie::hl7v2 {

// The characters that take a message apart (MSH-1 and MSH-2).
struct Delimiters {
  char field = '|';
  char component = '^';
  char repetition = '~';
  char escape = '\\';
  char subcomponent = '&';
};

// One segment.  Views into the message's bytes.
class Segment {
 public:
  Segment(absl::string_view text, std::vector<absl::string_view> fields);

  // PID, OBX, ZPI.
  absl::string_view id() const { return fields_.front(); }
  // Field `number`, from 1, raw, with its repetitions; empty where absent.  MSH-1 is the separator.
  absl::string_view field(size_t number) const;
  // The whole segment without its terminator.
  absl::string_view text() const { return text_; }

 private:
  absl::string_view text_;
  std::vector<absl::string_view> fields_;  // The id first.
};

// What a message may have at most; beyond it: refused.
struct MessageLimits {
  size_t segments_max = 50'000;
  size_t fields_max = 1'000;  // Of a segment.
};

// An HL7 v2 message as a tree over its bytes (HL7 v2.5.1 chapter 2.5-2.7): nothing is copied.
//
// Tolerant: segments end with CR, LF or CRLF; blank lines and a byte order mark are skipped; a line
// that is no segment continues the text of the OBX or NTE before it, and is skipped elsewhere.
// Immutable, thread-safe; must not outlive the bytes.
class Message {
 public:
  // Total on any bytes.  INVALID_ARGUMENT: no MSH, unusable delimiters, or beyond the limits; the
  // message repeats nothing of the bytes.  `utf8` must be in a superset of ASCII (charset.h).
  static absl::StatusOr<Message> Parse(absl::string_view utf8, const MessageLimits& limits = {});

  const Delimiters& delimiters() const { return delimiters_; }
  const std::vector<Segment>& segments() const { return segments_; }
  const Segment& msh() const { return segments_.front(); }
  // The first segment `id` at or after `from`; null: none.
  const Segment* Find(absl::string_view id, size_t from = 0) const;

  // Raw parts.  Numbers count from 1; what is absent is empty.
  std::vector<absl::string_view> Repetitions(absl::string_view field) const;
  absl::string_view Component(absl::string_view repetition, size_t number) const;
  absl::string_view Subcomponent(absl::string_view component, size_t number) const;

  // The text of a part: escapes resolved, surrounding blanks removed, valid UTF-8.  The escapes F,
  // S, T, R and E are the delimiters, X bytes, `.br`, `.sp` and `.ce` new lines; others are
  // nothing.
  std::string Text(absl::string_view raw) const;
  // Text of a formatted field: as Text, and blanks stay.
  std::string FormattedText(absl::string_view raw) const;
  // Text of component `number` of the first repetition of a field, first subcomponent.
  std::string FieldText(const Segment& segment, size_t field, size_t component = 1) const;

 private:
  Message() = default;
  absl::string_view Part(absl::string_view text, char delimiter, size_t number) const;

  Delimiters delimiters_;
  std::vector<Segment> segments_;
};

// The part is `""`: deleted, as opposed to empty: not said.
inline bool IsNull(absl::string_view raw) { return raw == "\"\""; }

// Returns `bytes` from its MSH on: without byte order mark, blank lines and blanks before it.
absl::string_view SkipToHeader(absl::string_view bytes);

}  // namespace hie::hl7v2
