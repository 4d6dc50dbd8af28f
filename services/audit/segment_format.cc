#include "services/audit/segment_format.h"

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "services/common/crypto/hash.h"
#include "services/common/storage/crc32c.h"
#include "services/common/storage/key_codec.h"

namespace hie::audit {
namespace {

constexpr absl::string_view kHeaderMagic = "HIEAUDIT";
constexpr absl::string_view kSuffix = ".seg";
constexpr size_t kNameDigits = 20;

std::string U32(uint64_t value) { return KeyWriter().U32(static_cast<uint32_t>(value)).key(); }

// The caller has checked that the bytes are there.
uint32_t ReadU32(absl::string_view bytes, size_t at) {
  return *KeyReader(bytes.substr(at, sizeof(uint32_t))).U32();
}
uint64_t ReadU64(absl::string_view bytes, size_t at) {
  return *KeyReader(bytes.substr(at, sizeof(uint64_t))).U64();
}

}  // namespace

ChainHead Extend(const ChainHead& head, absl::string_view leaf) {
  return {head.sequence + 1, crypto::Sha256(absl::StrCat(head.hash, leaf))};
}

std::string EncodeHeader(const ChainHead& before) {
  const std::string body = absl::StrCat(
      kHeaderMagic, KeyWriter().U32(kSegmentVersion).U64(before.sequence + 1).key(), before.hash);
  return absl::StrCat(body, U32(Crc32c(body)));
}

std::optional<ChainHead> DecodeHeader(absl::string_view bytes) {
  if (bytes.size() < kHeaderBytes || !absl::StartsWith(bytes, kHeaderMagic)) return std::nullopt;
  constexpr size_t kSequenceAt = kHeaderMagic.size() + sizeof(uint32_t);
  const uint64_t first = ReadU64(bytes, kSequenceAt);
  if (first == 0) return std::nullopt;
  const ChainHead before{first - 1,
                         std::string(bytes.substr(kSequenceAt + sizeof(uint64_t), kHashBytes))};
  // Encoding again compares magic, version and checksum at once.
  if (EncodeHeader(before) != bytes.substr(0, kHeaderBytes)) return std::nullopt;
  return before;
}

void AppendRecord(const Record& record, std::string& to) {
  const std::string body =
      absl::StrCat(KeyWriter().U64(record.sequence).U64(record.synced_sequence).key(), record.leaf,
                   record.chain_hash);
  absl::StrAppend(&to, kRecordMagic, U32(record.leaf.size()), U32(Crc32c(body)), body);
}

std::optional<Record> DecodeRecord(absl::string_view bytes) {
  if (bytes.size() < kRecordOverheadBytes || !absl::StartsWith(bytes, kRecordMagic)) {
    return std::nullopt;
  }
  const size_t leaf_bytes = ReadU32(bytes, 4);
  if (leaf_bytes > kLeafBytesMax || bytes.size() < kRecordOverheadBytes + leaf_bytes) {
    return std::nullopt;
  }
  const absl::string_view body =
      bytes.substr(kRecordHeadBytes, kRecordOverheadBytes - kRecordHeadBytes + leaf_bytes);
  if (Crc32c(body) != ReadU32(bytes, 8)) return std::nullopt;
  Record record;
  record.sequence = ReadU64(body, 0);
  record.synced_sequence = ReadU64(body, 8);
  record.leaf = std::string(body.substr(16, leaf_bytes));
  record.chain_hash = std::string(body.substr(16 + leaf_bytes));
  return record;
}

std::string SegmentName(uint64_t first_sequence) {
  return absl::StrFormat("%0*d%s", static_cast<int>(kNameDigits), first_sequence, kSuffix);
}

std::optional<uint64_t> ParseSegmentName(absl::string_view name) {
  if (!absl::EndsWith(name, kSuffix) || name.size() != kNameDigits + kSuffix.size()) {
    return std::nullopt;
  }
  uint64_t first = 0;
  if (!absl::SimpleAtoi(name.substr(0, kNameDigits), &first) || first == 0) return std::nullopt;
  if (SegmentName(first) != name) return std::nullopt;
  return first;
}

}  // namespace hie::audit
