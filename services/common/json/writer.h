#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "services/common/json/value.h"

namespace hie::json {

// Appends `text` as a JSON string, quotes included.
//
// The one form for each text: only the quote, the backslash and control characters are escaped
// (\b \f \n \r \t, else \u00xx in lower case).  Bytes that are not UTF-8 become U+FFFD, so that
// the output is always valid.
void AppendString(absl::string_view text, std::string& out);

// Writes JSON text piece by piece, compact and byte-stable: the same calls give the same bytes.
//
// Commas and colons are its own; calls must nest (a Key before each value of an object), which is
// the caller's duty and asserted.  Not thread-safe.
class Writer {
 public:
  Writer& BeginObject();
  Writer& EndObject();
  Writer& BeginArray();
  Writer& EndArray();
  Writer& Key(absl::string_view name);
  Writer& String(absl::string_view text);
  Writer& Integer(int64_t value);
  Writer& Boolean(bool value);
  Writer& Null();
  // A number as its lexeme.
  Writer& Number(absl::string_view lexeme);
  Writer& Element(const Value& value);
  // Text that is JSON already: a resource as received.
  Writer& Raw(absl::string_view json);
  // Key and String; nothing where `text` is empty, as FHIR has no empty elements.
  Writer& Text(absl::string_view name, absl::string_view text);

  // Returns the text.  Everything that was begun must have been ended.
  std::string Take() &&;

 private:
  void BeforeValue();
  Writer& Begin(char open);
  Writer& End(char close);

  std::string out_;
  std::vector<bool> has_members_;  // Per open array or object.
  bool after_key_ = false;
};

// Returns `value` as compact text; Read of it equals `value`.
std::string Write(const Value& value);

}  // namespace hie::json
