#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "mpi/store/mpi_edit.h"

// Changes of persons that keep every invariant of `invariants.h`.
namespace hie::mpi {

// Makes a person of a fresh EID hold `records`, whose rows exist; tombstones among them stand
// apart. Returns the EID.
absl::StatusOr<std::string> MakePerson(MpiEdit& edit, const std::vector<RecordNumber>& records);

// Adds a record without a person to an active person.
absl::Status AddToPerson(MpiEdit& edit, const std::string& eid, RecordNumber record);

// Merges two active persons: the older EID survives, the other and its aliases redirect to it.
// Possible links within the merged person end.  Returns the surviving EID; equal EIDs: nothing is
// done.
absl::StatusOr<std::string> MergePersons(MpiEdit& edit, const std::string& a, const std::string& b);

// Retires an active person: its records go to two persons of fresh EIDs, `first` to the first.
//
// Tombstones that neither names follow the record into which they were merged; others go to the
// second.
absl::Status SplitPerson(MpiEdit& edit, const std::string& eid,
                         const std::vector<RecordNumber>& first,
                         const std::vector<RecordNumber>& second);

// Retires an active person: `moved` go to the active person `to`, the rest, which must not be none,
// to a fresh EID.  Possible links between `moved` and `to` end.
absl::Status MoveRecords(MpiEdit& edit, const std::string& from,
                         const std::vector<RecordNumber>& moved, const std::string& to);

// Tells whether a cannot-link decision stands between records of the two persons, tombstones
// included: what was decided about an id that was merged away holds on.
absl::StatusOr<bool> CannotLinkBetween(const MpiReader& reader, const v1::PersonRow& a,
                                       const v1::PersonRow& b);

// A possible link between records of two persons.
struct LinkBetween {
  RecordNumber first = 0;  // Of the one.
  RecordNumber second = 0;
  Millibits weight = 0;
};

// The possible links between records `a` and `b`; both rise.
absl::StatusOr<std::vector<LinkBetween>> PossibleLinksBetween(const MpiReader& reader,
                                                              const std::vector<RecordNumber>& a,
                                                              const std::vector<RecordNumber>& b);

// Ends every possible link between records of the two persons and touches both, if any ended.
absl::Status EndPossibleLinksBetween(MpiEdit& edit, const std::string& a, const std::string& b);

}  // namespace hie::mpi
