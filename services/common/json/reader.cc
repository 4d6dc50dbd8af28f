#include "services/common/json/reader.h"

#include <simdjson.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace hie::json {
namespace {

// Up to this many members, comparing all pairs is faster than hashing.
constexpr size_t kPairwiseMembersMax = 16;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

int HexDigit(char c) {
  if (IsDigit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

void AppendUtf8(uint32_t point, std::string& out) {
  if (point < 0x80) {
    out.push_back(static_cast<char>(point));
  } else if (point < 0x800) {
    out.push_back(static_cast<char>(0xC0 | point >> 6));
    out.push_back(static_cast<char>(0x80 | (point & 0x3F)));
  } else if (point < 0x10000) {
    out.push_back(static_cast<char>(0xE0 | point >> 12));
    out.push_back(static_cast<char>(0x80 | (point >> 6 & 0x3F)));
    out.push_back(static_cast<char>(0x80 | (point & 0x3F)));
  } else {
    out.push_back(static_cast<char>(0xF0 | point >> 18));
    out.push_back(static_cast<char>(0x80 | (point >> 12 & 0x3F)));
    out.push_back(static_cast<char>(0x80 | (point >> 6 & 0x3F)));
    out.push_back(static_cast<char>(0x80 | (point & 0x3F)));
  }
}

// Returns the first name that occurs a second time, or null.
const Member* FindRepeatedName(const std::vector<Member>& members) {
  if (members.size() <= kPairwiseMembersMax) {
    for (size_t i = 1; i < members.size(); ++i) {
      for (size_t j = 0; j < i; ++j) {
        if (members[i].name == members[j].name) return &members[i];
      }
    }
    return nullptr;
  }
  absl::flat_hash_set<absl::string_view> names;
  names.reserve(members.size());
  for (const Member& member : members) {
    if (!names.insert(member.name).second) return &member;
  }
  return nullptr;
}

// Recursive descent over bytes that are known to be UTF-8; depth is capped, so the stack is too.
class Parser {
 public:
  Parser(absl::string_view text, const ReadLimits& limits) : text_(text), limits_(limits) {}

  absl::StatusOr<Value> ReadAll() {
    Value value;
    SkipSpace();
    if (!ReadValue(value)) return status_;
    SkipSpace();
    if (position_ != text_.size()) {
      Fail("want the end of the text");
      return status_;
    }
    return value;
  }

 private:
  // Returns false so that a reader can say `return Fail(...)`.
  bool Fail(absl::string_view what) { return FailAt(position_, what); }

  bool FailAt(size_t position, absl::string_view what) {
    status_ = absl::InvalidArgumentError(absl::StrCat("json: byte ", position, ": ", what));
    return false;
  }

  bool Exhausted(absl::string_view what) {
    status_ = absl::ResourceExhaustedError(absl::StrCat("json: byte ", position_, ": ", what));
    return false;
  }

  bool AtEnd() const { return position_ >= text_.size(); }
  char Peek() const { return AtEnd() ? '\0' : text_[position_]; }

  bool Take(char c) {
    if (AtEnd() || text_[position_] != c) return false;
    ++position_;
    return true;
  }

  void SkipSpace() {
    while (!AtEnd()) {
      const char c = text_[position_];
      if (c != ' ' && c != '\n' && c != '\r' && c != '\t') return;
      ++position_;
    }
  }

  bool ReadValue(Value& out) {
    if (++elements_ > limits_.elements_max) return Exhausted("too many elements");
    const size_t begin = position_;
    bool read = false;
    switch (Peek()) {
      case '{':
        read = ReadObject(out);
        break;
      case '[':
        read = ReadArray(out);
        break;
      case '"':
        read = ReadText(out);
        break;
      case 't':
        read = ReadWord("true", Value::Boolean(true), out);
        break;
      case 'f':
        read = ReadWord("false", Value::Boolean(false), out);
        break;
      case 'n':
        read = ReadWord("null", Value::Null(), out);
        break;
      default:
        read = ReadNumber(out);
        break;
    }
    if (read) out.SetSource(static_cast<uint32_t>(begin), static_cast<uint32_t>(position_));
    return read;
  }

  bool ReadWord(absl::string_view word, Value value, Value& out) {
    if (text_.substr(position_, word.size()) != word) return Fail("want a value");
    position_ += word.size();
    out = std::move(value);
    return true;
  }

  bool ReadText(Value& out) {
    std::string text;
    if (!ReadString(text)) return false;
    out = Value::String(text);
    return true;
  }

  bool ReadDigits() {
    if (!IsDigit(Peek())) return false;
    while (IsDigit(Peek())) ++position_;
    return true;
  }

  bool ReadNumber(Value& out) {
    const size_t begin = position_;
    Take('-');
    if (Peek() == '0') {
      ++position_;
      if (IsDigit(Peek())) return Fail("want no leading zero");
    } else if (!ReadDigits()) {
      return FailAt(begin, "want a value");
    }
    if (Take('.') && !ReadDigits()) return Fail("want a digit after the point");
    if (Take('e') || Take('E')) {
      if (!Take('+')) Take('-');
      if (!ReadDigits()) return Fail("want a digit in the exponent");
    }
    out = Value::Number(text_.substr(begin, position_ - begin));
    return true;
  }

  bool ReadHex4(uint32_t& out) {
    out = 0;
    for (int i = 0; i < 4; ++i) {
      const int digit = HexDigit(Peek());
      if (digit < 0) return Fail("want four hexadecimal digits");
      out = out << 4 | static_cast<uint32_t>(digit);
      ++position_;
    }
    return true;
  }

  bool ReadUnicodeEscape(std::string& out) {
    uint32_t point = 0;
    if (!ReadHex4(point)) return false;
    if (point >= 0xDC00 && point <= 0xDFFF) return Fail("want a high surrogate first");
    if (point >= 0xD800 && point <= 0xDBFF) {
      uint32_t low = 0;
      if (!Take('\\') || !Take('u')) return Fail("want a low surrogate");
      if (!ReadHex4(low)) return false;
      if (low < 0xDC00 || low > 0xDFFF) return Fail("want a low surrogate");
      point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
    }
    AppendUtf8(point, out);
    return true;
  }

  bool ReadEscape(std::string& out) {
    const char c = Peek();
    ++position_;
    switch (c) {
      case '"':
      case '\\':
      case '/':
        out.push_back(c);
        return true;
      case 'b':
        out.push_back('\b');
        return true;
      case 'f':
        out.push_back('\f');
        return true;
      case 'n':
        out.push_back('\n');
        return true;
      case 'r':
        out.push_back('\r');
        return true;
      case 't':
        out.push_back('\t');
        return true;
      case 'u':
        return ReadUnicodeEscape(out);
      default:
        return FailAt(position_ - 1, "want an escape of JSON");
    }
  }

  bool ReadString(std::string& out) {
    if (!Take('"')) return Fail("want a string");
    while (true) {
      const size_t begin = position_;
      while (!AtEnd() && text_[position_] != '"' && text_[position_] != '\\' &&
             static_cast<unsigned char>(text_[position_]) >= 0x20) {
        ++position_;
      }
      out.append(text_.data() + begin, position_ - begin);
      if (AtEnd()) return Fail("want the end of a string");
      if (Take('"')) return true;
      if (!Take('\\')) return Fail("want control characters escaped");
      if (!ReadEscape(out)) return false;
    }
  }

  bool Enter() {
    if (++depth_ > limits_.depth_max) return Exhausted("nested too deep");
    ++position_;
    SkipSpace();
    return true;
  }

  bool ReadArray(Value& out) {
    if (!Enter()) return false;
    std::vector<Value> items;
    if (!Take(']')) {
      do {
        SkipSpace();
        if (!ReadValue(items.emplace_back())) return false;
        SkipSpace();
      } while (Take(','));
      if (!Take(']')) return Fail("want , or ]");
    }
    --depth_;
    out = Value::Array(std::move(items));
    return true;
  }

  bool ReadMember(Member& out) {
    SkipSpace();
    if (!ReadString(out.name)) return false;
    SkipSpace();
    if (!Take(':')) return Fail("want :");
    SkipSpace();
    if (!ReadValue(out.value)) return false;
    SkipSpace();
    return true;
  }

  bool ReadObject(Value& out) {
    if (!Enter()) return false;
    std::vector<Member> members;
    if (!Take('}')) {
      do {
        if (!ReadMember(members.emplace_back())) return false;
      } while (Take(','));
      if (!Take('}')) return Fail("want , or }");
    }
    if (const Member* repeated = FindRepeatedName(members)) {
      return FailAt(repeated->value.source_begin(), "want each name once in an object");
    }
    --depth_;
    out = Value::Object(std::move(members));
    return true;
  }

  const absl::string_view text_;
  const ReadLimits& limits_;
  size_t position_ = 0;
  size_t elements_ = 0;
  int depth_ = 0;
  absl::Status status_;
};

}  // namespace

absl::StatusOr<Value> Read(absl::string_view text, const ReadLimits& limits) {
  if (text.size() > limits.bytes_max || text.size() > kBytesCeiling) {
    return absl::ResourceExhaustedError("json: too many bytes");
  }
  // The vectorised check of simdjson; its parser loses lexemes and repeated names (README).
  if (!simdjson::validate_utf8(text.data(), text.size())) {
    return absl::InvalidArgumentError("json: want UTF-8");
  }
  return Parser(text, limits).ReadAll();
}

}  // namespace hie::json
