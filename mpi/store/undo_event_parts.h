#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "hie/mpi/v1/review_state.pb.h"
#include "mpi/store/mpi_edit.h"

// Who is to be with whom once an event is taken back, and how that is done.
namespace hie::mpi {

// Records of one person that are to go, or stay, together.
struct UndoPart {
  std::string eid;                    // Of the person that holds them now.
  std::vector<RecordNumber> records;  // Rising.
};

// The partition that an undo wants, of all records of the persons that hold what the event moved.
struct UndoPartition {
  // By the name of the group that the parts are to form: the EID before the event, or a name of its
  // own for a new record and for those who stay.
  std::map<std::string, std::vector<UndoPart>> groups;
  // The persons that hold them now, each with all its records, rising.
  std::map<std::string, std::vector<RecordNumber>> persons;

  // The name of the group that a record belongs to.
  std::map<RecordNumber, std::string> group_of;

  // Tells whether the person falls apart.
  bool Divides(const std::string& eid) const;
};

// Says where each record belongs without the event.
//
// What the event moved goes back to those with whom it came.  A record that the event did not move
// stays with those who were there before; in a person that the event made, with the most of those
// whom it moved there (it joined later).  A merged record stays with its survivor.
//
// FAILED_PRECONDITION: a later event has moved what this one moved, named by its sequence; or a
// source merged since what would be parted.
absl::StatusOr<UndoPartition> PartWithout(const MpiReader& reader, uint64_t sequence,
                                          const v1::EventRow& event);

// Makes persons of the groups.  A person that falls apart is retired, its parts get fresh EIDs or
// join the oldest person that belongs to their group as it is; persons of one group merge. Possible
// links within a group end.
absl::Status FormGroups(MpiEdit& edit, const UndoPartition& partition);

// The last event after `sequence` that `names` says is meant, of those that name the record; 0:
// none.
absl::StatusOr<uint64_t> LastEventAfter(const MpiReader& reader, RecordNumber record,
                                        uint64_t sequence,
                                        absl::FunctionRef<bool(const v1::EventRow&)> names);

// Tells whether an event moved the record from one person to another.
bool Moves(const v1::EventRow& event, RecordNumber record);

}  // namespace hie::mpi
