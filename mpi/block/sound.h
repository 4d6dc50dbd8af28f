#pragma once

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace hie::mpi {

// Returns how a folded name sounds to an American registrar: a letter and at most three digits
// (Soundex, the National Archives' rules).  A name that does not begin with a to z is its own
// sound.  Empty for empty.  Source: NARA Soundex Indexing System.
std::string SoundOf(absl::string_view name);

// A phonetic code has at most this many letters, and a name in another script this many bytes.
inline constexpr size_t kPhoneticLettersMax = 6;
inline constexpr size_t kPhoneticBytesMax = 24;

// Returns the NYSIIS code of one folded word, lower case: "mckee" and "mackie" give "mcy".  Bytes
// other than a to z are passed over; a word without any is its own code, cut at
// kPhoneticBytesMax.  Empty for empty.  Total.  O(|folded|).
//
// NYSIIS and not Double Metaphone: it was made from the names of one state's people, keeps the
// order of the vowels' places, so fewer strangers share a code than with Soundex, and gives one
// code, hence one key per name.  H, W and K as in Apache Commons Codec, which repairs "kuhl" and
// "koehn" ("c" by the letter of the report).
// Source: Taft, "Name Search Techniques", NYSIIS Special Report 1, 1970.
std::string PhoneticOf(absl::string_view folded);

}  // namespace hie::mpi
