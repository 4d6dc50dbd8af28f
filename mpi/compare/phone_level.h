#pragma once

#include <cstdint>

#include "mpi/compare/compared_set.h"
#include "mpi/compare/packed_record.h"

namespace hie::mpi {

// How far two people's telephone numbers agree, strongest evidence first.
enum class PhoneLevel : uint8_t {
  kExact,
  kSubscriber,  // The last seven digits: the area code changed or is absent.
  kOneEdit,
  kDiffers,
  kMissing,
};

// How far two people's e-mail addresses agree.
enum class EmailLevel : uint8_t {
  kExact,
  kLocalPart,  // The part before the "@", five characters or more: the provider changed.
  kOneEdit,    // One edit apart, eight characters or more.
  kDiffers,
  kMissing,
};

// Return the strongest level of any pair.  Total and symmetric; muted values do not count.
ComparedSet<PhoneLevel> ComparePhones(const PackedView& a, const PackedView& b);
ComparedSet<EmailLevel> CompareEmails(const PackedView& a, const PackedView& b);

}  // namespace hie::mpi
