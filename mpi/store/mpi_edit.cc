#include "mpi/store/mpi_edit.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "mpi/block/block_key.h"
#include "mpi/store/tables.h"
#include "services/common/base/status_macros.h"
#include "services/common/outbox/outbox.h"
#include "services/common/wire/wire.h"

namespace hie::mpi {
namespace {

constexpr absl::string_view kRole = "mpi";
constexpr size_t kEventPatientsMax = 256;

// Every hash that a record is filed under, each once.
std::set<uint64_t> FilingHashes(const Features& features) {
  std::set<uint64_t> hashes;
  for (const BlockKey& key : MakeBlockKeys(features)) {
    hashes.insert(key.base);
    if (key.refined != 0) hashes.insert(key.refined);
  }
  return hashes;
}

}  // namespace

MpiEdit::MpiEdit(const KvReader& state, const Stamp& stamp, std::vector<std::string> eids,
                 WriteBatch& changes)
    : stamp_(stamp),
      changes_(changes),
      overlay_(state),
      reader_(overlay_),
      eids_(std::move(eids)) {}

absl::StatusOr<std::string> MpiEdit::TakeEid() {
  if (eids_taken_ == eids_.size()) {
    return absl::InvalidArgumentError("eid_candidates: want more");
  }
  return eids_[eids_taken_++];
}

absl::StatusOr<RecordNumber> MpiEdit::TakeRecordNumber() {
  HIE_ASSIGN_OR_RETURN(const RecordNumber last, reader_.LastRecord());
  v1::CounterRow row;
  row.set_last(last + 1);
  Put(kCountersTable, std::string(kRecordCounter), row.SerializeAsString());
  return last + 1;
}

void MpiEdit::PutHolder(const common::v1::LocalPatient& patient, const v1::HolderRow& row) {
  Put(kHoldersTable, HolderKey(patient), row.SerializeAsString());
}

void MpiEdit::PutRecord(RecordNumber record, const v1::RecordRow& row) {
  Put(kRecordsTable, RecordKey(record), row.SerializeAsString());
}

void MpiEdit::PutRecordVersion(RecordNumber record, uint64_t version,
                               const common::v1::Demographics& demographics) {
  v1::RecordVersionRow row;
  *row.mutable_demographics() = demographics;
  Put(kRecordVersionsTable, RecordVersionKey(record, version), row.SerializeAsString());
}

void MpiEdit::PutLateVersion(RecordNumber record, int64_t event_micros,
                             const common::v1::Demographics& demographics) {
  v1::LateVersionRow row;
  *row.mutable_demographics() = demographics;
  row.set_event_micros(event_micros);
  row.set_recorded_micros(wire::MicrosFromTime(stamp_.time));
  const uint64_t fingerprint = FingerprintOf(demographics.SerializeAsString());
  Put(kLateVersionsTable, LateVersionKey(record, event_micros, fingerprint),
      row.SerializeAsString());
}

void MpiEdit::PutMerge(RecordNumber record, const v1::MergeRow& row) {
  Put(kMergesTable, RecordKey(record), row.SerializeAsString());
}

void MpiEdit::DeleteMerge(RecordNumber record) { Delete(kMergesTable, RecordKey(record)); }

void MpiEdit::MoveQueryKeys(RecordNumber record, const std::vector<std::string>& before,
                            const std::vector<std::string>& after) {
  std::vector<std::string> gone;
  std::set_difference(before.begin(), before.end(), after.begin(), after.end(),
                      std::back_inserter(gone));
  std::vector<std::string> come;
  std::set_difference(after.begin(), after.end(), before.begin(), before.end(),
                      std::back_inserter(come));
  for (const std::string& key : gone) Delete(kQueryKeysTable, QueryFilingKey(key, record));
  for (const std::string& key : come) Put(kQueryKeysTable, QueryFilingKey(key, record), "");
}

absl::Status MpiEdit::FileRecord(RecordNumber record, const Features& features) {
  for (const uint64_t hash : FilingHashes(features)) {
    Put(kKeysTable, FilingKey(hash, record), "");
    HIE_RETURN_IF_ERROR(CountKey(hash, 1));
  }
  return absl::OkStatus();
}

absl::Status MpiEdit::UnfileRecord(RecordNumber record, const Features& features) {
  for (const uint64_t hash : FilingHashes(features)) {
    Delete(kKeysTable, FilingKey(hash, record));
    HIE_RETURN_IF_ERROR(CountKey(hash, -1));
  }
  return absl::OkStatus();
}

absl::Status MpiEdit::CountKey(uint64_t key, int64_t step) {
  HIE_ASSIGN_OR_RETURN(v1::KeyCountRow row, reader_.KeyCount(key));
  row.set_count(row.count() + static_cast<uint64_t>(step));
  row.set_version(stamp_.sequence);
  if (row.count() == 0) {
    Delete(kKeyCountsTable, HashKey(key));
  } else {
    Put(kKeyCountsTable, HashKey(key), row.SerializeAsString());
  }
  return absl::OkStatus();
}

void MpiEdit::PutDecision(RecordNumber a, RecordNumber b, const v1::DecisionRow& row) {
  const std::string bytes = row.SerializeAsString();
  Put(kDecisionsTable, PairKey(a, b), bytes);
  Put(kDecisionsTable, PairKey(b, a), bytes);
}

void MpiEdit::PutPossibleLink(RecordNumber a, RecordNumber b, Millibits weight) {
  v1::PossibleLinkRow row;
  row.set_weight_millibits(weight);
  const std::string bytes = row.SerializeAsString();
  Put(kPossibleLinksTable, PairKey(a, b), bytes);
  Put(kPossibleLinksTable, PairKey(b, a), bytes);
}

void MpiEdit::DeletePossibleLink(RecordNumber a, RecordNumber b) {
  Delete(kPossibleLinksTable, PairKey(a, b));
  Delete(kPossibleLinksTable, PairKey(b, a));
}

void MpiEdit::PutPerson(const std::string& eid, v1::PersonRow row) {
  row.set_link_version(stamp_.sequence);
  row.set_content_version(stamp_.sequence);
  Put(kPersonsTable, eid, row.SerializeAsString());
}

absl::Status MpiEdit::TouchLinks(const std::string& eid) {
  HIE_ASSIGN_OR_RETURN(v1::PersonRow row, reader_.Person(eid));
  if (row.link_version() == stamp_.sequence) return absl::OkStatus();
  row.set_link_version(stamp_.sequence);
  Put(kPersonsTable, eid, row.SerializeAsString());
  return absl::OkStatus();
}

absl::Status MpiEdit::TouchContent(const std::string& eid) {
  HIE_ASSIGN_OR_RETURN(v1::PersonRow row, reader_.Person(eid));
  if (row.content_version() == stamp_.sequence) return absl::OkStatus();
  row.set_content_version(stamp_.sequence);
  Put(kPersonsTable, eid, row.SerializeAsString());
  return absl::OkStatus();
}

void MpiEdit::AddEvent(const common::v1::Actor& actor,
                       const std::vector<common::v1::LocalPatient>& patients,
                       const std::vector<std::string>& details) {
  audit::v1::Event event;
  event.set_type(audit::v1::EVENT_TYPE_CHANGE);
  *event.mutable_actor() = actor;
  for (const common::v1::LocalPatient& patient : patients) {
    if (static_cast<size_t>(event.patients_size()) == kEventPatientsMax) break;
    *event.add_patients() = patient;
  }
  for (const std::string& detail : details) event.add_details(detail);
  outbox::Put(kRole, stamp_, events_++, std::move(event), changes_);
}

void MpiEdit::Put(Table table, const std::string& key, const std::string& value) {
  WriteBatch one;
  one.Put(table, key, value);
  overlay_.Add(one);
  changes_.Put(table, key, value);
}

void MpiEdit::Delete(Table table, const std::string& key) {
  WriteBatch one;
  one.Delete(table, key);
  overlay_.Add(one);
  changes_.Delete(table, key);
}

}  // namespace hie::mpi
