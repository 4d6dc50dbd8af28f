#include "services/common/storage/spool_file.h"

#include <cstring>
#include <utility>

#include "services/common/base/status_macros.h"
#include "services/common/storage/crc32c.h"
#include "services/common/storage/key_codec.h"

namespace hie {
namespace {

// A block is its size, the checksum of what follows, and rows; a size of 0 ends the file, with the
// number of rows: a file that was cut between two blocks is found out.
constexpr size_t kBlockBytes = size_t{256} << 10;
constexpr size_t kHeadBytes = 8;
constexpr size_t kEndBytes = kHeadBytes + 8;
// One row more than what ends a block.
constexpr size_t kBlockBytesMax = kBlockBytes + 2 * kSpooledBytesMax + 16;

absl::Status Damaged() { return absl::DataLossError("spool: the file is damaged or cut"); }

void AppendVarint(size_t value, std::string& out) {
  while (value >= 0x80) {
    out.push_back(static_cast<char>((value & 0x7f) | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<char>(value));
}

// Returns false where there is none.
bool TakeVarint(absl::string_view& rest, size_t& value) {
  value = 0;
  for (int shift = 0; shift < 35 && !rest.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(rest.front());
    rest.remove_prefix(1);
    value |= static_cast<size_t>(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) return true;
  }
  return false;
}

std::string Head(size_t bytes, absl::string_view checked) {
  return KeyWriter().U32(static_cast<uint32_t>(bytes)).U32(Crc32c(checked)).key();
}

}  // namespace

absl::StatusOr<std::unique_ptr<SpoolWriter>> SpoolWriter::Create(FileSystem& files,
                                                                 const std::string& path) {
  HIE_ASSIGN_OR_RETURN(std::unique_ptr<File> file, files.Open(path, OpenMode::kOpenOrCreate));
  HIE_RETURN_IF_ERROR(file->Truncate(0));
  return std::unique_ptr<SpoolWriter>(new SpoolWriter(std::move(file)));
}

absl::Status SpoolWriter::Add(absl::string_view key, absl::string_view value) {
  if (key.size() > kSpooledBytesMax || value.size() > kSpooledBytesMax) {
    return absl::InternalError("spool: a row is too large");
  }
  AppendVarint(key.size(), block_);
  block_.append(key.data(), key.size());
  AppendVarint(value.size(), block_);
  block_.append(value.data(), value.size());
  ++rows_;
  return block_.size() < kBlockBytes ? absl::OkStatus() : WriteBlock();
}

absl::Status SpoolWriter::WriteBlock() {
  HIE_RETURN_IF_ERROR(file_->Append(Head(block_.size(), block_)));
  HIE_RETURN_IF_ERROR(file_->Append(block_));
  block_.clear();
  return absl::OkStatus();
}

absl::Status SpoolWriter::Finish() {
  if (!block_.empty()) HIE_RETURN_IF_ERROR(WriteBlock());
  const std::string rows = KeyWriter().U64(rows_).key();
  HIE_RETURN_IF_ERROR(file_->Append(Head(0, rows) + rows));
  return file_->Sync();
}

absl::StatusOr<std::unique_ptr<SpoolReader>> SpoolReader::Open(FileSystem& files,
                                                               const std::string& path) {
  HIE_ASSIGN_OR_RETURN(std::unique_ptr<File> file, files.Open(path, OpenMode::kRead));
  return std::unique_ptr<SpoolReader>(new SpoolReader(std::move(file)));
}

absl::Status SpoolReader::ReadBlock() {
  HIE_ASSIGN_OR_RETURN(const std::string head, file_->ReadAt(offset_, kEndBytes));
  if (head.size() != kEndBytes) return Damaged();
  KeyReader fields(head);
  HIE_ASSIGN_OR_RETURN(const uint32_t bytes, fields.U32());
  HIE_ASSIGN_OR_RETURN(const uint32_t checksum, fields.U32());
  if (bytes == 0) {
    if (Crc32c(absl::string_view(head).substr(kHeadBytes)) != checksum) return Damaged();
    HIE_ASSIGN_OR_RETURN(const uint64_t rows, fields.U64());
    if (rows != rows_) return Damaged();
    ended_ = true;
    return absl::OkStatus();
  }
  if (bytes > kBlockBytesMax) return Damaged();
  HIE_ASSIGN_OR_RETURN(block_, file_->ReadAt(offset_ + kHeadBytes, bytes));
  if (block_.size() != bytes || Crc32c(block_) != checksum) return Damaged();
  offset_ += kHeadBytes + bytes;
  rest_ = block_;
  return absl::OkStatus();
}

absl::StatusOr<absl::string_view> SpoolReader::Take() {
  size_t size = 0;
  if (!TakeVarint(rest_, size) || size > rest_.size()) return Damaged();
  const absl::string_view taken = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return taken;
}

absl::StatusOr<bool> SpoolReader::Next() {
  if (rest_.empty() && !ended_) HIE_RETURN_IF_ERROR(ReadBlock());
  if (ended_) return false;
  HIE_ASSIGN_OR_RETURN(key_, Take());
  HIE_ASSIGN_OR_RETURN(value_, Take());
  ++rows_;
  return true;
}

}  // namespace hie
