#include "services/common/keys/key_encryption_key.h"

#include <algorithm>
#include <memory>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "services/common/base/status_macros.h"

namespace hie::keys {
namespace {

constexpr size_t kDigits = 2 * crypto::kAeadKeyBytes;

absl::StatusOr<crypto::AeadKey> Parse(const std::string& path, absl::string_view text) {
  const bool hexadecimal =
      text.size() == kDigits + 1 && text.back() == '\n' &&
      std::all_of(text.begin(), text.end() - 1, [](char c) { return absl::ascii_isxdigit(c); });
  if (!hexadecimal) {
    return absl::DataLossError(absl::StrCat(path, " is not a key-encryption key"));
  }
  return crypto::AeadKey::FromBytes(absl::HexStringToBytes(text.substr(0, kDigits)));
}

}  // namespace

absl::StatusOr<crypto::AeadKey> OpenKeyEncryptionKey(FileSystem& files, const std::string& path,
                                                     WrappedKeys wrapped, RandomSource& random) {
  HIE_ASSIGN_OR_RETURN(const bool exists, files.Exists(path));
  if (!exists) {
    if (wrapped == WrappedKeys::kSome) {
      return absl::FailedPreconditionError(
          absl::StrCat("the key-encryption key ", path,
                       " is missing, but keys exist that only it opens: restore it"));
    }
    const std::string key = random.Bytes(crypto::kAeadKeyBytes);
    HIE_RETURN_IF_ERROR(files.CreateDir(ParentDir(path)));
    HIE_RETURN_IF_ERROR(ReplaceFile(files, path, absl::StrCat(absl::BytesToHexString(key), "\n")));
  }
  HIE_ASSIGN_OR_RETURN(const std::unique_ptr<File> file, files.Open(path, OpenMode::kRead));
  HIE_ASSIGN_OR_RETURN(const std::string text, file->ReadAt(0, kDigits + 2));
  return Parse(path, text);
}

}  // namespace hie::keys
