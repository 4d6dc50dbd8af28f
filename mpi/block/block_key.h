#pragma once

#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"
#include "mpi/normalize/features.h"

namespace hie::mpi {

// A way to look for records that may be of the same person.
enum class KeyType : uint8_t {
  kSsn,                // SSN, nine digits.
  kSsnLastFourDob,     // Last four of the SSN and birth date.
  kIdentifier,         // Any other identifier, with its assigner; the record's own key.
  kPhoneInitial,       // Last seven digits and first letter of the first name.
  kSoundDob,           // Sound of the family name and birth date.
  kGivenDob,           // First three letters of the first name's root and birth date.
  kNameYear,           // Family name, birth year, first letters of the first name.
  kAddressInitial,     // House number, street's start, ZIP, first letter of the first name.
  kSoundYearMonthDay,  // Sound of the family name, year, month and day in either order.
  kSwappedNames,       // First and family name in either order, birth year.
  kMotherDob,          // Mother's maiden name and birth date.
  kAddressDob,         // House number, ZIP and birth date.
};
inline constexpr int kKeyTypeCount = 12;

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

// Returns the keys of a record or a question, sorted, each once.  Deterministic on every machine.
std::vector<BlockKey> MakeBlockKeys(const Features& features);

// The type as an answer names it: ssn, phone_initial, ...
absl::string_view KeyTypeName(KeyType type);

}  // namespace hie::mpi
