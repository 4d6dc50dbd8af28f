#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "hie/common/v1/patient.pb.h"
#include "mpi/link/link_plan.h"

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

// The rows of `counters`: the last record number, the last task number, and the sequence of the last
// command that changed anything.
inline constexpr absl::string_view kRecordCounter = "record";
inline constexpr absl::string_view kTaskCounter = "task";
inline constexpr absl::string_view kSequenceCounter = "sequence";

// The index's own tables, in a fixed order: what a hash of its state covers.
std::vector<std::string> StateTables();

std::string RecordKey(RecordNumber record);
std::string RecordVersionKey(RecordNumber record, uint64_t version);
std::string LateVersionKey(RecordNumber record, int64_t event_micros, uint64_t fingerprint);
std::string HolderKey(const common::v1::LocalPatient& patient);
// A filing of `record` under a blocking key; HashKey is its prefix.
std::string FilingKey(uint64_t key, RecordNumber record);
std::string HashKey(uint64_t key);
// A filing of `record` under a query key; the key and the 00 that ends it are its prefix.
std::string QueryFilingKey(absl::string_view key, RecordNumber record);
std::string PairKey(RecordNumber a, RecordNumber b);

}  // namespace hie::mpi
