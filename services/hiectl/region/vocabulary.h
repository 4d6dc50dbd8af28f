#pragma once

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace hie::region {

// A given name and its short form.
struct Nickname {
  absl::string_view given;
  absl::string_view short_form;
};
absl::Span<const Nickname> Nicknames();

// One thing that a chart may say.
struct Concept {
  absl::string_view system;
  absl::string_view code;
  absl::string_view display;
};
absl::Span<const Concept> Allergies();
absl::Span<const Concept> Medicines();
absl::Span<const Concept> Problems();
absl::Span<const Concept> Vaccines();
absl::Span<const Concept> Procedures();

// A measurement with its usual range.
struct Measurement {
  Concept concept_of;
  absl::string_view unit;
  int low;
  int high;
};
absl::Span<const Measurement> Measurements();

}  // namespace hie::region
