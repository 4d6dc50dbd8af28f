#pragma once

#include "absl/strings/string_view.h"

// What the words of a street line mean; all words are folded.
namespace hie::mpi {

// "Street", "st", "crst", "landing": the kind of a street behind its name.
bool IsStreetKind(absl::string_view word);

// "Calle", "Avenue", "Rue": a kind that stands before its name too.
bool IsLeadingStreetKind(absl::string_view word);

// "n", "north", "nw".
bool IsDirection(absl::string_view word);

// "Highway", "route", "road", "county": a number behind it belongs to the street's name.
bool IsNumberedRoad(absl::string_view word);

// "Apt", "unit", "flat": whatever is behind it is the unit.
bool IsUnitWord(absl::string_view word);

// "Floor", "lot", "building": unit words that are parts of street names too.
bool IsWeakUnitWord(absl::string_view word);

// The short form that a word of a street's name is compared by: "saint" is "st", "first" is "1",
// "5th" is "5", "northwest" is "nw"; else the word.
absl::string_view CanonicalStreetWord(absl::string_view word);

// Tells whether the word is digits and an ordinal's ending: "5th".
bool IsOrdinalNumber(absl::string_view word);

}  // namespace hie::mpi
