#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "google/protobuf/repeated_field.h"
#include "hie/registry/v1/registry_state.pb.h"
#include "services/common/patient/local_patient.h"
#include "services/common/storage/kv_store.h"
#include "services/registry/filing.h"

namespace hie::registry {

// Tables, and what their keys are made of.
inline constexpr absl::string_view kContentTable = "content";               // content id
inline constexpr absl::string_view kContentChunkTable = "content_chunk";    // content id, offset
inline constexpr absl::string_view kContentKeyTable = "content_key";        // patient
inline constexpr absl::string_view kContentStagedTable = "content_staged";  // time, content id
inline constexpr absl::string_view kContentStagedSizeTable = "content_staged_size";  // authority

// Bytes staged for patients of one assigning authority that no submission has named yet: beyond
// it, its sources have to submit, or wait until what they left is removed.
inline constexpr uint64_t kStagedBytesMax = uint64_t{20} << 30;

// Rows of contents that the exchange keeps, over one state of the store: sealed bytes, never their
// plaintext.  Borrows `state`.  Every read: DATA_LOSS where stored bytes are bad.
class ContentStore {
 public:
  explicit ContentStore(const KvReader& state) : state_(state) {}

  absl::StatusOr<std::optional<v1::ContentRow>> Row(const std::string& content_id) const;
  absl::StatusOr<std::optional<v1::ContentKeyRow>> Key(const LocalPatient& patient) const;

  // Returns how many bytes are staged for patients of the authority.
  absl::StatusOr<uint64_t> StagedBytes(const std::string& authority) const;
  // RESOURCE_EXHAUSTED: `more` bytes would be beyond kStagedBytesMax.
  absl::Status CheckStagedRoom(const std::string& authority, uint64_t more) const;
  // Takes bytes off what is staged, by authority.
  absl::Status SubtractStaged(const std::map<std::string, uint64_t>& bytes,
                              WriteBatch& changes) const;

  // Returns the first chunk at or after `offset`.
  absl::StatusOr<std::optional<v1::SealedChunk>> ChunkFrom(const std::string& content_id,
                                                           uint64_t offset) const;

  // Deletes staged contents that were begun before `before`, oldest first, at most `count_max`;
  // returns how many.
  absl::StatusOr<uint32_t> RemoveStaged(absl::Time before, uint32_t count_max,
                                        WriteBatch& changes) const;

  // Writes a row, and the chunks that come with it.
  static void Write(const std::string& content_id, const v1::ContentRow& row,
                    const google::protobuf::RepeatedPtrField<v1::SealedChunk>& chunks,
                    WriteBatch& changes);
  // Writes that the content is staged, or that a document has it now.
  static void WriteStaged(const std::string& content_id, absl::Time since, WriteBatch& changes);
  static void DeleteStaged(const std::string& content_id, absl::Time since, WriteBatch& changes);
  static void WriteStagedBytes(const std::string& authority, uint64_t bytes, WriteBatch& changes);
  static void WriteKey(const LocalPatient& patient, const v1::ContentKeyRow& key,
                       WriteBatch& changes);

 private:
  const KvReader& state_;
};

// DATA_LOSS: the row names no patient.
absl::StatusOr<KeptContent> KeptFromRow(const v1::ContentRow& row);

}  // namespace hie::registry
