#pragma once

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "gateway/fhir/call.h"
#include "gateway/fhir/interaction.h"
#include "gateway/fhir/reading.h"
#include "gateway/fhir/search_reader.h"
#include "gateway/http/exchange.h"

namespace hie::fhir {

inline constexpr absl::Duration kBudgetDefault = absl::Seconds(10);
inline constexpr absl::Duration kBudgetMin = absl::Milliseconds(100);
inline constexpr absl::Duration kBudgetMax = absl::Seconds(60);

// What the headers of a request ask of its answer.
struct Wishes {
  Format format = Format::kJson;
  Handling handling = Handling::kLenient;
  bool respond_async = false;
  bool ndjson = false;        // A stream of lines instead of a Bundle.
  bool event_stream = false;  // The same as server-sent events.
  ReturnPreference preference = ReturnPreference::kUnspecified;
  absl::Duration budget = kBudgetDefault;
};

// Reads Accept, `_format`, Prefer, HIE-Deadline-Ms and grpc-timeout (R4 http.html, RFC 9110 12.5.1,
// RFC 7240).
//
// 406: nothing that is accepted can be written, or another fhirVersion than 4.0.  A read of Binary
// never fails: the document's own media type may be what is accepted.  400: malformed `_format`.
Reading<Wishes> ReadWishes(const http::Request& request, const Interaction& interaction);

// What a body is.
enum class BodyKind { kNone, kJson, kXml, kForm };

// 415: another media type, charset, fhirVersion or content coding than can be read; none named.
Reading<BodyKind> ReadBodyKind(const http::Request& request);

// "application/fhir+json;charset=utf-8" or its XML counterpart.
absl::string_view ContentTypeOf(Format format);

// The versions of If-Match or If-None-Match: W/"3" and "3" alike.  Empty for "*" and for none.
std::optional<std::string> EntityTagVersion(absl::string_view header);
// W/"3"
std::string WeakEntityTag(absl::string_view version);

}  // namespace hie::fhir
