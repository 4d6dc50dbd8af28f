#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "hie/common/v1/patient.pb.h"
#include "mpi/block/block_key.h"
#include "mpi/link/link_plan.h"
#include "services/common/storage/table_tuning.h"

// The tables of the index, and the keys of their rows (see mpi_state.proto).
namespace hie::mpi {

inline constexpr absl::string_view kRecordsTable = "records";
inline constexpr absl::string_view kRecordVersionsTable = "record_versions";
inline constexpr absl::string_view kLateVersionsTable = "late_versions";
inline constexpr absl::string_view kMergesTable = "merges";
inline constexpr absl::string_view kQueryKeysTable = "query_keys";
inline constexpr absl::string_view kHoldersTable = "holders";
inline constexpr absl::string_view kPersonsTable = "persons";
inline constexpr absl::string_view kFeaturesTable = "features";
inline constexpr absl::string_view kKeysTable = "keys";
inline constexpr absl::string_view kKeyCountsTable = "key_counts";
inline constexpr absl::string_view kDecisionsTable = "decisions";
inline constexpr absl::string_view kPossibleLinksTable = "possible_links";
inline constexpr absl::string_view kExplanationsTable = "explanations";
inline constexpr absl::string_view kEventsTable = "events";
inline constexpr absl::string_view kRecordEventsTable = "record_events";
inline constexpr absl::string_view kTasksTable = "tasks";
inline constexpr absl::string_view kTaskOrderTable = "task_order";
inline constexpr absl::string_view kTasksOfRecordTable = "tasks_of_record";
inline constexpr absl::string_view kModelsTable = "models";
inline constexpr absl::string_view kModelLogTable = "model_log";
inline constexpr absl::string_view kLoadsTable = "loads";
inline constexpr absl::string_view kCountersTable = "counters";

// The rows of `counters`: the last record number, the last task number, and the sequence of the
// last command that changed anything.
inline constexpr absl::string_view kRecordCounter = "record";
inline constexpr absl::string_view kTaskCounter = "task";
inline constexpr absl::string_view kSequenceCounter = "sequence";

// The index's own tables, in a fixed order: what a hash of its state covers.
std::vector<std::string> StateTables();

// How the tables are used that matching reads: filings are asked for by base, mostly in vain.
TableTunings StoreTunings();

// A key that no more records hold is counted by walking it; beyond, its row in `key_counts` counts.
inline constexpr uint64_t kCountedByWalking = 32;

// Tells whether the index files records under keys of the type.
//
// Left out are those that find next to nothing which the others miss, for each filing is paid for
// on disk and at every search (mpi/store/README.md says what was measured).
bool IsFiledType(KeyType type);
// The keys of a record that the index files it under, sorted, each base once.
std::vector<BlockKey> FiledKeys(const PackedView& record);

std::string RecordKey(RecordNumber record);
std::string RecordVersionKey(RecordNumber record, uint64_t version);
std::string LateVersionKey(RecordNumber record, int64_t event_micros, uint64_t fingerprint);
std::string HolderKey(const common::v1::LocalPatient& patient);

// The key of a person: the 16 bytes of a UUID in canonical form; any other EID follows a byte ff.
std::string PersonKey(absl::string_view eid);
// The EID again.  DATA_LOSS: not the key of a person.
absl::StatusOr<std::string> EidOfPersonKey(absl::string_view key);

// A row of `features`: whose record it is (PersonKey; empty while a new record has no person), and
// its compact packed record.
std::string FeatureRow(absl::string_view person_key, absl::string_view compact);
struct FeatureRowView {
  absl::string_view person_key;
  absl::string_view compact;
};
// DATA_LOSS: not such a row.  The views are into `row`.
absl::StatusOr<FeatureRowView> ReadFeatureRow(absl::string_view row);

// A filing: the first 48 bits of the key's base, 16 bits of its refinement (0: it has none), record
// number.  BaseKey is the prefix of all filings under a base, RefinedKey of those that are narrowed
// alike.
uint64_t KeyBase(const BlockKey& key);
uint16_t KeyRefinement(const BlockKey& key);
inline constexpr size_t kBaseKeyBytes = 6;
std::string FilingKey(const BlockKey& key, RecordNumber record);
std::string BaseKey(uint64_t base);
std::string RefinedKey(const BlockKey& key);
struct Filing {
  uint64_t base = 0;
  uint16_t refinement = 0;
  RecordNumber record = 0;
};
// DATA_LOSS: not a filing's key.
absl::StatusOr<Filing> ReadFilingKey(absl::string_view key);
// A filing of `record` under a query key; the key and the 00 that ends it are its prefix.
std::string QueryFilingKey(absl::string_view key, RecordNumber record);
std::string PairKey(RecordNumber a, RecordNumber b);

}  // namespace hie::mpi
