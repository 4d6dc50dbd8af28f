#include "services/common/json/value.h"

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace hie::json {
namespace {

// One step of a JSON pointer, with ~1 and ~0 undone in this order (RFC 6901 section 4).
std::string UnescapeToken(absl::string_view token) {
  return absl::StrReplaceAll(absl::StrReplaceAll(token, {{"~1", "/"}}), {{"~0", "~"}});
}

const Value* Step(const Value& value, absl::string_view token) {
  if (value.IsObject()) return value.Find(UnescapeToken(token));
  uint32_t index = 0;
  const bool canonical = token == "0" || (!token.empty() && token[0] >= '1' && token[0] <= '9');
  if (!canonical || !absl::SimpleAtoi(token, &index)) return nullptr;
  const absl::Span<const Value> items = value.items();
  return index < items.size() ? &items[index] : nullptr;
}

}  // namespace

Value Value::Boolean(bool value) {
  Value out;
  out.content_ = value;
  return out;
}

Value Value::Number(absl::string_view lexeme) {
  Value out;
  out.content_ = Lexeme{std::string(lexeme)};
  return out;
}

Value Value::Integer(int64_t value) { return Number(absl::StrCat(value)); }

Value Value::String(absl::string_view text) {
  Value out;
  out.content_ = std::string(text);
  return out;
}

Value Value::Array() { return Array(std::vector<Value>()); }

Value Value::Object() { return Object(std::vector<Member>()); }

Value Value::Array(std::vector<Value> items) {
  Value out;
  out.content_ = std::move(items);
  return out;
}

Value Value::Object(std::vector<Member> members) {
  Value out;
  out.content_ = std::move(members);
  return out;
}

absl::string_view Value::text() const {
  const auto* text = std::get_if<std::string>(&content_);
  return text == nullptr ? absl::string_view() : absl::string_view(*text);
}

absl::string_view Value::lexeme() const {
  const auto* number = std::get_if<Lexeme>(&content_);
  return number == nullptr ? absl::string_view() : absl::string_view(number->digits);
}

std::optional<bool> Value::boolean() const {
  const auto* value = std::get_if<bool>(&content_);
  return value == nullptr ? std::nullopt : std::optional<bool>(*value);
}

std::optional<int64_t> Value::integer() const {
  int64_t value = 0;
  // SimpleAtoi refuses fractions and exponents, and what does not fit.
  if (!absl::SimpleAtoi(lexeme(), &value)) return std::nullopt;
  return value;
}

absl::Span<const Value> Value::items() const {
  const auto* items = std::get_if<std::vector<Value>>(&content_);
  return items == nullptr ? absl::Span<const Value>() : absl::MakeConstSpan(*items);
}

absl::Span<const Member> Value::members() const {
  const auto* members = std::get_if<std::vector<Member>>(&content_);
  return members == nullptr ? absl::Span<const Member>() : absl::MakeConstSpan(*members);
}

const Value* Value::Find(absl::string_view name) const {
  for (const Member& member : members()) {
    if (member.name == name) return &member.value;
  }
  return nullptr;
}

const Value* Value::At(absl::string_view pointer) const {
  const Value* value = this;
  while (value != nullptr && !pointer.empty()) {
    if (pointer[0] != '/') return nullptr;
    pointer.remove_prefix(1);
    const absl::string_view token = pointer.substr(0, pointer.find('/'));
    pointer.remove_prefix(token.size());
    value = Step(*value, token);
  }
  return value;
}

absl::string_view Value::Text(absl::string_view name) const {
  const Value* value = Find(name);
  return value == nullptr ? absl::string_view() : value->text();
}

absl::Span<const Value> Value::Each(absl::string_view name) const {
  const Value* value = Find(name);
  return value == nullptr ? absl::Span<const Value>() : value->items();
}

void Value::Append(Value item) {
  if (IsNull()) content_ = std::vector<Value>();
  if (auto* items = std::get_if<std::vector<Value>>(&content_)) items->push_back(std::move(item));
}

void Value::Set(absl::string_view name, Value value) {
  if (IsNull()) content_ = std::vector<Member>();
  auto* members = std::get_if<std::vector<Member>>(&content_);
  if (members == nullptr) return;
  for (Member& member : *members) {
    if (member.name == name) {
      member.value = std::move(value);
      return;
    }
  }
  members->push_back(Member{std::string(name), std::move(value)});
}

bool operator==(const Value& a, const Value& b) { return a.content_ == b.content_; }

bool operator==(const Member& a, const Member& b) { return a.name == b.name && a.value == b.value; }

}  // namespace hie::json
