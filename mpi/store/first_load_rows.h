#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "hie/common/v1/patient.pb.h"
#include "hie/mpi/v1/mpi_state.pb.h"
#include "mpi/block/block_key.h"
#include "mpi/link/link_plan.h"
#include "services/common/patient/demographics.h"
#include "services/common/patient/local_patient.h"
#include "services/common/storage/kv_store.h"

// The rows that a first load makes of a record: byte for byte those that registering it would have
// left, had it been linked as the load links it.
namespace hie::mpi {

// The sequence of the load: it is the first command of its index.
inline constexpr uint64_t kFirstLoadSequence = 1;

// A record of an input.
struct LoadLine {
  uint32_t file = 0;     // Of several inputs, from 0.
  uint64_t line = 0;     // Of the file, from 1.
  LocalPatient patient;  // Incarnation 0.
  Demographics demographics;
  int64_t event_micros = 0;  // When the source says that it came to be; 0: not said.
};

// The demographics as the index keeps them.
//
// INVALID_ARGUMENT, `demographics.<field>: want ...`: they are not to be taken.
absl::StatusOr<common::v1::Demographics> LoadedDemographics(const LoadLine& line);

// What one record comes to, but for its number and whose it is.
struct LoadedRecord {
  std::string holder_key;  // Of table `holders`.
  // Its row without the EID, in two parts: the EID belongs between them.
  std::string row_before_eid;
  std::string row_after_eid;
  std::string compact;                  // Its compact packed record.
  std::vector<BlockKey> keys;           // FiledKeys.
  std::vector<std::string> query_keys;  // QueryKeysOf.
};

// Makes them.  `loaded` is the time of the load.
//
// INVALID_ARGUMENT, `<field>: want ...`: the line is no record.  Thread-safe.  Cost: normalises the
// demographics.
absl::StatusOr<LoadedRecord> MakeLoadedRecord(const LoadLine& line, absl::Time loaded);

// The value of table `records`.
std::string LoadedRecordRow(absl::string_view row_before_eid, absl::string_view eid,
                            absl::string_view row_after_eid);

// The value of table `holders`.
std::string LoadedHolderRow(RecordNumber record);

// The value of table `persons`; `records` rise.
std::string LoadedPersonRow(const std::vector<RecordNumber>& records);

// The rows of a possible link, in both orders.
WriteBatch PossibleLinkRows(RecordNumber a, RecordNumber b, Millibits weight);

// The EID of the load's person `person` (from 0): EIDs rise with the number.
std::string LoadedEid(absl::Time loaded, absl::string_view input_sha256, uint64_t person);

}  // namespace hie::mpi
