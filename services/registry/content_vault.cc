#include "services/registry/content_vault.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "services/common/base/status_macros.h"
#include "services/common/keys/key_encryption_key.h"
#include "services/common/wire/wire.h"
#include "services/registry/content_store.h"
#include "services/registry/row_codec.h"

namespace hie::registry {
namespace {

constexpr size_t kKeyIdBytes = 16;
// What is sealed for one purpose opens for no other.
constexpr absl::string_view kKeyPurpose = "hie.registry.content-key.v1";
constexpr absl::string_view kChunkPurpose = "hie.registry.content.v1";

absl::Status BadKey() { return absl::DataLossError("registry: a content key is not readable"); }

std::string KeyBinding(const LocalPatient& patient, absl::string_view key_id) {
  return KeyWriter()
      .Text(kKeyPurpose)
      .Text(patient.assigning_authority)
      .Text(patient.id.value())
      .U32(patient.incarnation)
      .Text(key_id)
      .key();
}

// The offset says more than a running number would: which bytes stand before it.
std::string ChunkBinding(const std::string& content_id, uint64_t offset, ChunkPlace place) {
  return KeyWriter()
      .Text(kChunkPurpose)
      .Text(content_id)
      .U64(offset)
      .U8(place == ChunkPlace::kLast ? 1 : 0)
      .key();
}

}  // namespace

absl::StatusOr<std::unique_ptr<ContentVault>> ContentVault::Open(const Options& options,
                                                                 const KvReader& state) {
  if (options.files == nullptr || options.random == nullptr) {
    return absl::InvalidArgumentError("registry contents: want files and randomness");
  }
  HIE_ASSIGN_OR_RETURN(const std::vector<KvEntry> first, state.ScanPrefix(kContentKeyTable, "", 1));
  HIE_ASSIGN_OR_RETURN(
      crypto::AeadKey kek,
      keys::OpenKeyEncryptionKey(
          *options.files, options.kek_path,
          first.empty() ? keys::WrappedKeys::kNone : keys::WrappedKeys::kSome, *options.random));
  std::unique_ptr<ContentVault> vault(new ContentVault(kek, options.random));
  if (first.empty()) return vault;
  HIE_ASSIGN_OR_RETURN(const v1::ContentKeyRow row,
                       ParseRow<v1::ContentKeyRow>(first.front().value, kContentKeyTable));
  const absl::StatusOr<LocalPatient> patient =
      wire::FromProto(row.patient(), "patient", wire::Incarnation::kRequired);
  if (!patient.ok() || !vault->Unwrap(*patient, row).ok()) {
    return absl::FailedPreconditionError(
        "the key-encryption key is not the one that wrapped the content keys");
  }
  return vault;
}

absl::StatusOr<ContentKey> ContentVault::Unwrap(const LocalPatient& patient,
                                                const v1::ContentKeyRow& row) const {
  const absl::StatusOr<std::string> bytes =
      kek_.Open(row.wrapped_key(), KeyBinding(patient, row.key_id()));
  if (!bytes.ok()) return BadKey();
  HIE_ASSIGN_OR_RETURN(crypto::AeadKey aead, crypto::AeadKey::FromBytes(*bytes));
  return ContentKey{row.key_id(), std::move(aead), std::nullopt};
}

absl::StatusOr<ContentKey> ContentVault::KeyFor(const LocalPatient& patient,
                                                const KvReader& state) const {
  HIE_ASSIGN_OR_RETURN(const std::optional<v1::ContentKeyRow> row,
                       ContentStore(state).Key(patient));
  if (row) return Unwrap(patient, *row);
  const std::string bytes = random_->Bytes(crypto::kAeadKeyBytes);
  v1::ContentKeyRow fresh;
  *fresh.mutable_patient() = wire::ToProto(patient);
  fresh.set_key_id(random_->Bytes(kKeyIdBytes));
  fresh.set_wrapped_key(kek_.Seal(bytes, KeyBinding(patient, fresh.key_id()), *random_));
  HIE_ASSIGN_OR_RETURN(crypto::AeadKey aead, crypto::AeadKey::FromBytes(bytes));
  return ContentKey{fresh.key_id(), std::move(aead), std::move(fresh)};
}

absl::StatusOr<ContentKey> ContentVault::KeyOf(const v1::ContentRow& row,
                                               const KvReader& state) const {
  HIE_ASSIGN_OR_RETURN(const KeptContent content, KeptFromRow(row));
  HIE_ASSIGN_OR_RETURN(const std::optional<v1::ContentKeyRow> key,
                       ContentStore(state).Key(content.patient));
  if (!key || key->key_id() != row.key_id()) return BadKey();
  return Unwrap(content.patient, *key);
}

google::protobuf::RepeatedPtrField<v1::SealedChunk> ContentVault::Seal(
    const ContentKey& key, const std::string& content_id, uint64_t offset, absl::string_view data,
    ChunkPlace place) const {
  google::protobuf::RepeatedPtrField<v1::SealedChunk> chunks;
  while (!data.empty() || (place == ChunkPlace::kLast && chunks.empty())) {
    const size_t room = kContentChunkBytesMax - offset % kContentChunkBytesMax;
    const absl::string_view piece = data.substr(0, room);
    data.remove_prefix(piece.size());
    const ChunkPlace at = data.empty() ? place : ChunkPlace::kWithin;
    v1::SealedChunk& chunk = *chunks.Add();
    chunk.set_offset(offset);
    chunk.set_sealed(key.aead.Seal(piece, ChunkBinding(content_id, offset, at), *random_));
    offset += piece.size();
  }
  return chunks;
}

absl::StatusOr<std::string> ContentVault::OpenChunk(const ContentKey& key,
                                                    const std::string& content_id,
                                                    const v1::SealedChunk& chunk,
                                                    ChunkPlace place) {
  absl::StatusOr<std::string> data =
      key.aead.Open(chunk.sealed(), ChunkBinding(content_id, chunk.offset(), place));
  if (!data.ok()) return absl::DataLossError("registry: a chunk of a content is damaged");
  return data;
}

}  // namespace hie::registry
