#include "mpi/store/first_load_rows.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "mpi/compare/compact_record.h"
#include "mpi/compare/packed_record.h"
#include "mpi/store/derived_eid.h"
#include "mpi/store/mpi_reader.h"
#include "mpi/store/tables.h"
#include "services/common/base/status_macros.h"
#include "services/common/wire/wire.h"

namespace hie::mpi {
namespace {

v1::Record RecordOf(const LoadLine& line, absl::Time loaded) {
  v1::Record record;
  *record.mutable_patient() = line.patient;
  record.mutable_patient()->set_incarnation(1);
  *record.mutable_demographics() = line.demographics;
  record.set_version(1);
  record.set_recorded_micros(wire::MicrosFromTime(loaded));
  record.set_event_micros(line.event_micros);
  return record;
}

}  // namespace

absl::StatusOr<LoadedRecord> MakeLoadedRecord(const LoadLine& line, absl::Time loaded) {
  if (line.patient.incarnation() != 0) {
    return absl::InvalidArgumentError("patient.incarnation: want none");
  }
  if (line.event_micros < 0) return absl::InvalidArgumentError("event_time: want one after 1970");
  HIE_RETURN_IF_ERROR(
      wire::FromProto(line.patient, "patient", wire::Incarnation::kMayBeCurrent).status());
  LoadedRecord made;
  made.holder_key = HolderKey(line.patient);
  v1::RecordRow before;
  v1::RecordRow after;
  *before.mutable_record() = RecordOf(line, loaded);
  after.set_latest_event_micros(line.event_micros);
  HIE_ASSIGN_OR_RETURN(const std::string packed, PackedOf(before.record()));
  HIE_ASSIGN_OR_RETURN(made.query_keys, QueryKeysOf(before.record()));
  const PackedView view(packed.data());
  made.compact = CompactRecord(view);
  made.keys = FiledKeys(view);
  made.row_before_eid = before.SerializeAsString();
  made.row_after_eid = after.SerializeAsString();
  return made;
}

// A message is written in the order of its fields: what stands before the EID, it, what follows.
std::string LoadedRecordRow(absl::string_view row_before_eid, absl::string_view eid,
                            absl::string_view row_after_eid) {
  v1::RecordRow row;
  row.set_eid(std::string(eid));
  return absl::StrCat(row_before_eid, row.SerializeAsString(), row_after_eid);
}

std::string LoadedHolderRow(RecordNumber record) {
  v1::HolderRow row;
  row.add_record_numbers(record);
  return row.SerializeAsString();
}

std::string LoadedPersonRow(const std::vector<RecordNumber>& records) {
  v1::PersonRow row;
  row.set_state(v1::PERSON_STATE_ACTIVE);
  row.set_link_version(kFirstLoadSequence);
  row.mutable_record_numbers()->Assign(records.begin(), records.end());
  return row.SerializeAsString();
}

std::string LoadedEid(absl::Time loaded, absl::string_view input_sha256, uint64_t person) {
  return DerivedEid(static_cast<uint64_t>(absl::ToUnixMillis(loaded)), input_sha256, person, 0);
}

}  // namespace hie::mpi
