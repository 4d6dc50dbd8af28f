#include "mpi/service/monitor.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "mpi/compare/agreement.h"
#include "mpi/store/match.h"
#include "mpi/store/model_store.h"
#include "mpi/store/mpi_reader.h"
#include "mpi/store/tables.h"
#include "mpi/train/level_counts.h"
#include "services/common/base/status_macros.h"
#include "services/common/storage/key_codec.h"
#include "services/common/wire/wire.h"

namespace hie::mpi {
namespace {

constexpr size_t kPortion = 256;
constexpr uint64_t kMillion = 1'000'000;
constexpr uint64_t kPartsPerMillionth = 1'000;  // A model's parts per billion.

// splitmix64: the same draw on every machine.
class Draw {
 public:
  explicit Draw(uint64_t seed) : state_(seed) {}
  uint64_t Below(uint64_t limit) {
    uint64_t z = state_ += 0x9e3779b97f4a7c15ULL;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return (z ^ (z >> 31)) % limit;
  }

 private:
  uint64_t state_;
};

using LevelTally = std::array<std::array<uint64_t, kLevelsMax>, kFieldCount>;

struct SourceTally {
  uint64_t records = 0;
  uint64_t linked_pairs = 0;
  uint64_t random_pairs = 0;
  LevelTally linked = {};
  LevelTally random = {};
  std::array<uint64_t, kFieldCount> missing = {};
};

struct DrawnRecord {
  RecordNumber number = 0;
  std::string source;
  std::string person_key;
  std::string packed;

  PackedView view() const { return PackedView(packed.data()); }
};

void Tally(const Agreement& agreement, LevelTally& tally) {
  const LevelPattern pattern = PatternOf(agreement);
  for (size_t field = 0; field < kFieldCount; ++field) ++tally[field][pattern[field]];
}

uint32_t PartsPerMillion(uint64_t part, uint64_t of) {
  return of == 0 ? 0 : static_cast<uint32_t>(part * kMillion / of);
}

uint64_t Rounded(double value) { return static_cast<uint64_t>(std::llround(value)); }

// The rates of one source.
class SourceReport {
 public:
  SourceReport(const SourceTally& tally, const Model& model, v1::SourceMonitor& out)
      : tally_(tally), model_(model), out_(out) {}

  void Fill() {
    out_.set_records(tally_.records);
    out_.set_linked_pairs(tally_.linked_pairs);
    out_.set_random_pairs(tally_.random_pairs);
    for (size_t field = 0; field < kFieldCount; ++field) {
      if (!model_.fields[field].name.empty()) FillField(field);
    }
  }

 private:
  void FillField(size_t field) {
    const FieldRow& row = model_.fields[field];
    const uint64_t linked = Present(tally_.linked[field], row.level_count);
    const uint64_t random = Present(tally_.random[field], row.level_count);
    for (size_t i = 0; i + 1 < row.level_count; ++i) {
      const Level& level = row.levels[i];
      const uint64_t seen = tally_.linked[field][i] + tally_.random[field][i];
      if (seen == 0 && level.m == 0 && level.u == 0) continue;
      v1::LevelRate& rate = *out_.add_levels();
      rate.set_field(row.name);
      rate.set_level(std::string(level.name));
      rate.set_linked_ppm(PartsPerMillion(tally_.linked[field][i], linked));
      rate.set_model_m_ppm(static_cast<uint32_t>(level.m / kPartsPerMillionth));
      rate.set_random_ppm(PartsPerMillion(tally_.random[field][i], random));
      rate.set_model_u_ppm(static_cast<uint32_t>(level.u / kPartsPerMillionth));
    }
    v1::MissingRate& missing = *out_.add_missing();
    missing.set_field(row.name);
    missing.set_missing_ppm(PartsPerMillion(tally_.missing[field], tally_.records));
  }

  // Pairs that both have the field: all but the last level.
  static uint64_t Present(const std::array<uint64_t, kLevelsMax>& levels, size_t level_count) {
    uint64_t sum = 0;
    for (size_t i = 0; i + 1 < level_count; ++i) sum += levels[i];
    return sum;
  }

  const SourceTally& tally_;
  const Model& model_;
  v1::SourceMonitor& out_;
};

class Measurement {
 public:
  Measurement(const KvReader& state, const Model& model, const MonitorOptions& options)
      : reader_(state), model_(model), options_(options), draw_(options.seed) {}

  absl::Status Run(v1::Monitors& out) {
    HIE_RETURN_IF_ERROR(DrawRecords());
    HIE_RETURN_IF_ERROR(LookAtPersons());
    LookAtStrangers();
    FillTotals(out);
    for (const auto& [source, tally] : sources_) {
      v1::SourceMonitor& monitor = *out.add_sources();
      monitor.set_assigning_authority(source);
      SourceReport(tally, model_, monitor).Fill();
    }
    HIE_RETURN_IF_ERROR(FillHeavyKeys(out));
    return FillTasks(out);
  }

 private:
  absl::Status DrawRecords() {
    HIE_ASSIGN_OR_RETURN(filed_, reader_.LastRecord());
    std::set<RecordNumber> numbers;
    if (filed_ <= options_.records_max) {
      for (RecordNumber i = 1; i <= filed_; ++i) numbers.insert(i);
    } else {
      while (numbers.size() < options_.records_max) numbers.insert(1 + draw_.Below(filed_));
    }
    looked_at_ = numbers.size();
    std::vector<RecordNumber> portion;
    for (const RecordNumber number : numbers) {
      portion.push_back(number);
      if (portion.size() == kPortion) HIE_RETURN_IF_ERROR(Take(portion));
    }
    return Take(portion);
  }

  absl::Status Take(std::vector<RecordNumber>& portion) {
    std::map<RecordNumber, std::string> sources;
    HIE_ASSIGN_OR_RETURN(const std::vector<v1::RecordRow> rows, reader_.Records(portion));
    for (size_t i = 0; i < rows.size(); ++i) {
      sources[portion[i]] = rows[i].record().patient().assigning_authority();
    }
    const absl::Status read = reader_.ReadFeatures(
        portion, [&](RecordNumber number, absl::string_view person_key, const PackedView& packed) {
          drawn_.push_back(
              {number, sources[number], std::string(person_key), std::string(packed.bytes())});
          return absl::OkStatus();
        });
    portion.clear();
    return read;
  }

  absl::Status LookAtPersons() {
    for (const DrawnRecord& record : drawn_) {
      SourceTally& tally = sources_[record.source];
      ++tally.records;
      const LevelPattern own = PatternOf(Compare(record.view(), record.view()));
      for (size_t field = 0; field < kFieldCount; ++field) {
        tally.missing[field] += own[field] + 1u == model_.fields[field].level_count;
      }
      HIE_ASSIGN_OR_RETURN(const std::string eid, EidOfPersonKey(record.person_key));
      HIE_ASSIGN_OR_RETURN(const v1::PersonRow person, reader_.Person(eid));
      const auto size = static_cast<double>(std::max(1, person.record_numbers_size()));
      persons_ += 1 / size;
      linked_pairs_ += (size - 1) / 2;
      HIE_RETURN_IF_ERROR(LookAtLinked(record, RecordNumbers(person), tally));
    }
    return absl::OkStatus();
  }

  absl::Status LookAtLinked(const DrawnRecord& record, std::vector<RecordNumber> others,
                            SourceTally& tally) {
    others.erase(std::remove(others.begin(), others.end(), record.number), others.end());
    if (others.size() > kLinkedPairsPerRecord) others.resize(kLinkedPairsPerRecord);
    if (others.empty()) return absl::OkStatus();
    return reader_.ReadFeatures(others,
                                [&](RecordNumber, absl::string_view, const PackedView& other) {
                                  Tally(Compare(record.view(), other), tally.linked);
                                  ++tally.linked_pairs;
                                  return absl::OkStatus();
                                });
  }

  void LookAtStrangers() {
    if (drawn_.size() < 2) return;
    for (const DrawnRecord& record : drawn_) {
      SourceTally& tally = sources_[record.source];
      for (size_t i = 0; i < kRandomPairsPerRecord; ++i) {
        const DrawnRecord& other = drawn_[draw_.Below(drawn_.size())];
        if (other.person_key == record.person_key) continue;
        Tally(Compare(record.view(), other.view()), tally.random);
        ++tally.random_pairs;
      }
    }
  }

  void FillTotals(v1::Monitors& out) const {
    const double times =
        looked_at_ == 0 ? 0 : static_cast<double>(filed_) / static_cast<double>(looked_at_);
    const double records = times * static_cast<double>(drawn_.size());
    out.set_records(Rounded(records));
    out.set_persons(Rounded(times * persons_));
    out.set_linked_pairs(Rounded(times * linked_pairs_));
    out.set_expected_pairs(Rounded(records * model_.matches_per_record / 1000 / 2));
    out.set_drawn_records(drawn_.size());
  }

  absl::Status FillHeavyKeys(v1::Monitors& out) {
    std::set<std::pair<uint64_t, std::string>, std::greater<>> heaviest;
    uint64_t heavy = 0;
    bool readable = true;
    HIE_RETURN_IF_ERROR(reader_.rows().Scan(
        kKeyCountsTable, "", "", [&](absl::string_view key, absl::string_view value) {
          v1::KeyCountRow row;
          readable = row.ParseFromArray(value.data(), static_cast<int>(value.size()));
          if (!readable || row.count() <= kKeyRecordsMax) return readable;
          ++heavy;
          heaviest.emplace(row.count(), key);
          if (heaviest.size() > kHeavyKeysMax) heaviest.erase(std::prev(heaviest.end()));
          return true;
        }));
    if (!readable) return absl::DataLossError("key_counts: a row cannot be read");
    out.set_heavy_key_count(heavy);
    for (const auto& [count, prefix] : heaviest) {
      HIE_RETURN_IF_ERROR(FillHeavyKey(prefix, count, *out.add_heavy_keys()));
    }
    return absl::OkStatus();
  }

  // A key's type is not in its hash: one of its records tells.
  absl::Status FillHeavyKey(const std::string& prefix, uint64_t count, v1::HeavyKey& out) {
    out.set_records(count);
    std::vector<RecordNumber> records;
    HIE_RETURN_IF_ERROR(reader_.Filed(prefix, 1, records).status());
    return reader_.ReadFeatures(records,
                                [&](RecordNumber, absl::string_view, const PackedView& packed) {
                                  for (const BlockKey& key : FiledKeys(packed)) {
                                    if (BaseKey(KeyBase(key)) != prefix) continue;
                                    out.set_key(KeyBase(key));
                                    out.set_type(std::string(KeyTypeName(key.type)));
                                  }
                                  return absl::OkStatus();
                                });
  }

  absl::Status FillTasks(v1::Monitors& out) const {
    uint64_t open = 0;
    int64_t oldest = 0;
    bool readable = true;
    HIE_RETURN_IF_ERROR(
        reader_.rows().Scan(kTasksTable, "", "", [&](absl::string_view, absl::string_view value) {
          v1::TaskRow row;
          readable = row.ParseFromArray(value.data(), static_cast<int>(value.size()));
          ++open;
          if (oldest == 0 || row.opened_micros() < oldest) oldest = row.opened_micros();
          return readable;
        }));
    if (!readable) return absl::DataLossError("tasks: a row cannot be read");
    out.set_tasks_open(open);
    out.set_oldest_task_micros(oldest);
    return absl::OkStatus();
  }

  const MpiReader reader_;
  const Model& model_;
  const MonitorOptions& options_;
  Draw draw_;
  uint64_t filed_ = 0;      // Records that were ever filed.
  uint64_t looked_at_ = 0;  // Of these, drawn; compared or not.
  std::vector<DrawnRecord> drawn_;
  std::map<std::string, SourceTally> sources_;
  double persons_ = 0;
  double linked_pairs_ = 0;
};

}  // namespace

absl::StatusOr<v1::Monitors> MeasureMonitors(const KvReader& state, const ActiveModel& models,
                                             const MonitorOptions& options, absl::Time now) {
  HIE_ASSIGN_OR_RETURN(const std::shared_ptr<const Model> model, models.In(state));
  HIE_ASSIGN_OR_RETURN(const v1::ActiveModelRow active, ModelStore(state).Active());
  HIE_ASSIGN_OR_RETURN(const uint64_t sequence, MpiReader(state).LastSequence());
  v1::Monitors monitors;
  monitors.set_model(model->name);
  monitors.set_model_hash(active.hash());
  monitors.set_sequence(sequence);
  monitors.set_measured_micros(wire::MicrosFromTime(now));
  HIE_RETURN_IF_ERROR(Measurement(state, *model, options).Run(monitors));
  return monitors;
}

}  // namespace hie::mpi
