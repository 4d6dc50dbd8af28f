#include "services/common/json/writer.h"

#include <simdjson.h>

#include <cassert>

#include "absl/strings/str_cat.h"

namespace hie::json {
namespace {

constexpr char kReplacement[] = "\xEF\xBF\xBD";  // U+FFFD

// Returns the length of the well-formed UTF-8 sequence at the front of `text`, or 0.
size_t SequenceLength(absl::string_view text) {
  for (size_t length = 1; length <= 4 && length <= text.size(); ++length) {
    if (simdjson::validate_utf8(text.data(), length)) return length;
  }
  return 0;
}

// Returns valid UTF-8: each byte that begins no sequence is replaced.
std::string Repaired(absl::string_view text) {
  std::string out;
  while (!text.empty()) {
    const size_t length = SequenceLength(text);
    if (length == 0) {
      out += kReplacement;
    } else {
      out.append(text.data(), length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return out;
}

void AppendEscaped(char c, std::string& out) {
  static constexpr char kHex[] = "0123456789abcdef";
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  out += "\\u00";
  out.push_back(kHex[static_cast<unsigned char>(c) >> 4]);
  out.push_back(kHex[c & 0xF]);
}

void AppendValid(absl::string_view text, std::string& out) {
  out.push_back('"');
  size_t begin = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out.append(text.data() + begin, i - begin);
    AppendEscaped(text[i], out);
    begin = i + 1;
  }
  out.append(text.data() + begin, text.size() - begin);
  out.push_back('"');
}

}  // namespace

void AppendString(absl::string_view text, std::string& out) {
  if (simdjson::validate_utf8(text.data(), text.size())) return AppendValid(text, out);
  AppendValid(Repaired(text), out);
}

void Writer::BeforeValue() {
  if (after_key_) {
    after_key_ = false;
    return;
  }
  if (has_members_.empty()) return;
  if (has_members_.back()) out_.push_back(',');
  has_members_.back() = true;
}

Writer& Writer::Begin(char open) {
  BeforeValue();
  out_.push_back(open);
  has_members_.push_back(false);
  return *this;
}

Writer& Writer::End(char close) {
  assert(!has_members_.empty() && !after_key_);
  has_members_.pop_back();
  out_.push_back(close);
  return *this;
}

Writer& Writer::BeginObject() { return Begin('{'); }
Writer& Writer::EndObject() { return End('}'); }
Writer& Writer::BeginArray() { return Begin('['); }
Writer& Writer::EndArray() { return End(']'); }

Writer& Writer::Key(absl::string_view name) {
  assert(!after_key_);
  BeforeValue();
  AppendString(name, out_);
  out_.push_back(':');
  after_key_ = true;
  return *this;
}

Writer& Writer::String(absl::string_view text) {
  BeforeValue();
  AppendString(text, out_);
  return *this;
}

Writer& Writer::Integer(int64_t value) { return Raw(absl::StrCat(value)); }
Writer& Writer::Boolean(bool value) { return Raw(value ? "true" : "false"); }
Writer& Writer::Null() { return Raw("null"); }
Writer& Writer::Number(absl::string_view lexeme) { return Raw(lexeme); }

Writer& Writer::Raw(absl::string_view json) {
  BeforeValue();
  absl::StrAppend(&out_, json);
  return *this;
}

Writer& Writer::Text(absl::string_view name, absl::string_view text) {
  if (text.empty()) return *this;
  return Key(name).String(text);
}

Writer& Writer::Element(const Value& value) {
  switch (value.kind()) {
    case Kind::kNull:
      return Null();
    case Kind::kBoolean:
      return Boolean(*value.boolean());
    case Kind::kNumber:
      return Number(value.lexeme());
    case Kind::kString:
      return String(value.text());
    case Kind::kArray:
      BeginArray();
      for (const Value& item : value.items()) Element(item);
      return EndArray();
    case Kind::kObject:
      BeginObject();
      for (const Member& member : value.members()) Key(member.name).Element(member.value);
      return EndObject();
  }
  return *this;
}

std::string Writer::Take() && {
  assert(has_members_.empty() && !after_key_);
  return std::move(out_);
}

std::string Write(const Value& value) {
  Writer writer;
  writer.Element(value);
  return std::move(writer).Take();
}

}  // namespace hie::json
