#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace hie::hl7v2 {

// Returns the SHA-1 digest of `bytes`: 20 bytes.  For names and FHIR hashes, never for security.
std::string Sha1(absl::string_view bytes);

// Returns a UUID of version 5 (RFC 9562 section 5.5) in lower-case text form: a function of the
// two texts, which are framed, within the name space of OIDs.
std::string UuidV5(absl::string_view authority, absl::string_view number);

}  // namespace hie::hl7v2
