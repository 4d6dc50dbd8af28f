#include "mpi/store/mpi_reader.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
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
  return Find<v1::PersonRow>(reader_, kPersonsTable, eid);
}

absl::StatusOr<v1::PersonRow> MpiReader::Person(const std::string& eid) const {
  HIE_ASSIGN_OR_RETURN(std::optional<v1::PersonRow> row, FindPerson(eid));
  if (!row) return BadRow(kPersonsTable);
  return *std::move(row);
}

absl::StatusOr<v1::KeyCountRow> MpiReader::KeyCount(uint64_t key) const {
  return FindOrDefault<v1::KeyCountRow>(reader_, kKeyCountsTable, HashKey(key));
}

absl::StatusOr<std::vector<RecordNumber>> MpiReader::Filed(uint64_t key, size_t limit) const {
  std::vector<RecordNumber> records;
  absl::Status bad;
  const std::string prefix = HashKey(key);
  const absl::Status scanned =
      reader_.Scan(kKeysTable, prefix, "", [&](absl::string_view row, absl::string_view) {
        const absl::StatusOr<RecordNumber> record = KeyReader(row.substr(prefix.size())).U64();
        if (!record.ok()) {
          bad = record.status();
          return false;
        }
        records.push_back(*record);
        return records.size() < limit;
      });
  HIE_RETURN_IF_ERROR(scanned);
  HIE_RETURN_IF_ERROR(bad);
  return records;
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
