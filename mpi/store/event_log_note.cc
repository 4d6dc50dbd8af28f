#include "mpi/store/event_log_note.h"

#include <memory>
#include <optional>
#include <string>

#include "mpi/store/event_log.h"
#include "mpi/store/event_log_changes.h"
#include "mpi/store/task_follow.h"
#include "mpi/store/task_queue.h"
#include "services/common/base/status_macros.h"
#include "services/common/journal/overlay_reader.h"

namespace hie::mpi {
namespace {

// The name of the model that made the links, or that scores from here on.  A damaged model refuses
// nothing here: who activates another one must get through.
std::string NameOfModel(const LinkChanges& links, const ActiveModel& models, const KvReader& before,
                        const KvReader& after) {
  if (!links.automatic && !links.model_changed) return "";
  const auto model = models.In(links.model_changed ? after : before);
  return model.ok() ? (*model)->name : "";
}

}  // namespace

absl::Status NoteLinkChanges(const v1::MpiCommand& command, const ActiveModel& models,
                             const Stamp& stamp, const KvReader& before, WriteBatch& changes) {
  HIE_ASSIGN_OR_RETURN(std::optional<LinkChanges> links,
                       ReadLinkChanges(before, stamp.sequence, changes));
  if (!links) return absl::OkStatus();
  links->automatic = command.has_register_();
  OverlayReader after(before);
  after.Add(changes);
  const EventCause cause = CauseOf(command, NameOfModel(*links, models, before, after));
  const std::optional<v1::EventRow> event = MakeEvent(*links, cause, stamp);
  if (event) PutEvent(stamp.sequence, *event, changes);
  TaskEdit tasks(after, stamp, changes);
  return FollowChanges(tasks, *links);
}

}  // namespace hie::mpi
