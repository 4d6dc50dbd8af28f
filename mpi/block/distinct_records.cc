#include "mpi/block/distinct_records.h"

#include <algorithm>
#include <cstring>

#include "mpi/block/sound.h"

namespace hie::mpi {
namespace {

uint64_t HashBytes(absl::string_view bytes) {
  uint64_t hash = 0x9e3779b97f4a7c15ULL;
  for (size_t at = 0; at < bytes.size(); at += sizeof(uint64_t)) {
    uint64_t word = 0;  // A packed record is a multiple of eight bytes.
    std::memcpy(&word, bytes.data() + at, sizeof(word));
    hash = (hash ^ word) * 0xff51afd7ed558ccdULL;
    hash ^= hash >> 32;
  }
  return hash;
}

uint64_t HashWordText(absl::string_view a, absl::string_view b) {
  uint64_t hash = 0x9e3779b97f4a7c15ULL;
  for (const absl::string_view part : {a, b}) {
    for (const char c : part) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
    hash = (hash ^ 0xff) * 1099511628211ULL;
  }
  return hash * 0xff51afd7ed558ccdULL;
}

// Where a record stands among the others: like names first, then content.
uint64_t OrderOf(const PackedView& record) {
  uint64_t names = 0;
  for (const PackedName& name : record.names()) {
    if (names != 0) break;
    names = HashWordText(SoundOf(record.text(name.family)), record.text(name.first).substr(0, 3));
  }
  return (names & 0xffffffff00000000ULL) | (HashBytes(record.bytes()) & 0xffffffffULL);
}

struct Keyed {
  uint64_t hash;
  uint32_t row;
};

}  // namespace

DistinctRecords FindDistinctRecords(RecordTable& table, DistinctRecords::Sources sources) {
  const bool apart = sources == DistinctRecords::Sources::kApart;
  std::vector<Keyed> keyed(table.size());
  for (uint32_t row = 0; row < table.size(); ++row) {
    keyed[row] = {OrderOf(table.record(row)), row};
  }
  const auto same = [&](const Keyed& a, const Keyed& b) {
    return a.hash == b.hash && table.record(a.row).bytes() == table.record(b.row).bytes() &&
           (!apart || table.source(a.row) == table.source(b.row));
  };
  std::sort(keyed.begin(), keyed.end(), [&](const Keyed& a, const Keyed& b) {
    if (a.hash != b.hash) return a.hash < b.hash;
    const int order = table.record(a.row).bytes().compare(table.record(b.row).bytes());
    if (order != 0) return order < 0;
    if (apart && table.source(a.row) != table.source(b.row)) {
      return table.source(a.row) < table.source(b.row);
    }
    return a.row < b.row;
  });
  std::vector<uint32_t> rows;
  rows.reserve(keyed.size());
  for (const Keyed& one : keyed) rows.push_back(one.row);
  table.LayOut(rows);
  DistinctRecords distinct;
  distinct.node_of_row.resize(table.size());
  for (size_t i = 0; i < keyed.size(); ++i) {
    if (i == 0 || !same(keyed[i - 1], keyed[i])) {
      distinct.first_row.push_back(keyed[i].row);
      distinct.copies.push_back(0);
    }
    ++distinct.copies.back();
    distinct.node_of_row[keyed[i].row] = static_cast<uint32_t>(distinct.size() - 1);
  }
  return distinct;
}

}  // namespace hie::mpi
