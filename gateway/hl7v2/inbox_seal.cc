#include "gateway/hl7v2/inbox_seal.h"

#include "absl/strings/str_cat.h"
#include "services/common/base/status_macros.h"
#include "services/common/crypto/files.h"
#include "services/common/crypto/hash.h"
#include "services/common/storage/key_codec.h"

namespace hie::hl7v2 {
namespace {

constexpr absl::string_view kSealPurpose = "hl7v2 inbox seal v1";
constexpr absl::string_view kTagPurpose = "hl7v2 inbox tag v1";

absl::StatusOr<std::string> ReadKey(const std::string& path, InboxSeal::Missing make,
                                    RandomSource& random) {
  absl::StatusOr<std::string> bytes = crypto::ReadWholeFile(path);
  if (absl::IsNotFound(bytes.status()) && make == InboxSeal::Missing::kMake) {
    std::string fresh = random.Bytes(crypto::kAeadKeyBytes);
    HIE_RETURN_IF_ERROR(crypto::WriteFileAtomically(path, fresh, crypto::FileAccess::kOwnerOnly));
    return fresh;
  }
  if (!bytes.ok() || bytes->size() != crypto::kAeadKeyBytes) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, ": want the inbox's key, a file of 32 bytes"));
  }
  return bytes;
}

}  // namespace

absl::StatusOr<InboxSeal> InboxSeal::Open(const std::string& path, Missing make,
                                          RandomSource& random) {
  std::string root;
  if (path.empty()) {
    root = random.Bytes(crypto::kAeadKeyBytes);
  } else {
    HIE_ASSIGN_OR_RETURN(root, ReadKey(path, make, random));
  }
  HIE_ASSIGN_OR_RETURN(crypto::AeadKey key,
                       crypto::AeadKey::FromBytes(crypto::HmacSha256(root, kSealPurpose)));
  return InboxSeal(std::move(key), crypto::HmacSha256(root, kTagPurpose));
}

std::string InboxSeal::BodyTag(absl::string_view body) const {
  return crypto::HmacSha256(tag_key_, absl::StrCat("body", body));
}

std::string InboxSeal::RecordTag(const LocalPatient& patient) const {
  KeyWriter key;
  key.Text("record").Text(patient.assigning_authority).Text(patient.id.value());
  return crypto::HmacSha256(tag_key_, key.key());
}

}  // namespace hie::hl7v2
