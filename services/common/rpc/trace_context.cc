#include "services/common/rpc/trace_context.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace hie::rpc {
namespace {

constexpr size_t kRequestIdMax = 64;

// `00-<trace 32>-<span 16>-<flags 2>`.
constexpr size_t kTraceparentSize = 55;
constexpr size_t kTraceAt = 3;
constexpr size_t kTraceSize = 32;
constexpr size_t kSpanAt = 36;
constexpr size_t kSpanSize = 16;
constexpr size_t kFlagsAt = 53;
constexpr size_t kTraceBytes = 16;
constexpr size_t kSpanBytes = 8;

bool IsLowerHex(absl::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return absl::ascii_isdigit(c) || (c >= 'a' && c <= 'f'); });
}

bool IsId(absl::string_view text) {
  return IsLowerHex(text) && text.find_first_not_of('0') != absl::string_view::npos;
}

// An id of `count` random bytes; all zero would mean none.
std::string RandomId(size_t count, RandomSource& random) {
  std::string bytes = random.Bytes(count);
  bytes.back() = static_cast<char>(bytes.back() | 1);
  return absl::BytesToHexString(bytes);
}

}  // namespace

bool IsRequestId(absl::string_view text) {
  return !text.empty() && text.size() <= kRequestIdMax &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return absl::ascii_isalnum(c) || c == '.' || c == '_' || c == '-';
         });
}

bool IsTraceparent(absl::string_view text) {
  return text.size() == kTraceparentSize && text.substr(0, kTraceAt) == "00-" &&
         text[kSpanAt - 1] == '-' && text[kFlagsAt - 1] == '-' &&
         IsId(text.substr(kTraceAt, kTraceSize)) && IsId(text.substr(kSpanAt, kSpanSize)) &&
         IsLowerHex(text.substr(kFlagsAt));
}

std::string SpanOf(absl::string_view incoming, RandomSource& random) {
  const bool known = IsTraceparent(incoming);
  const std::string trace =
      known ? std::string(incoming.substr(kTraceAt, kTraceSize)) : RandomId(kTraceBytes, random);
  return absl::StrCat("00-", trace, "-", RandomId(kSpanBytes, random), "-",
                      known ? incoming.substr(kFlagsAt) : absl::string_view("00"));
}

}  // namespace hie::rpc
