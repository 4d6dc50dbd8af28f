#include "services/registry/content_store.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "services/common/base/status_macros.h"
#include "services/common/wire/wire.h"
#include "services/registry/row_codec.h"

namespace hie::registry {
namespace {

std::string ChunkKey(const std::string& content_id, uint64_t offset) {
  return KeyWriter().Text(content_id).U64(offset).key();
}

std::string StagedKey(const std::string& content_id, absl::Time since) {
  return KeyWriter().Time(since).Text(content_id).key();
}

}  // namespace

absl::StatusOr<std::optional<v1::ContentRow>> ContentStore::Row(
    const std::string& content_id) const {
  HIE_ASSIGN_OR_RETURN(const std::optional<std::string> bytes,
                       state_.Get(kContentTable, content_id));
  if (!bytes) return std::optional<v1::ContentRow>();
  HIE_ASSIGN_OR_RETURN(v1::ContentRow row, ParseRow<v1::ContentRow>(*bytes, kContentTable));
  return std::optional<v1::ContentRow>(std::move(row));
}

absl::StatusOr<std::optional<v1::ContentKeyRow>> ContentStore::Key(
    const LocalPatient& patient) const {
  HIE_ASSIGN_OR_RETURN(const std::optional<std::string> bytes,
                       state_.Get(kContentKeyTable, PatientKey(patient).key()));
  if (!bytes) return std::optional<v1::ContentKeyRow>();
  HIE_ASSIGN_OR_RETURN(v1::ContentKeyRow row,
                       ParseRow<v1::ContentKeyRow>(*bytes, kContentKeyTable));
  return std::optional<v1::ContentKeyRow>(std::move(row));
}

absl::StatusOr<uint64_t> ContentStore::StagedBytes(const std::string& authority) const {
  HIE_ASSIGN_OR_RETURN(const std::optional<std::string> bytes,
                       state_.Get(kContentStagedSizeTable, KeyWriter().Text(authority).key()));
  if (!bytes) return uint64_t{0};
  const absl::StatusOr<uint64_t> size = KeyReader(*bytes).U64();
  return size.ok() ? size : BadRow(kContentStagedSizeTable);
}

absl::Status ContentStore::CheckStagedRoom(const std::string& authority, uint64_t more) const {
  HIE_ASSIGN_OR_RETURN(const uint64_t staged, StagedBytes(authority));
  if (staged <= kStagedBytesMax && more <= kStagedBytesMax - staged) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      "data: too much is staged for patients of this authority; submit it first");
}

// Contents that were staged before sizes were counted are not in the count: it stops at none.
absl::Status ContentStore::SubtractStaged(const std::map<std::string, uint64_t>& bytes,
                                          WriteBatch& changes) const {
  for (const auto& [authority, size] : bytes) {
    HIE_ASSIGN_OR_RETURN(const uint64_t staged, StagedBytes(authority));
    WriteStagedBytes(authority, staged - std::min(staged, size), changes);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<v1::SealedChunk>> ContentStore::ChunkFrom(
    const std::string& content_id, uint64_t offset) const {
  std::optional<v1::SealedChunk> chunk;
  absl::Status status;
  const std::string prefix = KeyWriter().Text(content_id).key();
  HIE_RETURN_IF_ERROR(state_.Scan(kContentChunkTable, prefix, ChunkKey(content_id, offset),
                                  [&](absl::string_view key, absl::string_view sealed) {
                                    KeyReader rest(key.substr(prefix.size()));
                                    const absl::StatusOr<uint64_t> at = rest.U64();
                                    status = at.status();
                                    if (!at.ok()) return false;
                                    chunk.emplace();
                                    chunk->set_offset(*at);
                                    chunk->set_sealed(sealed.data(), sealed.size());
                                    return false;
                                  }));
  HIE_RETURN_IF_ERROR(status);
  return chunk;
}

absl::StatusOr<uint32_t> ContentStore::RemoveStaged(absl::Time before, uint32_t count_max,
                                                    WriteBatch& changes) const {
  HIE_ASSIGN_OR_RETURN(const std::vector<KvEntry> staged,
                       state_.ScanPrefix(kContentStagedTable, "", count_max));
  uint32_t count = 0;
  std::map<std::string, uint64_t> removed;
  for (const KvEntry& row : staged) {
    KeyReader key(row.key);
    HIE_ASSIGN_OR_RETURN(const absl::Time since, key.Time());
    if (since >= before) break;
    HIE_ASSIGN_OR_RETURN(const std::string content_id, key.Text());
    HIE_ASSIGN_OR_RETURN(const std::optional<v1::ContentRow> content, Row(content_id));
    if (content) removed[content->patient().assigning_authority()] += content->size_bytes();
    HIE_RETURN_IF_ERROR(state_.Scan(kContentChunkTable, KeyWriter().Text(content_id).key(), "",
                                    [&](absl::string_view chunk, absl::string_view) {
                                      changes.Delete(kContentChunkTable, chunk);
                                      return true;
                                    }));
    changes.Delete(kContentTable, content_id);
    changes.Delete(kContentStagedTable, row.key);
    ++count;
  }
  HIE_RETURN_IF_ERROR(SubtractStaged(removed, changes));
  return count;
}

void ContentStore::Write(const std::string& content_id, const v1::ContentRow& row,
                         const google::protobuf::RepeatedPtrField<v1::SealedChunk>& chunks,
                         WriteBatch& changes) {
  changes.Put(kContentTable, content_id, row.SerializeAsString());
  for (const v1::SealedChunk& chunk : chunks) {
    changes.Put(kContentChunkTable, ChunkKey(content_id, chunk.offset()), chunk.sealed());
  }
}

void ContentStore::WriteStaged(const std::string& content_id, absl::Time since,
                               WriteBatch& changes) {
  changes.Put(kContentStagedTable, StagedKey(content_id, since), "");
}

void ContentStore::DeleteStaged(const std::string& content_id, absl::Time since,
                                WriteBatch& changes) {
  changes.Delete(kContentStagedTable, StagedKey(content_id, since));
}

void ContentStore::WriteStagedBytes(const std::string& authority, uint64_t bytes,
                                    WriteBatch& changes) {
  const std::string key = KeyWriter().Text(authority).key();
  if (bytes == 0) return changes.Delete(kContentStagedSizeTable, key);
  changes.Put(kContentStagedSizeTable, key, KeyWriter().U64(bytes).key());
}

void ContentStore::WriteKey(const LocalPatient& patient, const v1::ContentKeyRow& key,
                            WriteBatch& changes) {
  changes.Put(kContentKeyTable, PatientKey(patient).key(), key.SerializeAsString());
}

absl::StatusOr<KeptContent> KeptFromRow(const v1::ContentRow& row) {
  KeptContent content;
  absl::StatusOr<LocalPatient> patient =
      wire::FromProto(row.patient(), kContentTable, wire::Incarnation::kRequired);
  if (!patient.ok()) return BadRow(kContentTable);
  content.patient = *std::move(patient);
  content.extent = row.complete() ? KeptContent::Extent::kWhole : KeptContent::Extent::kPartial;
  content.facts = {row.sha256(), row.sha1(), row.size_bytes()};
  content.document_id = row.document_id();
  return content;
}

}  // namespace hie::registry
