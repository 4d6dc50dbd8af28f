#pragma once

#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"
#include "mpi/compare/packed_record.h"
#include "mpi/normalize/features.h"

namespace hie::mpi {

// A way to look for records that may be of the same person.  A given code is a group of
// nicknames, or the first three letters; a sound is Soundex of a family name or of a part of it.
enum class KeyType : uint8_t {
  kSsn,             // SSN, nine digits.
  kSsnLastFourDob,  // Last four of the SSN and birth date.
  kIdentifier,      // Any other identifier, with its assigner; the record's own key.
  kPhone,           // Last seven digits.
  kEmail,           // E-mail address.
  kSoundDob,        // Sound, year, month and day in either order.
  kGivenDob,        // Given code and birth date.
  kNameYear,        // Family name, birth year, initial of the first name.
  kSwappedNames,    // First and family name in either order, birth year.
  kGivenYearMonth,  // Given code, year and month of birth.
  kNames,           // Sound and given code.
  kAddress,         // House number, street's start, ZIP.
  kZipDob,          // ZIP and birth date.
  kNamesPlace,      // ZIP or city, sound, initial of the first name.
  kMotherDob,       // Mother's maiden name and birth date.
  kExtraNames,      // An extra field's value with the sound, and with the given code.
  kDob,             // Birth date alone: in a large population its narrow form only.
  kSound,           // Sound alone: the same.
  kGivenPlace,      // Given code and ZIP or city: the same.
};
inline constexpr int kKeyTypeCount = 19;

// How much a key finds alone.
enum class KeyBreadth {
  kFine,
  kBroad,      // Also many who are strangers: narrowed early.
  kVeryBroad,  // Finds what the others miss where records are few; else its narrow form is enough.
};
constexpr KeyBreadth BreadthOf(KeyType type) {
  if (type >= KeyType::kDob) return KeyBreadth::kVeryBroad;
  const bool broad = type == KeyType::kNames || type == KeyType::kGivenYearMonth;
  return broad ? KeyBreadth::kBroad : KeyBreadth::kFine;
}

// One key of a record: the 8-byte hashes under which the index files it.
//
// A record is filed under both: `refined` narrows `base` where too many records hold it.
struct BlockKey {
  KeyType type = KeyType::kSsn;
  uint64_t base = 0;
  uint64_t refined = 0;  // 0: the record lacks what would narrow it.
  friend bool operator==(const BlockKey&, const BlockKey&) = default;
  friend auto operator<=>(const BlockKey&, const BlockKey&) = default;
};

// Returns the keys of a record or a question, sorted, each once.  Deterministic on every machine;
// muted values make no key.
std::vector<BlockKey> MakeBlockKeys(const PackedView& record);

// The same, into a vector whose memory is used again.
void MakeBlockKeys(const PackedView& record, std::vector<BlockKey>& keys);

// The same of features that are not packed yet.
std::vector<BlockKey> MakeBlockKeys(const Features& features);

// The type as an answer names it: ssn, phone, ...
absl::string_view KeyTypeName(KeyType type);

}  // namespace hie::mpi
