#include "mpi/store/first_load_rows.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "mpi/compare/compact_record.h"
#include "mpi/compare/packed_record.h"
#include "mpi/normalize/features.h"
#include "mpi/query/query_keys.h"
#include "mpi/store/derived_eid.h"
#include "mpi/store/tables.h"
#include "services/common/base/status_macros.h"
#include "services/common/wire/wire.h"

namespace hie::mpi {
namespace {

// A record that the index may keep, in both of its forms.
struct CheckedLine {
  LocalPatient patient;
  Demographics demographics;
  common::v1::Demographics proto;
};

// What is kept is what the wire gives back, as for every other record.
absl::StatusOr<CheckedLine> Check(const LoadLine& line) {
  if (line.patient.incarnation != 0) {
    return absl::InvalidArgumentError("patient.incarnation: want none");
  }
  if (line.event_micros < 0) return absl::InvalidArgumentError("event_time: want one after 1970");
  CheckedLine checked;
  checked.patient = line.patient;
  checked.patient.incarnation = 1;
  HIE_RETURN_IF_ERROR(
      wire::FromProto(wire::ToProto(checked.patient), "patient", wire::Incarnation::kRequired)
          .status());
  checked.proto = wire::ToProto(line.demographics);
  HIE_ASSIGN_OR_RETURN(checked.demographics, wire::FromProto(checked.proto, "demographics"));
  checked.proto.set_deceased(checked.demographics.deceased);
  return checked;
}

v1::Record RecordOf(const LoadLine& line, CheckedLine& checked, absl::Time loaded) {
  v1::Record record;
  *record.mutable_patient() = wire::ToProto(checked.patient);
  *record.mutable_demographics() = std::move(checked.proto);
  record.set_version(1);
  record.set_recorded_micros(wire::MicrosFromTime(loaded));
  record.set_event_micros(line.event_micros);
  return record;
}

}  // namespace

absl::StatusOr<common::v1::Demographics> LoadedDemographics(const LoadLine& line) {
  HIE_ASSIGN_OR_RETURN(CheckedLine checked, Check(line));
  return std::move(checked.proto);
}

absl::StatusOr<LoadedRecord> MakeLoadedRecord(const LoadLine& line, absl::Time loaded) {
  HIE_ASSIGN_OR_RETURN(CheckedLine checked, Check(line));
  v1::RecordRow before;
  v1::RecordRow after;
  *before.mutable_record() = RecordOf(line, checked, loaded);
  after.set_latest_event_micros(line.event_micros);
  LoadedRecord made;
  made.holder_key = HolderKey(before.record().patient());
  const std::string packed = Pack(NormalizeRecord(checked.patient, checked.demographics));
  const PackedView view(packed.data());
  made.query_keys = MakeQueryKeys({std::move(checked.patient), std::move(checked.demographics)});
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

WriteBatch PossibleLinkRows(RecordNumber a, RecordNumber b, Millibits weight) {
  v1::PossibleLinkRow row;
  row.set_weight_millibits(weight);
  WriteBatch rows;
  rows.Put(kPossibleLinksTable, PairKey(a, b), row.SerializeAsString());
  rows.Put(kPossibleLinksTable, PairKey(b, a), row.SerializeAsString());
  return rows;
}

std::string LoadedEid(absl::Time loaded, absl::string_view input_sha256, uint64_t person) {
  return DerivedEid(static_cast<uint64_t>(absl::ToUnixMillis(loaded)), input_sha256, person, 0);
}

}  // namespace hie::mpi
