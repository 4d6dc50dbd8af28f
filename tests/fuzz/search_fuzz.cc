// Search parameters of URLs and forms, dates, tokens, references.
#include <cstdint>
#include <string>

#include "gateway/fhir/search_query.h"
#include "gateway/fhir/search_reader.h"
#include "gateway/fhir/url_form.h"

namespace {

const hie::fhir::Interaction& Search() {
  static const auto* const interaction =
      new hie::fhir::Interaction{.kind = hie::fhir::InteractionKind::kSearch,
                                 .path = "/Patient",
                                 .resource = "Patient",
                                 .parameters = {{"family", hie::fhir::ParameterType::kString},
                                                {"birthdate", hie::fhir::ParameterType::kDate},
                                                {"identifier", hie::fhir::ParameterType::kToken},
                                                {"patient", hie::fhir::ParameterType::kReference}}};
  return *interaction;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  namespace fhir = hie::fhir;
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  (void)fhir::DecodeSegment(text);
  (void)fhir::ReadDate(text);
  (void)fhir::ReadReference(text, "Patient", "https://gw.hie.example/fhir");
  const fhir::Token token = fhir::ReadToken(text);
  (void)fhir::TokenMatches(token, "urn:oid:2.999.1", "A");
  (void)fhir::StringMatches("", text, "Moreau");
  (void)fhir::StringMatches("contains", "eau", text);
  const auto cut = text.find('\n');
  for (const auto handling : {fhir::Handling::kLenient, fhir::Handling::kStrict}) {
    (void)fhir::ReadSearch(text.substr(0, cut), cut == text.npos ? "" : text.substr(cut + 1),
                           Search(), handling);
  }
  return 0;
}
