#include "services/common/crypto/ecdsa_signature.h"

#include "absl/status/status.h"
#include "services/common/crypto/bytes.h"
#include "services/common/crypto/openssl_handles.h"

namespace hie::crypto {

absl::StatusOr<std::string> EcdsaDerFromRaw(absl::string_view raw, size_t field_bytes) {
  if (raw.size() != 2 * field_bytes) return absl::InternalError("signature: of another field");
  const int field = static_cast<int>(field_bytes);
  const EcdsaSignature parts(ECDSA_SIG_new());
  BIGNUM* r = BN_bin2bn(Bytes(raw), field, nullptr);
  BIGNUM* s = BN_bin2bn(Bytes(raw) + field_bytes, field, nullptr);
  if (parts == nullptr || ECDSA_SIG_set0(parts.get(), r, s) != 1) {
    return absl::InternalError("signature: no memory");
  }
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(parts.get(), &der);
  if (size <= 0) return absl::InternalError("signature: cannot be encoded");
  std::string bytes(reinterpret_cast<char*>(der), static_cast<size_t>(size));
  OPENSSL_free(der);
  return bytes;
}

absl::StatusOr<std::string> EcdsaRawFromDer(absl::string_view der, size_t field_bytes) {
  const int field = static_cast<int>(field_bytes);
  const unsigned char* at = Bytes(der);
  const EcdsaSignature parts(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
  std::string raw(2 * field_bytes, '\0');
  if (parts == nullptr ||
      BN_bn2binpad(ECDSA_SIG_get0_r(parts.get()), MutableBytes(raw), field) < 0 ||
      BN_bn2binpad(ECDSA_SIG_get0_s(parts.get()), MutableBytes(raw) + field_bytes, field) < 0) {
    return absl::InternalError("signature: cannot be decoded");
  }
  return raw;
}

}  // namespace hie::crypto
