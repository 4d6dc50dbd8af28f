#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace hie::json {

// What a JSON element is.
enum class Kind { kNull, kBoolean, kNumber, kString, kArray, kObject };

struct Member;

// One JSON element with everything below it: the tree that FHIR work is done on.
//
// Objects keep the order of their members and hold no name twice; numbers keep their lexeme, so
// that 1.50 stays 1.50; strings are valid UTF-8.  Regular value type; const access is thread-safe.
// Every accessor is total: asked for what the element is not, it returns the empty answer named
// below, so that optional FHIR elements are read without a ladder of checks.
class Value {
 public:
  Value() = default;  // null
  static Value Null();
  static Value Boolean(bool value);
  // `lexeme` is a JSON number; Reader guarantees it, builders must.
  static Value Number(absl::string_view lexeme);
  static Value Integer(int64_t value);
  static Value String(absl::string_view text);
  static Value Array();
  static Value Array(std::vector<Value> items);
  static Value Object();
  static Value Object(std::vector<Member> members);

  Kind kind() const { return static_cast<Kind>(content_.index()); }
  bool IsNull() const { return kind() == Kind::kNull; }
  bool IsString() const { return kind() == Kind::kString; }
  bool IsArray() const { return kind() == Kind::kArray; }
  bool IsObject() const { return kind() == Kind::kObject; }

  // The text of a string; else empty.  Valid while the element lives.
  absl::string_view text() const;
  // The digits of a number as received; else empty.
  absl::string_view lexeme() const;
  std::optional<bool> boolean() const;
  // A number without fraction or exponent that fits; else nothing.
  std::optional<int64_t> integer() const;
  // The elements of an array; else none.
  absl::Span<const Value> items() const;
  // The members of an object in order; else none.
  absl::Span<const Member> members() const;

  // The member `name`, or null.  Linear in the number of members, which in FHIR is small.
  const Value* Find(absl::string_view name) const;
  // The element at a JSON pointer (RFC 6901): "/name/0/family"; "" is this element.  Null if
  // absent.
  const Value* At(absl::string_view pointer) const;
  // The text of the string member `name`; empty where there is none.
  absl::string_view Text(absl::string_view name) const;
  // The elements of the array member `name`; none where there is none.
  absl::Span<const Value> Each(absl::string_view name) const;

  // Builders.  Append needs an array, Set an object; Set replaces a member of the same name.
  // On null they make it so; on another kind they do nothing.
  void Append(Value item);
  void Set(absl::string_view name, Value value);

  // Where the element stood in the text it was read from: bytes [begin, end); 0, 0 if built.
  uint32_t source_begin() const { return source_begin_; }
  uint32_t source_end() const { return source_end_; }
  void SetSource(uint32_t begin, uint32_t end) {
    source_begin_ = begin;
    source_end_ = end;
  }

  // Same kind and content: members in the same order, numbers by lexeme.  Ignores the source.
  friend bool operator==(const Value& a, const Value& b);

 private:
  struct Lexeme {
    std::string digits;
    friend bool operator==(const Lexeme&, const Lexeme&) = default;
  };
  // In the order of Kind.
  std::variant<std::monostate, bool, Lexeme, std::string, std::vector<Value>, std::vector<Member>>
      content_;
  uint32_t source_begin_ = 0;
  uint32_t source_end_ = 0;
};

// One member of an object.
struct Member {
  std::string name;
  Value value;
};

bool operator==(const Member& a, const Member& b);

inline Value Value::Null() { return Value(); }

}  // namespace hie::json
