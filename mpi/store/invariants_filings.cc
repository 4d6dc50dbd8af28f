#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "mpi/store/invariants_parts.h"
#include "mpi/store/tables.h"
#include "services/common/base/status_macros.h"
#include "services/common/storage/key_codec.h"

// Filings: those that there are against those that the records' keys make.
//
// Neither set fits into memory.  Both are added up in parts, by the hashes of their keys: equal
// sets give equal sums in any order, and sets that differ do not by chance (64 bits a part).  The
// parts that differ are made again, now as sets.
namespace hie::mpi {
namespace {

constexpr size_t kPartBits = 16;
constexpr size_t kParts = size_t{1} << kPartBits;
// Parts that are told apart row by row, at most; what differs beyond shows after these are mended.
constexpr size_t kPartsShownMax = 8;

// FNV-1a of the key, then splitmix64: every bit of the key shows in every bit.
uint64_t HashOfKey(absl::string_view key) {
  uint64_t z = FingerprintOf(std::string(key)) + 0x9e3779b97f4a7c15ULL;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

size_t PartOf(uint64_t hash) { return hash >> (64 - kPartBits); }

// How a table of filings is told of.
struct FilingTable {
  Table table;
  absl::string_view missing;
  absl::string_view left_over;
  RecordNumber (*record_of)(absl::string_view key);  // 0: the key names none.
};

RecordNumber RecordOfFiling(absl::string_view key) {
  const absl::StatusOr<Filing> filing = ReadFilingKey(key);
  return filing.ok() ? filing->record : 0;
}

RecordNumber RecordOfQueryFiling(absl::string_view key) {
  constexpr size_t kNumberBytes = 8;
  if (key.size() < kNumberBytes) return 0;
  return KeyReader(key.substr(key.size() - kNumberBytes)).U64().value_or(0);
}

using VisitKey = absl::FunctionRef<absl::Status(const std::string& key)>;
// Makes every filing that a record should have.
using MakeKeys = absl::FunctionRef<absl::Status(VisitKey visit)>;

// One table of filings against what should be there.
class SetComparison {
 public:
  SetComparison(const KvReader& state, ScrubDesk& desk, const FilingTable& filings)
      : state_(state), desk_(desk), filings_(filings), wanted_(kParts), filed_(kParts) {}

  void Filed(absl::string_view key) { Add(key, filed_); }

  absl::Status Compare(MakeKeys make) {
    HIE_RETURN_IF_ERROR(make([&](const std::string& key) {
      Add(key, wanted_);
      return absl::OkStatus();
    }));
    std::set<size_t> differ;
    for (size_t i = 0; i < kParts && differ.size() < kPartsShownMax; ++i) {
      if (wanted_[i] != filed_[i]) differ.insert(i);
    }
    return differ.empty() ? absl::OkStatus() : Show(differ, make);
  }

 private:
  using Sum = std::pair<uint64_t, uint64_t>;  // Of hashes, and of rows.

  static void Add(absl::string_view key, std::vector<Sum>& sums) {
    const uint64_t hash = HashOfKey(key);
    Sum& sum = sums[PartOf(hash)];
    sum.first += hash;
    ++sum.second;
  }

  absl::Status Show(const std::set<size_t>& parts, MakeKeys make) {
    const auto shown = [&](absl::string_view key) {
      return parts.count(PartOf(HashOfKey(key))) > 0;
    };
    std::set<std::string> missing;
    HIE_RETURN_IF_ERROR(make([&](const std::string& key) {
      if (shown(key)) missing.insert(key);
      return absl::OkStatus();
    }));
    HIE_RETURN_IF_ERROR(
        ForEachRow(state_, filings_.table, [&](absl::string_view key, absl::string_view) {
          HIE_RETURN_IF_ERROR(desk_.Tick("filings that differ", 0));
          if (shown(key) && missing.erase(std::string(key)) == 0) Tell(filings_.left_over, key);
          return absl::OkStatus();
        }));
    for (const std::string& key : missing) Tell(filings_.missing, key);
    return absl::OkStatus();
  }

  void Tell(absl::string_view fault, absl::string_view key) const {
    desk_.Want(false, {fault, filings_.table, filings_.record_of(key)});
  }

  const KvReader& state_;
  ScrubDesk& desk_;
  const FilingTable filings_;
  std::vector<Sum> wanted_;
  std::vector<Sum> filed_;
};

// Counts the filings under each base, which follow each other.
class KeyCounter {
 public:
  KeyCounter(const KvReader& state, const ScrubDesk& desk) : state_(state), desk_(desk) {}

  absl::Status Take(const Filing& filing) {
    if (count_ > 0 && filing.base != base_) HIE_RETURN_IF_ERROR(EndBase());
    base_ = filing.base;
    ++count_;
    last_record_ = filing.record;
    return absl::OkStatus();
  }

  absl::Status Finish() {
    HIE_RETURN_IF_ERROR(EndBase());
    uint64_t rows = 0;
    HIE_RETURN_IF_ERROR(
        ForEachRow(state_, kKeyCountsTable, [&](absl::string_view, absl::string_view) {
          ++rows;
          return absl::OkStatus();
        }));
    desk_.Want(rows == heavy_, {"a count of a key that needs none", kKeyCountsTable});
    return absl::OkStatus();
  }

 private:
  absl::Status EndBase() {
    const uint64_t count = std::exchange(count_, 0);
    if (count <= kCountedByWalking) return absl::OkStatus();
    ++heavy_;
    HIE_ASSIGN_OR_RETURN(const std::optional<std::string> bytes,
                         state_.Get(kKeyCountsTable, BaseKey(base_)));
    v1::KeyCountRow row;
    if (bytes && !row.ParseFromString(*bytes)) return UnreadableRow(kKeyCountsTable);
    desk_.Want(bytes && row.count() == count,
               {"a key is not counted exactly", kKeyCountsTable, last_record_});
    return absl::OkStatus();
  }

  const KvReader& state_;
  const ScrubDesk& desk_;
  uint64_t base_ = 0;
  uint64_t count_ = 0;
  uint64_t heavy_ = 0;
  RecordNumber last_record_ = 0;
};

// The filings that matching should find: of the features, which ScrubRecords checks.
absl::Status MakeFilings(const MpiReader& reader, ScrubDesk& desk, uint64_t records,
                         VisitKey visit) {
  return reader.ScanFeatures(
      1, [&](RecordNumber number, absl::string_view, const PackedView& packed) -> absl::Status {
        HIE_RETURN_IF_ERROR(desk.Tick("keys of records", records));
        for (const BlockKey& key : FiledKeys(packed)) {
          HIE_RETURN_IF_ERROR(visit(FilingKey(key, number)));
        }
        return absl::OkStatus();
      });
}

absl::Status MakeQueryFilings(const KvReader& state, ScrubDesk& desk, uint64_t records,
                              VisitKey visit) {
  return ForEachRow(
      state, kRecordsTable, [&](absl::string_view key, absl::string_view value) -> absl::Status {
        HIE_RETURN_IF_ERROR(desk.Tick("query keys of records", records));
        HIE_ASSIGN_OR_RETURN(const RecordNumber number, KeyReader(key).U64());
        v1::RecordRow row;
        if (!row.ParseFromArray(value.data(), static_cast<int>(value.size()))) {
          return UnreadableRow(kRecordsTable);
        }
        HIE_ASSIGN_OR_RETURN(const std::vector<std::string> keys, QueryKeysOf(row.record()));
        for (const std::string& of_record : keys) {
          HIE_RETURN_IF_ERROR(visit(QueryFilingKey(of_record, number)));
        }
        return absl::OkStatus();
      });
}

}  // namespace

absl::Status ScrubFilings(const KvReader& state, ScrubDesk& desk, ScrubCounts& counts) {
  const MpiReader reader(state);
  SetComparison filings(state, desk,
                        {kKeysTable, "a record is not filed under a key of its own",
                         "a filing under a key that the record does not have", RecordOfFiling});
  KeyCounter counter(state, desk);
  HIE_RETURN_IF_ERROR(
      ForEachRow(state, kKeysTable, [&](absl::string_view key, absl::string_view) -> absl::Status {
        HIE_RETURN_IF_ERROR(desk.Tick("filings", 0));
        ++counts.filings;
        filings.Filed(key);
        HIE_ASSIGN_OR_RETURN(const Filing filing, ReadFilingKey(key));
        return counter.Take(filing);
      }));
  HIE_RETURN_IF_ERROR(counter.Finish());
  HIE_RETURN_IF_ERROR(filings.Compare(
      [&](VisitKey visit) { return MakeFilings(reader, desk, counts.records, visit); }));
  SetComparison queries(state, desk,
                        {kQueryKeysTable, "a record is not filed under a query key of its own",
                         "a query filing that the record's keys do not make", RecordOfQueryFiling});
  HIE_RETURN_IF_ERROR(
      ForEachRow(state, kQueryKeysTable, [&](absl::string_view key, absl::string_view) {
        queries.Filed(key);
        return desk.Tick("query filings", 0);
      }));
  return queries.Compare(
      [&](VisitKey visit) { return MakeQueryFilings(state, desk, counts.records, visit); });
}

}  // namespace hie::mpi
