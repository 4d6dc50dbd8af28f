#pragma once

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

// Where a patient was seen, as one word of a locator claim: a facility, or a unit of it whose
// presence gives away more than its facility does (a Part 2 programme within a general hospital).
namespace hie::exchange {

inline constexpr char kPlaceUnitMark = '|';

// Returns the word of a facility, or of one of its units where `unit` is not empty.
inline std::string PlaceWord(absl::string_view facility, absl::string_view unit) {
  if (unit.empty()) return std::string(facility);
  return absl::StrCat(facility, absl::string_view(&kPlaceUnitMark, 1), unit);
}

// Returns facility and unit of a word; the unit is empty where it names none.
inline std::pair<absl::string_view, absl::string_view> SplitPlaceWord(absl::string_view word) {
  const size_t mark = word.rfind(kPlaceUnitMark);
  if (mark == absl::string_view::npos) return {word, ""};
  return {word.substr(0, mark), word.substr(mark + 1)};
}

}  // namespace hie::exchange
