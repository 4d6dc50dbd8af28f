#include "mpi/service/train_model_sample.h"

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "mpi/store/match.h"
#include "mpi/store/tables.h"
#include "services/common/base/status_macros.h"

namespace hie::mpi {
namespace {

constexpr absl::string_view kPhase = "records";
constexpr uint64_t kRecordsBetweenWords = 65'536;
// Of so many records one may be of a drawn person, where their neighbours come along.
constexpr uint64_t kNeighboursAtLeast = 4;

absl::Status Watch(const RunWatch& watch, uint64_t done, uint64_t all) {
  if (done % kRecordsBetweenWords != 0 || !watch || watch(kPhase, done, all)) {
    return absl::OkStatus();
  }
  return absl::CancelledError("run: ended before its time");
}

// Where a person stands in the order of the draw: the same for every state that holds it.
uint64_t DrawOrder(absl::string_view person_key, uint64_t seed) {
  uint64_t z = FingerprintOf(std::string(person_key)) + (seed + 1) * 0x9e3779b97f4a7c15ULL;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

// Below which order persons are drawn, to get `wanted` of `all` records.
uint64_t DrawBound(uint64_t wanted, uint64_t all) {
  if (wanted >= all) return std::numeric_limits<uint64_t>::max();
  return std::numeric_limits<uint64_t>::max() / all * wanted;
}

// Collects rows in the order of record numbers.
class Collector {
 public:
  void Add(RecordNumber record, absl::string_view person_key, const PackedView& packed,
           bool drawn) {
    const auto [found, fresh] =
        persons_.emplace(person_key, static_cast<uint32_t>(sample_.person_keys.size()));
    if (fresh) {
      sample_.person_keys.emplace_back(person_key);
      sample_.drawn.push_back(drawn);
    }
    sample_.table.Add(packed, 0);
    sample_.numbers.push_back(record);
    sample_.person.push_back(found->second);
  }
  void CountIndexRecord() { ++sample_.index_records; }
  IndexSample Take() { return std::move(sample_); }

 private:
  IndexSample sample_;
  absl::flat_hash_map<std::string, uint32_t> persons_;
};

// Visits the features of the whole index, and says how far it is.
absl::Status ScanAll(const MpiReader& reader, const RunWatch& watch, uint64_t all,
                     MpiReader::VisitFeatures visit) {
  uint64_t done = 0;
  return reader.ScanFeatures(
      1, [&](RecordNumber record, absl::string_view person_key, const PackedView& packed) {
        HIE_RETURN_IF_ERROR(Watch(watch, done++, all));
        return visit(record, person_key, packed);
      });
}

// Persons with everybody who shares a key with them.
class Neighbourhoods {
 public:
  Neighbourhoods(const MpiReader& reader, const SampleOptions& options)
      : reader_(reader), options_(options) {}

  absl::Status Gather(uint64_t all) {
    std::vector<std::pair<uint64_t, std::string>> order;
    const uint64_t bound = DrawBound(options_.records_max / kNeighboursAtLeast, all);
    std::set<std::string> seen;
    HIE_RETURN_IF_ERROR(ScanAll(reader_, options_.watch, all,
                                [&](RecordNumber, absl::string_view person_key, const PackedView&) {
                                  const uint64_t place = DrawOrder(person_key, options_.seed);
                                  if (place <= bound && !person_key.empty() &&
                                      seen.emplace(person_key).second) {
                                    order.emplace_back(place, std::string(person_key));
                                  }
                                  return absl::OkStatus();
                                }));
    std::sort(order.begin(), order.end());
    uint64_t done = 0;
    for (const auto& [place, person_key] : order) {
      if (records_ >= options_.records_max) break;
      HIE_RETURN_IF_ERROR(Watch(options_.watch, done++, order.size()));
      HIE_RETURN_IF_ERROR(Draw(person_key));
    }
    return absl::OkStatus();
  }

  // Nothing: neither drawn nor near.
  std::optional<bool> IsDrawn(absl::string_view person_key) const {
    const auto found = persons_.find(person_key);
    if (found == persons_.end()) return std::nullopt;
    return found->second;
  }

 private:
  absl::Status Draw(const std::string& person_key) {
    HIE_ASSIGN_OR_RETURN(const std::vector<RecordNumber> own, Take(person_key, true));
    std::vector<BlockKey> keys;
    HIE_RETURN_IF_ERROR(
        reader_.ReadFeatures(own, [&](RecordNumber, absl::string_view, const PackedView& packed) {
          for (const BlockKey& key : FiledKeys(packed)) keys.push_back(key);
          return absl::OkStatus();
        }));
    std::vector<RecordNumber> near;
    for (const BlockKey& key : keys) HIE_RETURN_IF_ERROR(Walk(key, near));
    std::sort(near.begin(), near.end());
    near.erase(std::unique(near.begin(), near.end()), near.end());
    std::set<std::string> others;
    HIE_RETURN_IF_ERROR(
        reader_.ReadFeatures(near, [&](RecordNumber, absl::string_view other, const PackedView&) {
          others.emplace(other);
          return absl::OkStatus();
        }));
    for (const std::string& other : others) HIE_RETURN_IF_ERROR(Take(other, false).status());
    return absl::OkStatus();
  }

  // As a match walks it: narrow where too many share it.
  absl::Status Walk(const BlockKey& key, std::vector<RecordNumber>& near) const {
    const uint64_t cap = KeyRecordsCap(key.type);
    HIE_ASSIGN_OR_RETURN(const uint64_t count, reader_.CountFilings(KeyBase(key)));
    const bool narrow = count > cap && key.refined != 0;
    return reader_.Filed(narrow ? RefinedKey(key) : BaseKey(KeyBase(key)), cap, near).status();
  }

  absl::StatusOr<std::vector<RecordNumber>> Take(const std::string& person_key, bool drawn) {
    const auto [found, fresh] = persons_.emplace(person_key, drawn);
    if (!fresh) found->second = found->second || drawn;
    HIE_ASSIGN_OR_RETURN(const std::string eid, EidOfPersonKey(person_key));
    HIE_ASSIGN_OR_RETURN(const v1::PersonRow person, reader_.Person(eid));
    std::vector<RecordNumber> records = RecordNumbers(person);
    if (fresh) records_ += records.size();
    return records;
  }

  const MpiReader& reader_;
  const SampleOptions& options_;
  std::map<std::string, bool, std::less<>> persons_;
  uint64_t records_ = 0;
};

}  // namespace

absl::StatusOr<IndexSample> DrawPersons(const MpiReader& reader, const SampleOptions& options) {
  HIE_ASSIGN_OR_RETURN(const RecordNumber last, reader.LastRecord());
  const uint64_t bound = DrawBound(options.records_max, last);
  Collector collector;
  HIE_RETURN_IF_ERROR(
      ScanAll(reader, options.watch, last,
              [&](RecordNumber record, absl::string_view person_key, const PackedView& packed) {
                collector.CountIndexRecord();
                if (DrawOrder(person_key, options.seed) <= bound) {
                  collector.Add(record, person_key, packed, true);
                }
                return absl::OkStatus();
              }));
  return collector.Take();
}

absl::StatusOr<IndexSample> DrawNeighbourhoods(const MpiReader& reader,
                                               const SampleOptions& options) {
  HIE_ASSIGN_OR_RETURN(const RecordNumber last, reader.LastRecord());
  if (last <= options.records_max) return DrawPersons(reader, options);
  Neighbourhoods neighbourhoods(reader, options);
  HIE_RETURN_IF_ERROR(neighbourhoods.Gather(last));
  Collector collector;
  HIE_RETURN_IF_ERROR(
      ScanAll(reader, options.watch, last,
              [&](RecordNumber record, absl::string_view person_key, const PackedView& packed) {
                collector.CountIndexRecord();
                const std::optional<bool> drawn = neighbourhoods.IsDrawn(person_key);
                if (drawn) collector.Add(record, person_key, packed, *drawn);
                return absl::OkStatus();
              }));
  return collector.Take();
}

}  // namespace hie::mpi
