#include "mpi/store/tables.h"

#include "services/common/storage/key_codec.h"

namespace hie::mpi {

std::vector<std::string> StateTables() {
  std::vector<std::string> tables;
  for (const absl::string_view table :
       {kRecordsTable, kRecordVersionsTable, kLateVersionsTable, kHoldersTable, kPersonsTable,
        kMergesTable, kFeaturesTable, kKeysTable, kKeyCountsTable, kQueryKeysTable, kDecisionsTable,
        kPossibleLinksTable, kExplanationsTable, kEventsTable, kRecordEventsTable, kTasksTable,
        kTaskOrderTable, kTasksOfRecordTable, kModelsTable, kModelLogTable, kLoadsTable,
        kCountersTable}) {
    tables.emplace_back(table);
  }
  return tables;
}

std::string RecordKey(RecordNumber record) { return KeyWriter().U64(record).key(); }

std::string RecordVersionKey(RecordNumber record, uint64_t version) {
  return KeyWriter().U64(record).U64(version).key();
}

std::string LateVersionKey(RecordNumber record, int64_t event_micros, uint64_t fingerprint) {
  return KeyWriter().U64(record).U64(static_cast<uint64_t>(event_micros)).U64(fingerprint).key();
}

std::string HolderKey(const common::v1::LocalPatient& patient) {
  return KeyWriter().Text(patient.assigning_authority()).Text(patient.id()).key();
}

std::string FilingKey(uint64_t key, RecordNumber record) {
  return KeyWriter().U64(key).U64(record).key();
}

std::string HashKey(uint64_t key) { return KeyWriter().U64(key).key(); }

std::string QueryFilingKey(absl::string_view key, RecordNumber record) {
  std::string filing(key);
  filing.push_back('\0');
  return filing + KeyWriter().U64(record).key();
}

std::string PairKey(RecordNumber a, RecordNumber b) { return KeyWriter().U64(a).U64(b).key(); }

}  // namespace hie::mpi
