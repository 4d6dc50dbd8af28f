#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace hie::ctl::matching {

// One step of a weight: a field's part.
struct WaterfallStep {
  std::string name;    // family, birth_date, ...
  std::string level;   // exact, one_edit, ...
  std::string remark;  // Such as "1 in 900"; may be empty.
  int32_t weight = 0;  // Millibits.
};

// A weight that the sum is held against.
struct WaterfallThreshold {
  std::string name;
  int32_t weight = 0;
};

// A pair's weight, taken apart.  Names of fields and levels only: no PHI.
struct Waterfall {
  std::string title;
  std::string subtitle;
  int32_t prior = 0;
  std::vector<WaterfallStep> steps;
  std::vector<WaterfallThreshold> thresholds;
  std::string verdict;              // link, review, no.
  std::vector<std::string> vetoes;  // Their names.

  // The prior and all steps.
  int32_t total() const;
};

// Draws it: one bar from where the last one ended, green for agreement and red for contradiction,
// with the thresholds as lines.  An SVG document, the same bytes for the same input.
std::string DrawWaterfall(const Waterfall& waterfall);

}  // namespace hie::ctl::matching
