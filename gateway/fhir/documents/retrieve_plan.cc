#include "gateway/fhir/documents/retrieve_plan.h"

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace hie::fhir {
namespace {

// Digits only: no sign, no space.
bool ReadNumber(absl::string_view text, uint64_t& number) {
  const bool digits = !text.empty() && std::all_of(text.begin(), text.end(), absl::ascii_isdigit);
  return digits && absl::SimpleAtoi(text, &number);
}

// The type of "text/plain;charset=utf-8" in lower case.
std::string Essence(absl::string_view media_type) {
  return absl::AsciiStrToLower(
      absl::StripAsciiWhitespace(media_type.substr(0, media_type.find(';'))));
}

double WeightOf(absl::string_view item) {
  for (absl::string_view parameter : absl::StrSplit(item, ';')) {
    parameter = absl::StripAsciiWhitespace(parameter);
    double weight = 1;
    if (absl::ConsumePrefix(&parameter, "q=")) {
      return absl::SimpleAtod(parameter, &weight) ? std::clamp(weight, 0.0, 1.0) : 0;
    }
  }
  return 1;
}

bool Covers(absl::string_view range, absl::string_view type) {
  if (range == "*/*" || range == type) return true;
  return absl::ConsumeSuffix(&range, "*") && absl::EndsWith(range, "/") &&
         absl::StartsWith(type, range);
}

}  // namespace

RangeReading ReadRange(absl::string_view header, uint64_t size, ByteRange& range) {
  if (!absl::ConsumePrefix(&header, "bytes=") || header.find(',') != absl::string_view::npos) {
    return RangeReading::kWhole;
  }
  const size_t dash = header.find('-');
  if (dash == absl::string_view::npos || size == 0) return RangeReading::kWhole;
  const absl::string_view first = header.substr(0, dash);
  const absl::string_view last = header.substr(dash + 1);
  uint64_t number = 0;
  if (first.empty()) {
    if (!ReadNumber(last, number)) return RangeReading::kWhole;
    if (number == 0) return RangeReading::kUnsatisfiable;
    range = {size - std::min(number, size), size - 1};
    return RangeReading::kPart;
  }
  if (!ReadNumber(first, range.first)) return RangeReading::kWhole;
  range.last = size - 1;
  if (!last.empty()) {
    if (!ReadNumber(last, number) || number < range.first) return RangeReading::kWhole;
    range.last = std::min(number, size - 1);
  }
  return range.first < size ? RangeReading::kPart : RangeReading::kUnsatisfiable;
}

ContentForm ReadContentForm(absl::string_view accept, absl::string_view media_type) {
  if (absl::StripAsciiWhitespace(accept).empty()) return ContentForm::kRaw;
  const std::string own = Essence(media_type);
  double best = 0;
  ContentForm form = ContentForm::kNotAcceptable;
  const auto offer = [&](ContentForm offered, double weight) {
    if (weight > best || (weight == best && weight > 0 && offered == ContentForm::kRaw)) {
      best = weight;
      form = offered;
    }
  };
  for (const absl::string_view item : absl::StrSplit(accept, ',')) {
    const std::string type = Essence(item);
    const double weight = WeightOf(item);
    if (type == "application/fhir+json") offer(ContentForm::kBinaryJson, weight);
    if (type == "application/fhir+xml") offer(ContentForm::kBinaryXml, weight);
    if (Covers(type, own)) offer(ContentForm::kRaw, weight);
  }
  return form;
}

std::string Base64Parts::Add(absl::string_view bytes) {
  rest_.append(bytes.data(), bytes.size());
  const size_t settled = rest_.size() - rest_.size() % 3;
  const std::string text = absl::Base64Escape(absl::string_view(rest_).substr(0, settled));
  rest_.erase(0, settled);
  return text;
}

std::string Base64Parts::Finish() {
  const std::string text = absl::Base64Escape(rest_);
  rest_.clear();
  return text;
}

}  // namespace hie::fhir
