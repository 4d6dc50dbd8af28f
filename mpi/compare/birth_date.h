#pragma once

#include <cstdint>
#include <optional>

#include "mpi/compare/packed_record.h"
#include "services/common/base/civil_date.h"

namespace hie::mpi {

// How far two dates of birth agree, strongest evidence first.
enum class BirthDateLevel : uint8_t {
  kExact,
  kDayMonthSwapped,  // 1980-03-05 and 1980-05-03: a transcription habit.
  kOneDigitOff,      // Exactly one of the eight digits of YYYYMMDD differs, or two neighbours swap.
  kOneDayOff,        // Neighbouring days, also across a month.
  kExactDefault,     // Both are 1 January: often "year known only".
  kPartial,          // Agree as far as the less precise one goes.
  kTwoParts,         // Two of year, month and day agree.
  kDefaultDay,       // Same year, one is 1 January.
  kSameYear,
  kDifferent,
  kMissing,  // Either is absent: no evidence, not disagreement.
};

// Returns the strongest level that holds of `a` and `b`.
//
// Total (never fails) and symmetric.
BirthDateLevel CompareBirthDates(const std::optional<CivilDate>& a,
                                 const std::optional<CivilDate>& b);
BirthDateLevel CompareBirthDates(const PackedView& a, const PackedView& b);

}  // namespace hie::mpi
