#include "mpi/store/mpi_edit.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "mpi/compare/compact_record.h"
#include "mpi/store/tables.h"
#include "services/common/base/status_macros.h"
#include "services/common/outbox/outbox.h"
#include "services/common/wire/wire.h"

namespace hie::mpi {
namespace {

constexpr absl::string_view kRole = "mpi";
constexpr size_t kEventPatientsMax = 256;

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

absl::Status MpiEdit::PutRecord(RecordNumber record, const v1::RecordRow& row) {
  const std::string key = RecordKey(record);
  Put(kRecordsTable, key, row.SerializeAsString());
  HIE_ASSIGN_OR_RETURN(const std::optional<std::string> features,
                       overlay_.Get(kFeaturesTable, key));
  if (!features) return absl::OkStatus();
  HIE_ASSIGN_OR_RETURN(const FeatureRowView view, ReadFeatureRow(*features));
  const std::string person_key = row.eid().empty() ? "" : PersonKey(row.eid());
  if (view.person_key != person_key) Put(kFeaturesTable, key, FeatureRow(person_key, view.compact));
  return absl::OkStatus();
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

void MpiEdit::UseKeyCounts(const v1::MatchPlan& match) {
  for (int i = 0; i < std::min(match.keys_size(), match.key_counts_size()); ++i) {
    key_counts_.emplace(match.keys(i), match.key_counts(i));
  }
}

absl::StatusOr<std::vector<BlockKey>> MpiEdit::KeysOf(RecordNumber record) const {
  std::vector<BlockKey> keys;
  HIE_RETURN_IF_ERROR(reader_.ReadFeatures(
      {record}, [&](RecordNumber, absl::string_view, const PackedView& packed) {
        keys = FiledKeys(packed);
        return absl::OkStatus();
      }));
  return keys;
}

absl::Status MpiEdit::FileRecord(RecordNumber record, const PackedView& packed) {
  HIE_ASSIGN_OR_RETURN(const std::vector<BlockKey> before, KeysOf(record));
  const std::vector<BlockKey> after = FiledKeys(packed);
  // Two keys that differ in their refinement alone are two filings of one base.
  const auto filings = [&](const std::vector<BlockKey>& keys) {
    std::map<std::string, BlockKey> filed;
    for (const BlockKey& key : keys) filed.emplace(FilingKey(key, record), key);
    return filed;
  };
  const std::map<std::string, BlockKey> gone = filings(before);
  const std::map<std::string, BlockKey> come = filings(after);
  for (const auto& [filing, key] : gone) {
    if (come.count(filing) == 0) HIE_RETURN_IF_ERROR(Unfile(record, key));
  }
  for (const auto& [filing, key] : come) {
    if (gone.count(filing) == 0) HIE_RETURN_IF_ERROR(File(record, key));
  }
  HIE_ASSIGN_OR_RETURN(const v1::RecordRow row, reader_.Record(record));
  const std::string person_key = row.eid().empty() ? "" : PersonKey(row.eid());
  Put(kFeaturesTable, RecordKey(record), FeatureRow(person_key, CompactRecord(packed)));
  return absl::OkStatus();
}

absl::Status MpiEdit::UnfileRecord(RecordNumber record) {
  HIE_ASSIGN_OR_RETURN(const std::vector<BlockKey> keys, KeysOf(record));
  for (const BlockKey& key : keys) HIE_RETURN_IF_ERROR(Unfile(record, key));
  HIE_ASSIGN_OR_RETURN(const std::optional<std::string> row,
                       overlay_.Get(kFeaturesTable, RecordKey(record)));
  if (row) Delete(kFeaturesTable, RecordKey(record));
  return absl::OkStatus();
}

absl::Status MpiEdit::File(RecordNumber record, const BlockKey& key) {
  HIE_RETURN_IF_ERROR(CountKey(KeyBase(key), 1));
  Put(kKeysTable, FilingKey(key, record), "");
  return absl::OkStatus();
}

absl::Status MpiEdit::Unfile(RecordNumber record, const BlockKey& key) {
  HIE_RETURN_IF_ERROR(CountKey(KeyBase(key), -1));
  Delete(kKeysTable, FilingKey(key, record));
  return absl::OkStatus();
}

absl::Status MpiEdit::CountKey(uint64_t base, int64_t step) {
  auto known = key_counts_.find(base);
  if (known == key_counts_.end()) {
    HIE_ASSIGN_OR_RETURN(const uint64_t count, reader_.CountFilings(base));
    known = key_counts_.emplace(base, count).first;
  }
  const uint64_t before = known->second;
  const uint64_t after = before + static_cast<uint64_t>(step);
  known->second = after;
  if (after > kCountedByWalking) {
    v1::KeyCountRow row;
    row.set_count(after);
    Put(kKeyCountsTable, BaseKey(base), row.SerializeAsString());
  } else if (before > kCountedByWalking) {
    Delete(kKeyCountsTable, BaseKey(base));
  }
  return absl::OkStatus();
}

void MpiEdit::PutExplanation(RecordNumber record, const v1::ExplanationRow& row) {
  Put(kExplanationsTable, RecordKey(record), row.SerializeAsString());
}

void MpiEdit::PutDecision(RecordNumber a, RecordNumber b, const v1::DecisionRow& row) {
  const std::string bytes = row.SerializeAsString();
  Put(kDecisionsTable, PairKey(a, b), bytes);
  Put(kDecisionsTable, PairKey(b, a), bytes);
}

void MpiEdit::DeleteDecision(RecordNumber a, RecordNumber b) {
  Delete(kDecisionsTable, PairKey(a, b));
  Delete(kDecisionsTable, PairKey(b, a));
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
  Put(kPersonsTable, PersonKey(eid), row.SerializeAsString());
}

absl::Status MpiEdit::TouchLinks(const std::string& eid) {
  HIE_ASSIGN_OR_RETURN(v1::PersonRow row, reader_.Person(eid));
  if (row.link_version() == stamp_.sequence) return absl::OkStatus();
  row.set_link_version(stamp_.sequence);
  Put(kPersonsTable, PersonKey(eid), row.SerializeAsString());
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
