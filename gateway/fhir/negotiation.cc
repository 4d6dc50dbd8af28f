#include "gateway/fhir/negotiation.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "gateway/fhir/url_form.h"

namespace hie::fhir {
namespace {

// One media type of a list, lower case, with the parameters that matter.
struct MediaType {
  std::string type;
  std::string charset;
  std::string fhir_version;
  double quality = 1;
};

std::string Unquoted(absl::string_view text) {
  text = absl::StripAsciiWhitespace(text);
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') {
    text = text.substr(1, text.size() - 2);
  }
  return absl::AsciiStrToLower(text);
}

MediaType ReadMediaType(absl::string_view text) {
  MediaType media;
  const std::vector<absl::string_view> parts = absl::StrSplit(text, ';');
  media.type = absl::AsciiStrToLower(absl::StripAsciiWhitespace(parts.front()));
  for (size_t i = 1; i < parts.size(); ++i) {
    const std::pair<absl::string_view, absl::string_view> field =
        absl::StrSplit(parts[i], absl::MaxSplits('=', 1));
    const std::string name = Unquoted(field.first);
    if (name == "charset") media.charset = Unquoted(field.second);
    if (name == "fhirversion") media.fhir_version = Unquoted(field.second);
    if (name != "q") continue;
    // "nan" reads as a number and has no place in an order.
    const bool weight = absl::SimpleAtod(Unquoted(field.second), &media.quality);
    if (!weight || !(media.quality >= 0 && media.quality <= 1)) media.quality = 0;
  }
  return media;
}

bool VersionFits(absl::string_view version) {
  return version.empty() || version == "4.0" || version == "4.0.1";
}

std::optional<Format> FormatOf(absl::string_view type) {
  if (type == "application/fhir+json" || type == "application/json" || type == "text/json" ||
      type == "*/*" || type == "application/*" || type == "json") {
    return Format::kJson;
  }
  if (type == "application/fhir+xml" || type == "application/xml" || type == "text/xml" ||
      type == "xml") {
    return Format::kXml;
  }
  return std::nullopt;
}

Failure NotAcceptable() {
  return Fail(406, "not-supported",
              "Answers are written as application/fhir+json or application/fhir+xml, FHIR 4.0.");
}

// Applies one accepted type; false: it is none of ours.
bool Accept(const MediaType& media, Wishes& wishes) {
  if (media.quality <= 0 || !VersionFits(media.fhir_version)) return false;
  wishes.ndjson = media.type == "application/x-ndjson" || media.type == "application/ndjson";
  wishes.event_stream = media.type == "text/event-stream";
  if (wishes.ndjson || wishes.event_stream) return true;
  const std::optional<Format> format = FormatOf(media.type);
  if (format) wishes.format = *format;
  return format.has_value();
}

bool ReadAccept(absl::string_view header, Wishes& wishes) {
  if (absl::StripAsciiWhitespace(header).empty()) return true;
  std::vector<MediaType> accepted;
  for (const absl::string_view text : absl::StrSplit(header, ',')) {
    accepted.push_back(ReadMediaType(text));
  }
  std::stable_sort(accepted.begin(), accepted.end(),
                   [](const MediaType& a, const MediaType& b) { return a.quality > b.quality; });
  return std::any_of(accepted.begin(), accepted.end(),
                     [&](const MediaType& media) { return Accept(media, wishes); });
}

// `_format` of the query string; nothing where it has none.
std::optional<std::string> FormatParameter(const http::Request& request) {
  const auto fields = DecodeForm(request.query);
  if (!fields.ok()) return std::nullopt;  // The search reader refuses it.
  for (const auto& [name, value] : *fields) {
    if (name != "_format" || value.empty()) continue;
    std::string type = value;  // A plus sign that was not encoded arrives as a space.
    std::replace(type.begin(), type.end(), ' ', '+');
    return type;
  }
  return std::nullopt;
}

void ReadPreference(absl::string_view header, Wishes& wishes) {
  for (const absl::string_view text : absl::StrSplit(header, absl::ByAnyChar(",;"))) {
    const std::pair<absl::string_view, absl::string_view> field =
        absl::StrSplit(text, absl::MaxSplits('=', 1));
    const std::string name = Unquoted(field.first);
    const std::string value = Unquoted(field.second);
    if (name == "respond-async") wishes.respond_async = true;
    if (name == "handling") {
      wishes.handling = value == "strict" ? Handling::kStrict : Handling::kLenient;
    }
    if (name != "return") continue;
    if (value == "minimal") wishes.preference = ReturnPreference::kMinimal;
    if (value == "representation") wishes.preference = ReturnPreference::kRepresentation;
    if (value == "operationoutcome") wishes.preference = ReturnPreference::kOperationOutcome;
  }
}

// gRPC over HTTP2: at most eight digits and a unit.
std::optional<absl::Duration> GrpcTimeout(absl::string_view text) {
  if (text.size() < 2 || text.size() > 9) return std::nullopt;
  uint32_t amount = 0;
  if (!absl::SimpleAtoi(text.substr(0, text.size() - 1), &amount)) return std::nullopt;
  switch (text.back()) {
    case 'H':
      return absl::Hours(amount);
    case 'M':
      return absl::Minutes(amount);
    case 'S':
      return absl::Seconds(amount);
    case 'm':
      return absl::Milliseconds(amount);
    case 'u':
      return absl::Microseconds(amount);
    case 'n':
      return absl::Nanoseconds(amount);
    default:
      return std::nullopt;
  }
}

absl::Duration ReadBudget(const http::Headers& headers, absl::Duration otherwise) {
  absl::Duration budget = otherwise;
  uint32_t millis = 0;
  if (absl::SimpleAtoi(headers.Get("HIE-Deadline-Ms"), &millis)) {
    budget = absl::Milliseconds(millis);
  }
  if (const auto timeout = GrpcTimeout(headers.Get("grpc-timeout"))) {
    budget = std::min(*timeout, headers.Has("HIE-Deadline-Ms") ? budget : kBudgetMax);
  }
  return std::clamp(budget, kBudgetMin, kBudgetMax);
}

}  // namespace

Reading<Wishes> ReadWishes(const http::Request& request, const Interaction& interaction) {
  Wishes wishes;
  const std::optional<std::string> parameter = FormatParameter(request);
  const bool fits = parameter ? Accept(ReadMediaType(*parameter), wishes)
                              : ReadAccept(request.headers.Get("Accept"), wishes);
  const bool own_type =
      interaction.resource == "Binary" && interaction.kind == InteractionKind::kRead;
  if (!fits && !own_type) return NotAcceptable();
  for (const auto& [name, value] : request.headers.fields()) {
    if (absl::EqualsIgnoreCase(name, "Prefer")) ReadPreference(value, wishes);
  }
  wishes.budget = ReadBudget(request.headers, wishes.respond_async ? kBudgetMax : kBudgetDefault);
  return wishes;
}

Reading<BodyKind> ReadBodyKind(const http::Request& request) {
  if (request.body.empty()) return BodyKind::kNone;
  const MediaType media = ReadMediaType(request.headers.Get("Content-Type"));
  const absl::string_view coding = request.headers.Get("Content-Encoding");
  const bool readable = (media.charset.empty() || media.charset == "utf-8") &&
                        VersionFits(media.fhir_version) &&
                        (coding.empty() || absl::EqualsIgnoreCase(coding, "identity"));
  if (readable) {
    if (media.type == "application/x-www-form-urlencoded") return BodyKind::kForm;
    const std::optional<Format> format = FormatOf(media.type);
    const bool named =
        format && absl::StrContains(media.type, '/') && !absl::StrContains(media.type, '*');
    if (named) return *format == Format::kJson ? BodyKind::kJson : BodyKind::kXml;
  }
  return Fail(415, "not-supported",
              "Bodies are read as application/fhir+json or application/fhir+xml in UTF-8.");
}

absl::string_view ContentTypeOf(Format format) {
  return format == Format::kXml ? "application/fhir+xml;charset=utf-8"
                                : "application/fhir+json;charset=utf-8";
}

std::optional<std::string> EntityTagVersion(absl::string_view header) {
  header = absl::StripAsciiWhitespace(header);
  absl::ConsumePrefix(&header, "W/");
  if (header.size() < 3 || header.front() != '"' || header.back() != '"') return std::nullopt;
  return std::string(header.substr(1, header.size() - 2));
}

std::string WeakEntityTag(absl::string_view version) { return absl::StrCat("W/\"", version, "\""); }

}  // namespace hie::fhir
