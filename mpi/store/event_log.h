#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "hie/mpi/v1/mpi_state.pb.h"
#include "hie/mpi/v1/review_state.pb.h"
#include "mpi/store/event_log_changes.h"
#include "services/common/journal/journal.h"
#include "services/common/storage/kv_store.h"

// What changed in links, when and why: one event for each command that changed any (tables
// `events`, `record_events`).
namespace hie::mpi {

// What an event's changes do not say.
struct EventCause {
  common::v1::Actor actor;
  std::string reason;
  std::string model;                                // Of an automatic one.
  v1::EventKind kind = v1::EVENT_KIND_UNSPECIFIED;  // Unspecified: as the changes say.
  uint64_t undoes = 0;                              // The event that is taken back.
  bool automatic = false;                           // Matching made it.
};

// Why a command would change links; `model` is the one that scores.
EventCause CauseOf(const v1::MpiCommand& command, const std::string& model);

// Makes the event of a command.  Nothing: it changed no link, possible link, decision, standing of
// a record or model.  Pure.
std::optional<v1::EventRow> MakeEvent(const LinkChanges& changes, const EventCause& cause,
                                      const Stamp& stamp);

// The event of a first load.
v1::EventRow LoadedEvent(const common::v1::Actor& actor, const std::string& model,
                         const Stamp& stamp);

// Adds the rows of an event to `changes`.
void PutEvent(uint64_t sequence, const v1::EventRow& event, WriteBatch& changes);
// Replaces the row of an event that is filed already.
void ReplaceEvent(uint64_t sequence, const v1::EventRow& event, WriteBatch& changes);

// The records that an event names, rising.
std::vector<RecordNumber> RecordsOf(const v1::EventRow& event);

// Reads events in one state.  DATA_LOSS: a row cannot be read.  Thread-safe where `reader` is.
class EventReader {
 public:
  // `reader` must outlive this.
  explicit EventReader(const KvReader& reader) : reader_(reader) {}

  // Nothing: the command changed no link.
  absl::StatusOr<std::optional<v1::EventRow>> Find(uint64_t sequence) const;

  // Visits events after a sequence in order until `visit` returns false.
  using Visit = absl::FunctionRef<bool(uint64_t sequence, const v1::EventRow& event)>;
  absl::Status VisitAfter(uint64_t after, Visit visit) const;

  // Sequences of the events that name the record, after a sequence, rising; at most `limit`
  // (0: all).
  absl::StatusOr<std::vector<uint64_t>> OfRecord(RecordNumber record, uint64_t after,
                                                 size_t limit) const;

 private:
  const KvReader& reader_;
};

}  // namespace hie::mpi
