#include "mpi/store/record_edit.h"

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

}  // namespace

absl::StatusOr<RecordNumber> AddRecord(MpiEdit& edit, common::v1::LocalPatient patient,
                                       const common::v1::Demographics& demographics,
                                       Standing standing) {
  HIE_ASSIGN_OR_RETURN(v1::HolderRow holder, edit.reader().Holder(patient));
  HIE_ASSIGN_OR_RETURN(const RecordNumber number, edit.TakeRecordNumber());
  holder.add_record_numbers(number);
  edit.PutHolder(patient, holder);
  patient.set_incarnation(static_cast<uint32_t>(holder.record_numbers_size()));
  v1::RecordRow row;
  *row.mutable_record()->mutable_patient() = patient;
  *row.mutable_record()->mutable_demographics() = demographics;
  row.mutable_record()->set_version(1);
  row.mutable_record()->set_recorded_micros(wire::MicrosFromTime(edit.stamp().time));
  row.mutable_record()->set_provisional(standing == Standing::kProvisional);
  edit.PutRecord(number, row);
  if (standing == Standing::kProvisional) {
    HIE_RETURN_IF_ERROR(MakePerson(edit, {number}).status());
    return number;
  }
  HIE_ASSIGN_OR_RETURN(const Features features, FeaturesOf(row.record()));
  HIE_RETURN_IF_ERROR(edit.FileRecord(number, features));
  return number;
}

absl::Status AddVersion(MpiEdit& edit, RecordNumber record,
                        const common::v1::Demographics& demographics) {
  HIE_ASSIGN_OR_RETURN(v1::RecordRow row, edit.reader().Record(record));
  HIE_ASSIGN_OR_RETURN(const Features before, FeaturesOf(row.record()));
  PushVersion(edit, record, demographics, *row.mutable_record());
  row.mutable_record()->set_recorded_micros(wire::MicrosFromTime(edit.stamp().time));
  edit.PutRecord(record, row);
  HIE_RETURN_IF_ERROR(edit.TouchContent(row.eid()));
  if (row.record().provisional()) return absl::OkStatus();
  HIE_ASSIGN_OR_RETURN(const Features after, FeaturesOf(row.record()));
  HIE_RETURN_IF_ERROR(edit.UnfileRecord(record, before));
  return edit.FileRecord(record, after);
}

absl::Status ConfirmRecord(MpiEdit& edit, RecordNumber record) {
  HIE_ASSIGN_OR_RETURN(v1::RecordRow row, edit.reader().Record(record));
  row.mutable_record()->set_provisional(false);
  edit.PutRecord(record, row);
  HIE_RETURN_IF_ERROR(edit.TouchContent(row.eid()));
  HIE_RETURN_IF_ERROR(edit.TouchLinks(row.eid()));
  HIE_ASSIGN_OR_RETURN(const Features features, FeaturesOf(row.record()));
  return edit.FileRecord(record, features);
}

}  // namespace hie::mpi
