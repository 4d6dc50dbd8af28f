#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace hie::crypto {

// The same bytes as OpenSSL wants them.  Live as long as the argument.
inline const unsigned char* Bytes(absl::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
inline unsigned char* MutableBytes(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

}  // namespace hie::crypto
