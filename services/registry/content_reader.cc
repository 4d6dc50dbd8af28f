#include "services/registry/content_reader.h"

#include <algorithm>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/status/status.h"
#include "services/common/base/status_macros.h"
#include "services/registry/content_store.h"

namespace hie::registry {
namespace {

absl::Status Incomplete() {
  return absl::DataLossError("registry: a content is not there as a whole");
}

}  // namespace

absl::StatusOr<std::unique_ptr<ContentReader>> ContentReader::Open(const std::string& content_id,
                                                                   v1::ContentRow row,
                                                                   ByteRange range,
                                                                   const ContentVault& vault,
                                                                   const Journal& journal) {
  const uint64_t size = row.size_bytes();
  if (range.offset > size) {
    return absl::InvalidArgumentError("offset: want at most the size of the content");
  }
  HIE_ASSIGN_OR_RETURN(ContentKey key, vault.KeyOf(row, *journal.Snapshot()));
  std::unique_ptr<ContentReader> reader =
      absl::WrapUnique(new ContentReader(content_id, std::move(row), std::move(key), journal));
  // A chunk begins at each multiple of the greatest length.
  reader->at_ = range.offset - range.offset % kContentChunkBytesMax;
  reader->begin_ = range.offset;
  const uint64_t rest = size - range.offset;
  reader->end_ = range.offset + (range.length == 0 ? rest : std::min(range.length, rest));
  return reader;
}

absl::StatusOr<std::string> ContentReader::ReadChunk(uint64_t from) {
  const std::shared_ptr<const KvReader> state = journal_.Snapshot();
  HIE_ASSIGN_OR_RETURN(const std::optional<v1::SealedChunk> chunk,
                       ContentStore(*state).ChunkFrom(content_id_, from));
  if (!chunk || chunk->offset() != from) return Incomplete();
  const bool last = row_.complete() && chunk->offset() == row_.last_offset();
  HIE_ASSIGN_OR_RETURN(std::string data,
                       ContentVault::OpenChunk(key_, content_id_, *chunk,
                                               last ? ChunkPlace::kLast : ChunkPlace::kWithin));
  at_ = from + data.size();
  if (last) last_read_ = true;
  const bool ends_well = !last || at_ == row_.size_bytes();
  if (at_ > row_.size_bytes() || !ends_well) return Incomplete();
  return data;
}

// The last chunk says where the content ends; it is empty where the last part was.
absl::Status ContentReader::CheckEnd() {
  const bool to_the_end = row_.complete() && end_ == row_.size_bytes();
  if (!to_the_end || last_read_) return absl::OkStatus();
  return ReadChunk(row_.last_offset()).status();
}

absl::StatusOr<std::optional<std::string>> ContentReader::Next() {
  while (at_ < end_) {
    const uint64_t from = at_;
    HIE_ASSIGN_OR_RETURN(std::string data, ReadChunk(from));
    if (data.empty()) return Incomplete();
    if (at_ <= begin_) continue;  // Before the range.
    const uint64_t skip = from < begin_ ? begin_ - from : 0;
    const uint64_t until = std::min(at_, end_) - from;
    return std::optional<std::string>(data.substr(skip, until - skip));
  }
  HIE_RETURN_IF_ERROR(CheckEnd());
  return std::optional<std::string>();
}

}  // namespace hie::registry
