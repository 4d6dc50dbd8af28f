#include "mpi/store/mpi_reader.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "mpi/compare/compact_record.h"
#include "mpi/store/tables.h"
#include "services/common/base/status_macros.h"
#include "services/common/storage/key_codec.h"
#include "services/common/wire/wire.h"

namespace hie::mpi {
namespace {

absl::Status BadRow(absl::string_view table) {
  return absl::DataLossError(absl::StrCat(table, ": a row is missing or cannot be read"));
}

// Nothing where the row is absent.
template <typename Row>
absl::StatusOr<std::optional<Row>> Find(const KvReader& reader, Table table,
                                        absl::string_view key) {
  HIE_ASSIGN_OR_RETURN(const std::optional<std::string> bytes, reader.Get(table, key));
  if (!bytes) return std::optional<Row>();
  Row row;
  if (!row.ParseFromString(*bytes)) return BadRow(table);
  return std::optional<Row>(std::move(row));
}

template <typename Row>
absl::StatusOr<Row> FindOrDefault(const KvReader& reader, Table table, absl::string_view key) {
  HIE_ASSIGN_OR_RETURN(std::optional<Row> row, Find<Row>(reader, table, key));
  return row ? *std::move(row) : Row();
}

// Reads the rows of a pair table whose first part is `record`.
template <typename Row>
absl::StatusOr<std::vector<std::pair<RecordNumber, Row>>> PairsOf(const KvReader& reader,
                                                                  Table table,
                                                                  RecordNumber record) {
  HIE_ASSIGN_OR_RETURN(const std::vector<KvEntry> entries,
                       reader.ScanPrefix(table, RecordKey(record)));
  std::vector<std::pair<RecordNumber, Row>> pairs;
  for (const KvEntry& entry : entries) {
    KeyReader key(entry.key);
    HIE_RETURN_IF_ERROR(key.U64().status());
    HIE_ASSIGN_OR_RETURN(const RecordNumber other, key.U64());
    Row row;
    if (!row.ParseFromString(entry.value)) return BadRow(table);
    pairs.emplace_back(other, std::move(row));
  }
  return pairs;
}

}  // namespace

absl::StatusOr<v1::HolderRow> MpiReader::Holder(const common::v1::LocalPatient& patient) const {
  return FindOrDefault<v1::HolderRow>(reader_, kHoldersTable, HolderKey(patient));
}

absl::StatusOr<RecordNumber> MpiReader::FindRecord(const common::v1::LocalPatient& patient) const {
  HIE_ASSIGN_OR_RETURN(const v1::HolderRow holder, Holder(patient));
  const auto count = static_cast<uint32_t>(holder.record_numbers_size());
  const uint32_t incarnation = patient.incarnation() == 0 ? count : patient.incarnation();
  if (count == 0 || incarnation > count) return absl::NotFoundError("patient: not registered");
  return holder.record_numbers(static_cast<int>(incarnation) - 1);
}

absl::StatusOr<v1::RecordRow> MpiReader::Record(RecordNumber record) const {
  HIE_ASSIGN_OR_RETURN(std::optional<v1::RecordRow> row,
                       Find<v1::RecordRow>(reader_, kRecordsTable, RecordKey(record)));
  if (!row) return BadRow(kRecordsTable);
  return *std::move(row);
}

absl::StatusOr<std::vector<v1::RecordRow>> MpiReader::Records(
    const std::vector<RecordNumber>& records) const {
  std::vector<std::string> keys;
  keys.reserve(records.size());
  for (const RecordNumber record : records) keys.push_back(RecordKey(record));
  HIE_ASSIGN_OR_RETURN(const std::vector<std::optional<std::string>> values,
                       reader_.MultiGet(kRecordsTable, keys));
  std::vector<v1::RecordRow> rows(values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    if (!values[i] || !rows[i].ParseFromString(*values[i])) return BadRow(kRecordsTable);
  }
  return rows;
}

absl::StatusOr<std::optional<v1::PersonRow>> MpiReader::FindPerson(const std::string& eid) const {
  return Find<v1::PersonRow>(reader_, kPersonsTable, PersonKey(eid));
}

absl::StatusOr<v1::PersonRow> MpiReader::Person(const std::string& eid) const {
  HIE_ASSIGN_OR_RETURN(std::optional<v1::PersonRow> row, FindPerson(eid));
  if (!row) return BadRow(kPersonsTable);
  return *std::move(row);
}

absl::StatusOr<std::vector<std::optional<uint64_t>>> MpiReader::KeyCounts(
    const std::vector<uint64_t>& bases) const {
  std::vector<std::string> keys;
  keys.reserve(bases.size());
  for (const uint64_t base : bases) keys.push_back(BaseKey(base));
  HIE_ASSIGN_OR_RETURN(const std::vector<std::optional<std::string>> rows,
                       reader_.MultiGet(kKeyCountsTable, keys));
  std::vector<std::optional<uint64_t>> counts(rows.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    if (!rows[i]) continue;
    v1::KeyCountRow row;
    if (!row.ParseFromString(*rows[i])) return BadRow(kKeyCountsTable);
    counts[i] = row.count();
  }
  return counts;
}

absl::StatusOr<uint64_t> MpiReader::CountFilings(uint64_t base) const {
  HIE_ASSIGN_OR_RETURN(const v1::KeyCountRow row,
                       FindOrDefault<v1::KeyCountRow>(reader_, kKeyCountsTable, BaseKey(base)));
  if (row.count() != 0) return row.count();
  std::vector<RecordNumber> records;
  return Filed(BaseKey(base), kCountedByWalking + 1, records);
}

absl::StatusOr<size_t> MpiReader::Filed(absl::string_view prefix, size_t limit,
                                        std::vector<RecordNumber>& records) const {
  size_t found = 0;
  absl::Status bad;
  const absl::Status scanned =
      reader_.Scan(kKeysTable, prefix, "", [&](absl::string_view row, absl::string_view) {
        const absl::StatusOr<Filing> filing = ReadFilingKey(row);
        if (!filing.ok()) {
          bad = filing.status();
          return false;
        }
        records.push_back(filing->record);
        return ++found < limit;
      });
  HIE_RETURN_IF_ERROR(scanned);
  HIE_RETURN_IF_ERROR(bad);
  return found;
}

absl::Status MpiReader::ReadFeatures(const std::vector<RecordNumber>& records,
                                     VisitFeatures visit) const {
  std::vector<std::string> keys;
  keys.reserve(records.size());
  for (const RecordNumber record : records) keys.push_back(RecordKey(record));
  HIE_ASSIGN_OR_RETURN(const std::vector<std::optional<std::string>> rows,
                       reader_.MultiGet(kFeaturesTable, keys));
  std::string packed;
  for (size_t i = 0; i < rows.size(); ++i) {
    if (!rows[i]) continue;
    HIE_ASSIGN_OR_RETURN(const FeatureRowView row, ReadFeatureRow(*rows[i]));
    HIE_RETURN_IF_ERROR(ExpandRecord(row.compact, packed));
    HIE_RETURN_IF_ERROR(visit(records[i], row.person_key, PackedView(packed.data())));
  }
  return absl::OkStatus();
}

absl::Status MpiReader::ScanFeatures(RecordNumber from, VisitFeatures visit) const {
  std::string packed;
  absl::Status status;
  const auto visit_row = [&](absl::string_view key, absl::string_view value) {
    status = [&]() -> absl::Status {
      HIE_ASSIGN_OR_RETURN(const RecordNumber record, KeyReader(key).U64());
      HIE_ASSIGN_OR_RETURN(const FeatureRowView row, ReadFeatureRow(value));
      HIE_RETURN_IF_ERROR(ExpandRecord(row.compact, packed));
      return visit(record, row.person_key, PackedView(packed.data()));
    }();
    return status.ok();
  };
  HIE_RETURN_IF_ERROR(reader_.Scan(kFeaturesTable, "", RecordKey(from), visit_row));
  return status;
}

absl::StatusOr<std::optional<v1::ExplanationRow>> MpiReader::Explanation(
    RecordNumber record) const {
  return Find<v1::ExplanationRow>(reader_, kExplanationsTable, RecordKey(record));
}

absl::StatusOr<std::optional<v1::DecisionRow>> MpiReader::Decision(RecordNumber a,
                                                                   RecordNumber b) const {
  return Find<v1::DecisionRow>(reader_, kDecisionsTable, PairKey(a, b));
}

absl::StatusOr<std::vector<std::pair<RecordNumber, v1::DecisionRow>>> MpiReader::DecisionsOf(
    RecordNumber record) const {
  return PairsOf<v1::DecisionRow>(reader_, kDecisionsTable, record);
}

absl::StatusOr<std::vector<std::pair<RecordNumber, Millibits>>> MpiReader::PossibleLinksOf(
    RecordNumber record) const {
  HIE_ASSIGN_OR_RETURN(const auto rows,
                       PairsOf<v1::PossibleLinkRow>(reader_, kPossibleLinksTable, record));
  std::vector<std::pair<RecordNumber, Millibits>> links;
  links.reserve(rows.size());
  for (const auto& [other, row] : rows) links.emplace_back(other, row.weight_millibits());
  return links;
}

absl::StatusOr<std::optional<v1::MergeRow>> MpiReader::Merge(RecordNumber record) const {
  return Find<v1::MergeRow>(reader_, kMergesTable, RecordKey(record));
}

absl::StatusOr<RecordNumber> MpiReader::MergeRoot(RecordNumber record, RecordNumber stop) const {
  while (record != stop) {
    HIE_ASSIGN_OR_RETURN(const std::optional<v1::MergeRow> merge, Merge(record));
    if (!merge) break;
    record = merge->survivor_number();
  }
  return record;
}

absl::StatusOr<bool> MpiReader::HasLateVersion(RecordNumber record, int64_t event_micros,
                                               const common::v1::Demographics& demographics) const {
  const uint64_t fingerprint = FingerprintOf(demographics.SerializeAsString());
  HIE_ASSIGN_OR_RETURN(
      const std::optional<std::string> row,
      reader_.Get(kLateVersionsTable, LateVersionKey(record, event_micros, fingerprint)));
  return row.has_value();
}

absl::StatusOr<std::vector<RecordNumber>> MpiReader::WalkQueryKeys(const QueryWalk& walk,
                                                                   size_t limit) const {
  constexpr size_t kNumberBytes = 8;
  const bool range = walk.kind == QueryWalk::Kind::kRange;
  std::string prefix = range ? walk.from.substr(0, 1) : walk.from;
  if (walk.kind == QueryWalk::Kind::kExactly) prefix.push_back('\0');
  std::vector<RecordNumber> records;
  absl::Status bad;
  const auto visit = [&](absl::string_view row, absl::string_view) {
    if (range && row >= walk.to) return false;
    const size_t key_bytes = row.size() < kNumberBytes ? 0 : row.size() - kNumberBytes;
    const absl::StatusOr<RecordNumber> record = KeyReader(row.substr(key_bytes)).U64();
    if (!record.ok()) {
      bad = record.status();
      return false;
    }
    records.push_back(*record);
    return records.size() < limit;
  };
  HIE_RETURN_IF_ERROR(reader_.Scan(kQueryKeysTable, prefix, range ? walk.from : "", visit));
  HIE_RETURN_IF_ERROR(bad);
  return records;
}

absl::StatusOr<RecordNumber> MpiReader::LastRecord() const {
  HIE_ASSIGN_OR_RETURN(const v1::CounterRow row,
                       FindOrDefault<v1::CounterRow>(reader_, kCountersTable, kRecordCounter));
  return row.last();
}

absl::StatusOr<uint64_t> MpiReader::LastSequence() const {
  HIE_ASSIGN_OR_RETURN(const v1::CounterRow row,
                       FindOrDefault<v1::CounterRow>(reader_, kCountersTable, kSequenceCounter));
  return row.last();
}

absl::StatusOr<std::string> PackedOf(const v1::Record& record) {
  HIE_ASSIGN_OR_RETURN(const Features features, FeaturesOf(record));
  return Pack(features);
}

absl::StatusOr<Features> FeaturesOf(const v1::Record& record) {
  const auto patient = wire::FromProto(record.patient(), "patient", wire::Incarnation::kRequired);
  const auto demographics = wire::FromProto(record.demographics(), "demographics");
  if (!patient.ok() || !demographics.ok()) return BadRow(kRecordsTable);
  return NormalizeRecord(*patient, *demographics);
}

absl::StatusOr<QueriedRecord> QueriedRecordOf(const v1::Record& record) {
  auto patient = wire::FromProto(record.patient(), "patient", wire::Incarnation::kRequired);
  auto demographics = wire::FromProto(record.demographics(), "demographics");
  if (!patient.ok() || !demographics.ok()) return BadRow(kRecordsTable);
  QueriedRecord queried{*std::move(patient), *std::move(demographics)};
  if (record.has_merged_into()) queried.state = RecordState::kMergedAway;
  if (record.removed()) queried.state = RecordState::kRemoved;
  return queried;
}

absl::StatusOr<std::vector<std::string>> QueryKeysOf(const v1::Record& record) {
  if (record.provisional()) return std::vector<std::string>();
  HIE_ASSIGN_OR_RETURN(const QueriedRecord queried, QueriedRecordOf(record));
  return MakeQueryKeys(queried);
}

bool IsTombstone(const v1::Record& record) { return record.has_merged_into() || record.removed(); }

uint64_t FingerprintOf(const std::string& bytes) {
  uint64_t hash = 14695981039346656037ULL;
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return hash;
}

std::vector<RecordNumber> AllRecordNumbers(const v1::PersonRow& person) {
  std::vector<RecordNumber> all = RecordNumbers(person);
  all.insert(all.end(), person.tombstone_numbers().begin(), person.tombstone_numbers().end());
  std::sort(all.begin(), all.end());
  return all;
}

std::vector<RecordNumber> RecordNumbers(const v1::PersonRow& person) {
  return {person.record_numbers().begin(), person.record_numbers().end()};
}

}  // namespace hie::mpi
