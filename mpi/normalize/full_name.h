#pragma once

#include "absl/strings/string_view.h"
#include "services/common/patient/demographics.h"

namespace hie::mpi {

// Splits a name that was written in one field.  Parts keep their spelling; `use` stays empty.
//
// * "Last, First Middle" and "First Middle Last", by whether a comma parts names.
// * A particle belongs to the family name ("Juan de la Cruz"), and so does what a "y" joins
//   ("Juan Garcia y Lopez").  "Van Morrison", "Al Gore" and "Ben Stiller" begin with a first name.
// * A generation (Jr, III) becomes the suffix; titles (Mr, Dr, Sir, MD) are left out.
// * A rank behind a comma is left out and is no first name: "John Smith, 2nd Baronet",
//   "Anne Clifford, Countess of Pembroke", "Henry, 1st Earl of X".
// * A maiden name behind "nee" is left out.
// * A single word is a family name.
//
// Total; O(|text|).
HumanName SplitFullName(absl::string_view text);

}  // namespace hie::mpi
