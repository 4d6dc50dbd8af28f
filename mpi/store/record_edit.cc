#include "mpi/store/record_edit.h"

#include <algorithm>

#include "mpi/store/person_edit.h"
#include "services/common/base/status_macros.h"
#include "services/common/wire/wire.h"

namespace hie::mpi {
namespace {

// Moves the present version to the front of the history, and what overflows to its own row.
void PushVersion(MpiEdit& edit, RecordNumber number, const common::v1::Demographics& demographics,
                 v1::Record& record) {
  auto* history = record.mutable_history();
  *history->Add() = record.demographics();
  for (int i = history->size() - 1; i > 0; --i) history->SwapElements(i, i - 1);
  if (history->size() > kInlineVersionsMax) {
    const auto oldest = record.version() - static_cast<uint64_t>(kInlineVersionsMax);
    edit.PutRecordVersion(number, oldest, history->Get(kInlineVersionsMax));
    history->RemoveLast();
  }
  *record.mutable_demographics() = demographics;
  record.set_version(record.version() + 1);
}

void Date(const MpiEdit& edit, int64_t event_micros, v1::RecordRow& row) {
  row.mutable_record()->set_recorded_micros(wire::MicrosFromTime(edit.stamp().time));
  row.mutable_record()->set_event_micros(event_micros);
  row.set_latest_event_micros(std::max(row.latest_event_micros(), event_micros));
}

bool IsFiled(const v1::Record& record) { return !record.provisional() && !IsTombstone(record); }

// Moves the record from the keys of `before` to those of `after`.
absl::Status Refile(MpiEdit& edit, RecordNumber number, const v1::Record& before,
                    const v1::Record& after, const Derived* derived) {
  HIE_ASSIGN_OR_RETURN(const std::vector<std::string> old_keys, QueryKeysOf(before));
  if (!IsFiled(after)) {
    HIE_ASSIGN_OR_RETURN(const std::vector<std::string> new_keys, QueryKeysOf(after));
    edit.MoveQueryKeys(number, old_keys, new_keys);
    return edit.UnfileRecord(number);
  }
  Derived own;
  if (derived == nullptr) {
    HIE_ASSIGN_OR_RETURN(own, DeriveFrom(after.patient(), after.demographics()));
    derived = &own;
  }
  edit.MoveQueryKeys(number, old_keys, derived->query_keys);
  return edit.FileRecord(number, PackedView(derived->packed.data()));
}

bool SameDemographics(const common::v1::Demographics& a, const std::string& bytes) {
  return a.SerializeAsString() == bytes;
}

// Every version that the record's own row holds.
bool HoldsVersion(const v1::Record& record, const common::v1::Demographics& demographics) {
  const std::string bytes = demographics.SerializeAsString();
  return SameDemographics(record.demographics(), bytes) ||
         std::any_of(record.history().begin(), record.history().end(),
                     [&](const auto& version) { return SameDemographics(version, bytes); });
}

void Erase(RecordNumber number, google::protobuf::RepeatedField<uint64_t>& numbers) {
  numbers.erase(std::remove(numbers.begin(), numbers.end(), number), numbers.end());
}

void Insert(RecordNumber number, google::protobuf::RepeatedField<uint64_t>& numbers) {
  numbers.Add(number);
  std::sort(numbers.begin(), numbers.end());
}

}  // namespace

absl::StatusOr<Derived> DeriveFrom(const common::v1::LocalPatient& patient,
                                   const common::v1::Demographics& demographics) {
  const auto key = wire::FromProto(patient, "patient", wire::Incarnation::kMayBeCurrent);
  if (!key.ok()) return key.status();
  auto parsed = wire::FromProto(demographics, "demographics");
  if (!parsed.ok()) return parsed.status();
  Derived derived;
  derived.packed = Pack(NormalizeRecord(*key, *parsed));
  derived.query_keys = MakeQueryKeys(QueriedRecord{*key, *std::move(parsed)});
  return derived;
}

absl::StatusOr<RecordNumber> AddRecord(MpiEdit& edit, common::v1::LocalPatient patient,
                                       const Statement& statement, Standing standing) {
  HIE_ASSIGN_OR_RETURN(v1::HolderRow holder, edit.reader().Holder(patient));
  HIE_ASSIGN_OR_RETURN(const RecordNumber number, edit.TakeRecordNumber());
  holder.add_record_numbers(number);
  edit.PutHolder(patient, holder);
  patient.set_incarnation(static_cast<uint32_t>(holder.record_numbers_size()));
  v1::RecordRow row;
  *row.mutable_record()->mutable_patient() = patient;
  *row.mutable_record()->mutable_demographics() = statement.demographics;
  row.mutable_record()->set_version(1);
  row.mutable_record()->set_provisional(standing == Standing::kProvisional);
  Date(edit, statement.event_micros, row);
  HIE_RETURN_IF_ERROR(edit.PutRecord(number, row));
  if (standing == Standing::kProvisional) {
    HIE_RETURN_IF_ERROR(MakePerson(edit, {number}).status());
    return number;
  }
  Derived own;
  if (statement.derived == nullptr) {
    HIE_ASSIGN_OR_RETURN(own, DeriveFrom(patient, statement.demographics));
  }
  const Derived& derived = statement.derived == nullptr ? own : *statement.derived;
  edit.MoveQueryKeys(number, {}, derived.query_keys);
  HIE_RETURN_IF_ERROR(edit.FileRecord(number, PackedView(derived.packed.data())));
  return number;
}

absl::Status AddVersion(MpiEdit& edit, RecordNumber record, const Statement& statement) {
  HIE_ASSIGN_OR_RETURN(v1::RecordRow row, edit.reader().Record(record));
  const v1::Record before = row.record();
  PushVersion(edit, record, statement.demographics, *row.mutable_record());
  Date(edit, statement.event_micros, row);
  HIE_RETURN_IF_ERROR(edit.PutRecord(record, row));
  return Refile(edit, record, before, row.record(), statement.derived);
}

absl::StatusOr<bool> KeepLateVersion(MpiEdit& edit, RecordNumber record,
                                     const Statement& statement) {
  HIE_ASSIGN_OR_RETURN(const v1::RecordRow row, edit.reader().Record(record));
  if (HoldsVersion(row.record(), statement.demographics)) return false;
  HIE_ASSIGN_OR_RETURN(const bool kept, edit.reader().HasLateVersion(record, statement.event_micros,
                                                                     statement.demographics));
  if (!kept) edit.PutLateVersion(record, statement.event_micros, statement.demographics);
  return !kept;
}

absl::Status RaiseLatestEvent(MpiEdit& edit, RecordNumber record, int64_t event_micros) {
  HIE_ASSIGN_OR_RETURN(v1::RecordRow row, edit.reader().Record(record));
  if (event_micros <= row.latest_event_micros()) return absl::OkStatus();
  row.set_latest_event_micros(event_micros);
  HIE_RETURN_IF_ERROR(edit.PutRecord(record, row));
  return absl::OkStatus();
}

absl::Status ChangeStanding(MpiEdit& edit, RecordNumber record,
                            absl::FunctionRef<void(v1::Record&)> change) {
  HIE_ASSIGN_OR_RETURN(v1::RecordRow row, edit.reader().Record(record));
  const v1::Record before = row.record();
  change(*row.mutable_record());
  HIE_RETURN_IF_ERROR(edit.PutRecord(record, row));
  HIE_RETURN_IF_ERROR(Refile(edit, record, before, row.record(), nullptr));
  HIE_ASSIGN_OR_RETURN(v1::PersonRow person, edit.reader().Person(row.eid()));
  Erase(record, *person.mutable_record_numbers());
  Erase(record, *person.mutable_tombstone_numbers());
  Insert(record, IsTombstone(row.record()) ? *person.mutable_tombstone_numbers()
                                           : *person.mutable_record_numbers());
  edit.PutPerson(row.eid(), std::move(person));
  return absl::OkStatus();
}

absl::Status ConfirmRecord(MpiEdit& edit, RecordNumber record) {
  return ChangeStanding(edit, record, [](v1::Record& held) { held.set_provisional(false); });
}

}  // namespace hie::mpi
