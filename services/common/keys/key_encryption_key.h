#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "services/common/base/random_source.h"
#include "services/common/crypto/aead.h"
#include "services/common/storage/file_system.h"

namespace hie::keys {

// Whether a store already holds keys that were wrapped with the file's key.
enum class WrappedKeys { kNone, kSome };

// Reads the key-encryption key from `path`: 64 hexadecimal digits and a line end.  Makes it, from
// `random` and readable by its owner only, where there is no file and no wrapped key.
//
// FAILED_PRECONDITION: the file is missing and keys exist that only it opens.  DATA_LOSS: the file
// is not a key.  Back it up apart from the keys' store: together they open everything that
// is sealed, without it nothing of it.
absl::StatusOr<crypto::AeadKey> OpenKeyEncryptionKey(FileSystem& files, const std::string& path,
                                                     WrappedKeys wrapped, RandomSource& random);

}  // namespace hie::keys
