#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

// The bytes of a segment: a header, then records, then zeros up to its preallocated size.
//
//   header  magic "HIEAUDIT", version u32, first sequence u64, chain hash before it, CRC-32C u32
//   record  magic "LEAF", length of the leaf u32, CRC-32C u32 of all that follows,
//           sequence u64, synced sequence u64, leaf, chain hash after it
//
// Numbers are big-endian.  Pure: no I/O.
namespace hie::audit {

inline constexpr uint32_t kSegmentVersion = 1;
inline constexpr size_t kHashBytes = 32;
inline constexpr size_t kHeaderBytes = 8 + 4 + 8 + kHashBytes + 4;
inline constexpr size_t kRecordHeadBytes = 4 + 4 + 4;
inline constexpr size_t kRecordOverheadBytes = kRecordHeadBytes + 8 + 8 + kHashBytes;
inline constexpr absl::string_view kRecordMagic = "LEAF";

// A leaf is at most this large; validation of events keeps it well below.
inline constexpr size_t kLeafBytesMax = 256 << 10;

// Where a chain stands.
struct ChainHead {
  uint64_t sequence = 0;                             // Of the last leaf; 0: none.
  std::string hash = std::string(kHashBytes, '\0');  // After it.
  friend bool operator==(const ChainHead&, const ChainHead&) = default;
};

// Returns the head after `leaf`: SHA-256(previous hash || leaf).
ChainHead Extend(const ChainHead& head, absl::string_view leaf);

// One leaf as it stands in a segment.
struct Record {
  uint64_t sequence = 0;
  // The last sequence that was durable when this one was written.  If a record is readable, then
  // everything up to its synced sequence was on disk before it: a gap there is damage, not a torn
  // write.
  uint64_t synced_sequence = 0;
  std::string leaf;
  std::string chain_hash;

  size_t bytes() const { return kRecordOverheadBytes + leaf.size(); }
};

// `before` is the head before the segment's first leaf.
std::string EncodeHeader(const ChainHead& before);

// Returns the head before the first leaf, or nothing where `bytes` does not start with a whole,
// undamaged header of this version.
std::optional<ChainHead> DecodeHeader(absl::string_view bytes);

void AppendRecord(const Record& record, std::string& to);

// Returns the record that `bytes` starts with, or nothing where that is not whole and undamaged.
std::optional<Record> DecodeRecord(absl::string_view bytes);

// A segment's file name: its first sequence in 20 digits, ".seg"; names sort as sequences do.
std::string SegmentName(uint64_t first_sequence);

// Returns the first sequence that a segment's name says, or nothing where it is not one.
std::optional<uint64_t> ParseSegmentName(absl::string_view name);

}  // namespace hie::audit
