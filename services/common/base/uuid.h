#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/common/base/random_source.h"

namespace hie {

// Returns a UUID version 7 in lower-case text form (RFC 9562 section 5.7): 48 bits of
// milliseconds, so that text order is time order to the millisecond, and 74 random bits.
std::string MakeUuidV7(absl::Time time, RandomSource& random);

// Tells whether `text` is a UUID in lower-case text form, of any version.
bool IsUuid(absl::string_view text);

}  // namespace hie
