#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "services/common/base/civil_date.h"
#include "services/hiectl/region/population.h"

namespace hie::region {

// How a text goes wrong on its way into a record.
enum class Slip {
  kKeyboard,       // A letter replaced by its neighbour on a US keyboard.
  kLetterLost,     // A letter left out.
  kLetterDoubled,  // A letter typed twice.
  kTransposed,     // Two neighbouring letters swapped.
  kScanned,        // A letter misread by a scanner: rn for m, 0 for O.
  kHeard,          // Spelt by ear: f for ph, k for c.
};

// Returns `text` with one slip of the kind.  Texts of fewer than three letters come back as they
// are, and so does a text in which the kind finds nothing to change.  ASCII letters only are
// touched; total.
std::string Misspell(absl::string_view text, Slip slip, Dice& dice);

// Returns `text` with one slip of a usual kind: keyboard 30 %, lost 20 %, doubled 10 %, transposed
// 20 %, heard 20 % (an assumption).  Differs from `text` where three letters or more allow it.
std::string Mistype(absl::string_view text, Dice& dice);

// Returns `text` with one digit replaced, or two neighbouring digits swapped; other characters
// stay.  A text without digits comes back as it is.
std::string MistypeDigits(absl::string_view text, Dice& dice);

// Returns a date that exists, with one digit wrong, or day and month swapped, or one year, month or
// day off.
CivilDate MistypeDate(CivilDate date, Dice& dice);

// Number of days in a month of the Gregorian calendar.
int DaysInMonth(int year, int month);

}  // namespace hie::region
