#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/base/random_source.h"
#include "services/common/crypto/aead.h"
#include "services/common/patient/local_patient.h"

namespace hie::hl7v2 {

// Hides what the inbox keeps: bodies and field states are sealed, patient ids and bodies are named
// by a keyed hash.  Thread-safe.
class InboxSeal {
 public:
  // Reads the key's file (32 bytes).  Where it is missing, makes it if `make` allows: beside a
  // store that already holds messages a new key would lose them.  An empty path is a key of this
  // process only.  FAILED_PRECONDITION: missing or not a key; the message names the file.
  enum class Missing { kMake, kRefuse };
  static absl::StatusOr<InboxSeal> Open(const std::string& path, Missing make,
                                        RandomSource& random);

  // `bound_to` is what the sealed bytes belong to: they open with nothing else.
  std::string Seal(absl::string_view bytes, absl::string_view bound_to,
                   RandomSource& random) const {
    return key_.Seal(bytes, bound_to, random);
  }
  // DATA_LOSS: changed bytes, or another key.
  absl::StatusOr<std::string> Open(absl::string_view sealed, absl::string_view bound_to) const {
    return key_.Open(sealed, bound_to);
  }

  // 32 bytes that tell equal bodies and equal records.
  std::string BodyTag(absl::string_view body) const;
  std::string RecordTag(const LocalPatient& patient) const;

 private:
  InboxSeal(crypto::AeadKey key, std::string tag_key)
      : key_(std::move(key)), tag_key_(std::move(tag_key)) {}

  crypto::AeadKey key_;
  std::string tag_key_;
};

}  // namespace hie::hl7v2
