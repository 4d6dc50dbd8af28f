#include "gateway/fhir/call.h"

#include "absl/strings/str_cat.h"

namespace hie::fhir {

std::string Call::Url(absl::string_view reference) const {
  return absl::StrCat(services_.base_url, "/", reference);
}

}  // namespace hie::fhir
