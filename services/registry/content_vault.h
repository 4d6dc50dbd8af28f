#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/repeated_field.h"
#include "hie/registry/v1/registry_state.pb.h"
#include "services/common/base/random_source.h"
#include "services/common/crypto/aead.h"
#include "services/common/patient/local_patient.h"
#include "services/common/storage/file_system.h"
#include "services/common/storage/kv_store.h"

namespace hie::registry {

// No chunk is longer, and none crosses a multiple of it: so there is one that begins at each.
inline constexpr size_t kContentChunkBytesMax = size_t{256} << 10;

// Whether a chunk is the last one of its content.
enum class ChunkPlace { kWithin, kLast };

// The key of one patient's contents.
struct ContentKey {
  std::string id;
  crypto::AeadKey aead;
  std::optional<v1::ContentKeyRow> new_row;  // Set: it is not stored yet.
};

// Seals and opens what the exchange keeps.  Thread-safe.
//
// A random key per local patient, wrapped by the key-encryption key and bound to the patient;
// chunks bound to their content, their place in it and whether it ends there: none can be
// swapped, moved, cut off or given to another patient unnoticed.
class ContentVault {
 public:
  struct Options {
    std::string kek_path;            // See keys::OpenKeyEncryptionKey.
    FileSystem* files = nullptr;     // For the time of Open.
    RandomSource* random = nullptr;  // Fit for keys; must outlive the vault.
  };

  // `state` is the store whose keys it opens.  FAILED_PRECONDITION: the key-encryption key is
  // missing, or another one than wrapped the keys.  INVALID_ARGUMENT: an option is missing.
  static absl::StatusOr<std::unique_ptr<ContentVault>> Open(const Options& options,
                                                            const KvReader& state);

  // Returns the patient's key, or a new one.  DATA_LOSS: the stored one is damaged.
  absl::StatusOr<ContentKey> KeyFor(const LocalPatient& patient, const KvReader& state) const;

  // Returns the key that sealed a content.  DATA_LOSS: it is gone or damaged.
  absl::StatusOr<ContentKey> KeyOf(const v1::ContentRow& row, const KvReader& state) const;

  // Seals `data`, which begins at `offset`, into chunks; `place` is that of the last one.  Nothing
  // is one empty chunk where it ends the content, else none.
  google::protobuf::RepeatedPtrField<v1::SealedChunk> Seal(const ContentKey& key,
                                                           const std::string& content_id,
                                                           uint64_t offset, absl::string_view data,
                                                           ChunkPlace place) const;

  // DATA_LOSS: damaged, or not what it is said to be.
  static absl::StatusOr<std::string> OpenChunk(const ContentKey& key, const std::string& content_id,
                                               const v1::SealedChunk& chunk, ChunkPlace place);

 private:
  ContentVault(crypto::AeadKey kek, RandomSource* random) : kek_(kek), random_(random) {}

  absl::StatusOr<ContentKey> Unwrap(const LocalPatient& patient,
                                    const v1::ContentKeyRow& row) const;

  const crypto::AeadKey kek_;
  RandomSource* const random_;
};

}  // namespace hie::registry
