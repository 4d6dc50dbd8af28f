#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "hie/registry/v1/registry_state.pb.h"
#include "services/common/journal/journal.h"
#include "services/registry/content_vault.h"

namespace hie::registry {

// Which bytes of a content are wanted.
struct ByteRange {
  uint64_t offset = 0;
  uint64_t length = 0;  // 0: to the end.
};

// Reads one content in order, chunk by chunk: holds at most one chunk of kContentChunkBytesMax.
// One thread at a time.  `journal` must outlive it; it takes a snapshot per chunk, since contents
// do not change and old versions should not be held for a slow reader.
class ContentReader {
 public:
  // INVALID_ARGUMENT: the range begins after the end.  DATA_LOSS: the key is gone or damaged.
  static absl::StatusOr<std::unique_ptr<ContentReader>> Open(const std::string& content_id,
                                                             v1::ContentRow row, ByteRange range,
                                                             const ContentVault& vault,
                                                             const Journal& journal);

  // Returns the next bytes of the range, not empty; nothing at the end.  DATA_LOSS: a chunk is
  // missing or damaged, or the content does not end where it says.
  absl::StatusOr<std::optional<std::string>> Next();

 private:
  ContentReader(std::string content_id, v1::ContentRow row, ContentKey key, const Journal& journal)
      : content_id_(std::move(content_id)),
        row_(std::move(row)),
        key_(std::move(key)),
        journal_(journal) {}

  // Opens the chunk at or after `from` and moves behind it.
  absl::StatusOr<std::string> ReadChunk(uint64_t from);
  absl::Status CheckEnd();

  const std::string content_id_;
  const v1::ContentRow row_;
  const ContentKey key_;
  const Journal& journal_;
  uint64_t at_ = 0;     // Next byte to read.
  uint64_t begin_ = 0;  // Of the range.
  uint64_t end_ = 0;    // Of the range.
  bool last_read_ = false;
};

}  // namespace hie::registry
