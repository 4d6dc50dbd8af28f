#include "gateway/http/exchange.h"

#include <algorithm>

#include "absl/strings/match.h"

namespace hie::http {

absl::string_view Headers::Get(absl::string_view name) const {
  for (const auto& [field, value] : fields_) {
    if (absl::EqualsIgnoreCase(field, name)) return value;
  }
  return "";
}

bool Headers::Has(absl::string_view name) const {
  return std::any_of(fields_.begin(), fields_.end(),
                     [&](const auto& field) { return absl::EqualsIgnoreCase(field.first, name); });
}

void Headers::Add(absl::string_view name, absl::string_view value) {
  fields_.emplace_back(std::string(name), std::string(value));
}

void Headers::Set(absl::string_view name, absl::string_view value) {
  fields_.erase(
      std::remove_if(fields_.begin(), fields_.end(),
                     [&](const auto& field) { return absl::EqualsIgnoreCase(field.first, name); }),
      fields_.end());
  Add(name, value);
}

}  // namespace hie::http
