#include "mpi/store/remove_record.h"

#include "mpi/store/record_edit.h"
#include "services/common/base/status_macros.h"

namespace hie::mpi {

absl::StatusOr<v1::RemoveReply> ApplyRemove(MpiEdit& edit, const v1::RemoveCommand& command) {
  HIE_ASSIGN_OR_RETURN(const RecordNumber record, edit.reader().FindRecord(command.patient()));
  HIE_ASSIGN_OR_RETURN(const v1::RecordRow row, edit.reader().Record(record));
  if (row.record().removed()) return v1::RemoveReply();
  HIE_RETURN_IF_ERROR(ChangeStanding(edit, record, [](v1::Record& removed) {
    removed.set_removed(true);
    removed.set_provisional(false);
  }));
  HIE_RETURN_IF_ERROR(RaiseLatestEvent(edit, record, command.event_micros()));
  edit.AddEvent(command.actor(), {row.record().patient()}, {"record-removed"});
  return v1::RemoveReply();
}

}  // namespace hie::mpi
