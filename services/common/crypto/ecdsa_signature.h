#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace hie::crypto {

// Between the two forms of an ECDSA signature: OpenSSL's DER, and r || s with `field_bytes` each as
// JOSE carries it (RFC 7518 section 3.4).  INTERNAL: no memory, or not a signature of that field.
absl::StatusOr<std::string> EcdsaDerFromRaw(absl::string_view raw, size_t field_bytes);
absl::StatusOr<std::string> EcdsaRawFromDer(absl::string_view der, size_t field_bytes);

}  // namespace hie::crypto
